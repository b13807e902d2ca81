//! Evidence: sockets come and go, transports connect, fall silent and die; out of it follows who
//! is here.
//!
//! Invariant: the roll changes only in `weigh`, and only by comparing what a seat's device does
//! with what the roll says.

use super::seat::Transport;
use super::{Effect, MediaCommand, MediaEvent, Room, SessionId};
use crate::limits::{CONNECT_GRACE_MS, SILENT_AFTER_MS};
use homeroom_protocol::{ErrorCode, ParticipantId, RollStatus, ServerMessage};

impl Room {
    pub(super) fn handle_gone(&mut self, now_ms: u64, session: SessionId, heard_ms: u64) {
        let Some(id) = self.sessions.remove(&session) else {
            return self.leave_door(now_ms, session);
        };
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.session = None;
        }
        self.device_changed(id);
        self.weigh(id, now_ms, heard_ms);
    }

    pub(super) fn handle_media(&mut self, now_ms: u64, event: MediaEvent) {
        match event {
            MediaEvent::Connected(id) => self.transport_is(id, now_ms, Transport::Live, now_ms),
            // Whatever was believed: packets come.
            MediaEvent::Alive(id) => self.transport_is(id, now_ms, Transport::Live, now_ms),
            MediaEvent::Silent(id) => {
                // A word about the transport before this one says nothing about this one.
                if self.transport(id) == Some(Transport::Live) {
                    let seen_ms = now_ms.saturating_sub(SILENT_AFTER_MS);
                    self.transport_is(id, now_ms, Transport::Silent, seen_ms);
                }
            }
            MediaEvent::Failed(id) => {
                self.transport_is(id, now_ms, Transport::Dead, now_ms);
                self.ask_for_dead_media(id);
            }
            MediaEvent::Wanted {
                participant,
                layers,
            } => self.wanted_is(participant, layers),
            MediaEvent::Withheld {
                participant,
                cameras,
                screen,
            } => self.withheld_is(participant, cameras, screen),
            MediaEvent::Speaking(participants) => self.speaking_is(now_ms, participants),
            MediaEvent::Hearing {
                participant,
                hearing,
            } => self.hearing_is(now_ms, participant, hearing),
            MediaEvent::RoomFailed => self.media_failed(now_ms),
        }
    }

    /// Compares the device with the roll; `seen_ms` is the last sign of life.
    pub(super) fn weigh(&mut self, id: ParticipantId, now_ms: u64, seen_ms: u64) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let event = if seat.answers() {
            self.roll.here(id, now_ms)
        } else {
            self.roll.away(id, seen_ms)
        };
        if event.is_some() {
            self.note(id, event);
            self.presence.touch(id, now_ms, self.roll.total());
        }
        self.weigh_hearing(id, now_ms);
    }

    pub(super) fn check_transports_by(&mut self, until_ms: u64) {
        let due_ms = self
            .check_transports_ms
            .map_or(until_ms, |due| due.min(until_ms));
        self.check_transports_ms = Some(due_ms);
    }

    pub(super) fn expire_transports(&mut self, now_ms: u64) {
        if self.check_transports_ms.is_none_or(|due| now_ms < due) {
            return;
        }
        self.check_transports_ms = None;
        for id in self.ids() {
            match self.transport(id) {
                Some(Transport::Connecting { until_ms }) if until_ms <= now_ms => {
                    self.transport_is(id, now_ms, Transport::Dead, now_ms);
                }
                Some(Transport::Connecting { until_ms }) => self.check_transports_by(until_ms),
                _ => {}
            }
        }
    }

    fn transport(&self, id: ParticipantId) -> Option<Transport> {
        self.seats.get(&id).map(|seat| seat.transport)
    }

    /// A seat without a transport (it left, or brought no offer) has no media to hear about.
    fn transport_is(&mut self, id: ParticipantId, now_ms: u64, now: Transport, seen_ms: u64) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.transport != Transport::None {
            if (now, seat.listening.reaches) == (Transport::Live, false)
                && matches!(seat.transport, Transport::Connecting { .. })
            {
                seat.listening.come_up(now_ms);
            }
            seat.transport = now;
            self.weigh(id, now_ms, seen_ms);
        }
    }

    fn speaking_is(&mut self, now_ms: u64, mut participants: Vec<ParticipantId>) {
        participants.retain(|id| !matches!(self.roll.status(*id), None | Some(RollStatus::Left)));
        if self.speaking == participants {
            return;
        }
        self.note_speech(now_ms, &participants);
        self.speaking.clone_from(&participants);
        self.presence.touch_view(now_ms, self.roll.total());
        self.send_all(ServerMessage::Speaking { participants });
    }

    /// A device that slept does not know that its media is dead here, and waits for packets that
    /// will not come.
    pub(super) fn ask_for_dead_media(&mut self, id: ParticipantId) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        if let (Transport::Dead, Some(session)) = (seat.transport, seat.session) {
            let detail = "your media transport is gone: send renew_media";
            self.refuse(session, ErrorCode::Internal, detail);
        }
    }

    /// Our own mistake: nobody goes away for it while their sockets last and new offers come.
    /// Clients take `internal` as "bring `renew_media`"; what is left of the room in the SFU goes
    /// first, so that their offers find a new one.
    fn media_failed(&mut self, now_ms: u64) {
        self.effects.push(Effect::Media(MediaCommand::CloseRoom));
        let until_ms = now_ms + CONNECT_GRACE_MS;
        for seat in self.seats.values_mut() {
            if !matches!(seat.transport, Transport::None | Transport::Dead) {
                seat.transport = Transport::Connecting { until_ms };
                seat.listening.reaches = false;
                seat.listening.is_broken = true;
            }
        }
        self.check_transports_by(until_ms);
        for id in self.ids() {
            self.weigh(id, now_ms, now_ms);
        }
        let detail = "the media of this lesson failed: send renew_media".to_owned();
        let code = ErrorCode::Internal;
        let refused = None;
        self.send_all(ServerMessage::Error {
            code,
            detail,
            refused,
        });
    }
}
