//! The SFU as signalling sees it: commands down, events up.
//!
//! Invariant: this is the only file that knows both vocabularies, the room's and the SFU's.

use crate::room::{Layers, MediaCommand, MediaEvent, OfferRefused, Sources};
use homeroom_protocol::{MediaLayout, MediaOffer, ParticipantId, Role};
use homeroom_sfu::{
    Event, ForeignError, IceCredentials, JoinError, JoinRequest, LayerSet, Layout, MediaRole,
    ParticipantId as MediaId, RoomId, Sfu, Source, SourceSet,
};
use homeroom_store::LessonId;

/// Whatever carries media. None of its calls may wait for the network.
pub trait Media: Send + Sync + 'static {
    /// Answers an offer.
    ///
    /// # Errors
    /// When the offer cannot be answered; nothing has changed then.
    fn join(&self, request: JoinRequest) -> Result<String, JoinError>;
    /// Carries out any other command; a [`MediaCommand::Join`] is not one of them.
    fn command(&self, room: RoomId, command: MediaCommand);
    /// New ICE credentials for a session that goes on; answers ours. `None` when it cannot be done.
    fn restart_ice(&self, room: RoomId, of: ParticipantId, ice: IceCredentials) -> Option<String>;
    /// Counters for `/metrics`.
    fn counters(&self) -> Vec<(&'static str, u64)>;
}

impl Media for Sfu {
    fn join(&self, request: JoinRequest) -> Result<String, JoinError> {
        Self::join(self, request).map(|answer| answer.sdp)
    }

    fn command(&self, room: RoomId, command: MediaCommand) {
        match command {
            MediaCommand::Join { .. } => unreachable!("offers go through Media::join"),
            MediaCommand::Leave(id) => self.leave(room, media_id(id)),
            MediaCommand::Allow {
                participant,
                sources,
            } => self.set_rights(room, media_id(participant), source_set(sources)),
            MediaCommand::Watch {
                participant,
                slots,
                heights,
            } => {
                let slots = slots.into_iter().map(|slot| slot.map(media_id)).collect();
                self.watch(room, media_id(participant), slots, heights);
            }
            MediaCommand::Stage(sharer) => self.stage(room, sharer.map(media_id)),
            MediaCommand::CloseRoom => self.close_room(room),
        }
    }

    fn restart_ice(&self, room: RoomId, of: ParticipantId, ice: IceCredentials) -> Option<String> {
        Self::restart_ice(self, room, media_id(of), ice)
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        Self::counters(self)
    }
}

/// A server that carries no media: every offer is refused, everything else works.
#[derive(Debug, Clone, Copy)]
pub struct NoMedia;

impl Media for NoMedia {
    fn join(&self, _request: JoinRequest) -> Result<String, JoinError> {
        Err(JoinError::BadOffer("this server carries no media".into()))
    }

    fn command(&self, _room: RoomId, _command: MediaCommand) {}

    fn restart_ice(&self, _: RoomId, _: ParticipantId, _: IceCredentials) -> Option<String> {
        None
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// The room of a lesson in the SFU.
#[must_use]
pub fn room_id(lesson: LessonId) -> RoomId {
    RoomId(lesson.0.unsigned_abs())
}

/// Performs a room's command; an offer's outcome comes back.
pub(crate) fn perform(
    media: &dyn Media,
    room: RoomId,
    command: MediaCommand,
) -> Option<Result<String, OfferRefused>> {
    let MediaCommand::Join {
        participant,
        role,
        sources,
        offer,
    } = command
    else {
        media.command(room, command);
        return None;
    };
    let answer = media.join(JoinRequest {
        room,
        participant: media_id(participant),
        role: match role {
            Role::Teacher | Role::Assistant => MediaRole::Teacher,
            Role::Observer | Role::Student => MediaRole::Student,
        },
        may_send: source_set(sources),
        offer: offer.sdp,
        layout: layout(offer.layout),
    });
    Some(answer.map_err(|error| match error {
        JoinError::BadOffer(why) => OfferRefused::Bad(why),
        JoinError::Full => OfferRefused::Full,
    }))
}

/// Which room an event is about, and what it says there.
pub(crate) fn translate(event: Event) -> (RoomId, MediaEvent) {
    match event {
        Event::Connected { room, participant } => {
            (room, MediaEvent::Connected(person(participant)))
        }
        Event::Silent { room, participant } => (room, MediaEvent::Silent(person(participant))),
        Event::Alive { room, participant } => (room, MediaEvent::Alive(person(participant))),
        Event::Failed { room, participant } => (room, MediaEvent::Failed(person(participant))),
        Event::Speaking { room, participants } => {
            let participants = participants.into_iter().map(person).collect();
            (room, MediaEvent::Speaking(participants))
        }
        Event::Wanted {
            room,
            participant,
            camera,
            screen,
        } => {
            let participant = person(participant);
            let layers = Layers {
                camera: flags(camera),
                screen: flags(screen),
            };
            (
                room,
                MediaEvent::Wanted {
                    participant,
                    layers,
                },
            )
        }
        Event::Withheld {
            room,
            participant,
            cameras,
            screen,
        } => {
            let event = MediaEvent::Withheld {
                participant: person(participant),
                cameras: cameras.into_iter().map(person).collect(),
                screen,
            };
            (room, event)
        }
        Event::Hearing {
            room,
            participant,
            hearing,
        } => {
            let participant = person(participant);
            let event = MediaEvent::Hearing {
                participant,
                hearing,
            };
            (room, event)
        }
        Event::RoomFailed { room } => (room, MediaEvent::RoomFailed),
    }
}

/// One word for each layer there can be, smallest first.
fn flags(layers: LayerSet) -> Vec<bool> {
    let every = LayerSet::ALL.iter();
    every.map(|layer| layers.contains(layer)).collect()
}

/// A screen comes with its sound.
fn source_set(sources: Sources) -> SourceSet {
    let all = [
        (Source::Microphone, sources.microphone),
        (Source::Camera, sources.camera),
        (Source::Screen, sources.screen),
        (Source::ScreenAudio, sources.screen),
    ];
    let allowed = all.into_iter().filter(|(_, allowed)| *allowed);
    allowed.fold(SourceSet::NONE, |set, (source, _)| set.with(source))
}

const fn media_id(id: ParticipantId) -> MediaId {
    MediaId(id.0)
}

const fn person(id: MediaId) -> ParticipantId {
    ParticipantId(id.0)
}

fn layout(layout: MediaLayout) -> Layout {
    Layout {
        microphone: layout.microphone,
        microphone_low: layout.microphone_low,
        camera: layout.camera,
        screen: layout.screen,
        screen_audio: layout.screen_audio,
        audio_slots: layout.audio_slots,
        video_slots: layout.video_slots,
        screen_slot: layout.screen_slot,
        screen_audio_slot: layout.screen_audio_slot,
    }
}

/// Why the offer of a program that knows nothing of layouts is none.
#[derive(Debug)]
pub(crate) enum ForeignOffer {
    /// It is no SDP; says why.
    Unreadable(String),
    /// It is not what can be published or played; says why.
    Unusable(String),
}

/// The offer of a program that knows nothing of layouts, with the layout it must mean.
pub(crate) fn foreign_offer(sdp: String, plays: bool) -> Result<MediaOffer, ForeignOffer> {
    let layout = if plays {
        Layout::of_player(&sdp)
    } else {
        Layout::of_publisher(&sdp)
    };
    let layout = layout.map_err(|error| {
        let why = error.to_string();
        match error {
            ForeignError::Unreadable(_) => ForeignOffer::Unreadable(why),
            ForeignError::Empty
            | ForeignError::WrongKind
            | ForeignError::NoMid
            | ForeignError::TooMany => ForeignOffer::Unusable(why),
        }
    })?;
    let layout = MediaLayout {
        microphone: layout.microphone,
        microphone_low: layout.microphone_low,
        camera: layout.camera,
        screen: layout.screen,
        screen_audio: layout.screen_audio,
        audio_slots: layout.audio_slots,
        video_slots: layout.video_slots,
        screen_slot: layout.screen_slot,
        screen_audio_slot: layout.screen_audio_slot,
    };
    Ok(MediaOffer { sdp, layout })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_smallest_first() {
        let layers = LayerSet::of(0).with(2);
        assert_eq!(flags(layers), [true, false, true]);
        assert_eq!(flags(LayerSet::NONE), [false; 3]);
    }

    #[test]
    fn each_source_passes_only_where_it_is_allowed() {
        for (place, source) in Source::ALL.into_iter().enumerate() {
            let alone = source_set(Sources {
                microphone: place == 0,
                camera: place == 1,
                screen: place >= 2,
            });
            let with_screen = place >= 2 && source != Source::ALL[place.min(1)];
            for other in Source::ALL {
                let together = with_screen && other.index() >= 2;
                assert_eq!(alone.contains(other), other == source || together);
            }
        }
        assert_eq!(source_set(Sources::default()), SourceSet::NONE);
    }
}
