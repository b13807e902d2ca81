//! Who shares, who has a hand up, what devices do, what a page watches.
//!
//! Invariant: at most one person shares, and only the sharer's screen passes the SFU: the right is
//! given there before the stage is announced and taken back before anybody else gets it.

use super::seat::{Seat, Transport};
use super::{Effect, Layers, MediaCommand, Room, SessionId};
use homeroom_protocol::{Action, ErrorCode, ParticipantId, ServerMessage};

impl Room {
    pub(super) fn watch(
        &mut self,
        participant: ParticipantId,
        slots: Vec<Option<ParticipantId>>,
        heights: Vec<u16>,
    ) {
        let known = |id: &ParticipantId| self.seats.contains_key(id);
        let slots = slots.into_iter().map(|slot| slot.filter(known)).collect();
        self.effects.push(Effect::Media(MediaCommand::Watch {
            participant,
            slots,
            heights,
        }));
    }

    /// Tells a person which layers of their pictures are wanted, once their transport is up: before
    /// that it is a word about the one before, and a new one sends everything.
    pub(super) fn wanted_is(&mut self, participant: ParticipantId, layers: Layers) {
        let Some(seat) = self.seats.get_mut(&participant) else {
            return;
        };
        if !matches!(seat.transport, Transport::Live | Transport::Silent) {
            return;
        }
        seat.wanted = Some(layers);
        if let Some(session) = seat.session {
            self.tell_wanted(session, participant);
        }
    }

    /// Says again what was last said, to a page that may have missed it.
    pub(super) fn tell_wanted(&mut self, session: SessionId, participant: ParticipantId) {
        let wanted = self.seats.get(&participant).and_then(|s| s.wanted.clone());
        if let Some(Layers { camera, screen }) = wanted {
            self.send(vec![session], ServerMessage::Wanted { camera, screen });
        }
    }

    /// Tells a person what their line is too narrow for.
    pub(super) fn withheld_is(
        &mut self,
        participant: ParticipantId,
        cameras: Vec<ParticipantId>,
        screen: bool,
    ) {
        let Some(seat) = self.seats.get_mut(&participant) else {
            return;
        };
        if !matches!(seat.transport, Transport::Live | Transport::Silent) {
            return;
        }
        seat.withheld = (cameras, screen);
        if let Some(session) = seat.session {
            self.tell_withheld(session, participant);
        }
    }

    /// Says again what was last said; a page that joins believes that nothing is withheld.
    pub(super) fn tell_withheld_again(&mut self, session: SessionId, participant: ParticipantId) {
        let seat = self.seats.get(&participant);
        let is_any = |seat: &Seat| !seat.withheld.0.is_empty() || seat.withheld.1;
        if seat.is_some_and(is_any) {
            self.tell_withheld(session, participant);
        }
    }

    fn tell_withheld(&mut self, session: SessionId, participant: ParticipantId) {
        let Some(seat) = self.seats.get(&participant) else {
            return;
        };
        let (cameras, screen) = seat.withheld.clone();
        self.send(vec![session], ServerMessage::Withheld { cameras, screen });
    }

    pub(super) fn set_media(
        &mut self,
        now_ms: u64,
        id: ParticipantId,
        microphone: bool,
        camera: bool,
        screen: bool,
    ) {
        let microphone = self.may_turn_on(id, microphone);
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if (seat.microphone, seat.camera) != (microphone, camera) {
            seat.microphone = microphone;
            seat.camera = camera;
            seat.hushed &= !microphone;
            self.refresh_sources(id);
            self.presence.touch(id, now_ms, self.roll.total());
            self.begin_when_heard(now_ms);
        }
        if screen {
            self.take_stage(now_ms, id);
        } else {
            self.clear_stage_of(now_ms, id);
        }
    }

    /// Whether a microphone is on, after what its holder wishes. Who may not speak is told so, for
    /// their page believes that it is on.
    fn may_turn_on(&mut self, id: ParticipantId, wished: bool) -> bool {
        let may_speak = self.may(id, Action::Speak);
        let session = self.seats.get(&id).and_then(|seat| seat.session);
        if let (true, false, Some(session)) = (wished, may_speak, session) {
            self.forbid(session, Action::Speak, "microphones are locked");
            self.send(vec![session], ServerMessage::Muted { by: None });
        }
        wished && may_speak
    }

    pub(super) fn raise_hand(&mut self, now_ms: u64, id: ParticipantId, raised: bool) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        // Raising a raised hand does not send it to the end of the queue.
        let hand_ms = raised.then(|| seat.hand_ms.unwrap_or(now_ms));
        if seat.hand_ms != hand_ms {
            seat.hand_ms = hand_ms;
            self.presence.touch(id, now_ms, self.roll.total());
            if raised {
                self.note_hand(id, now_ms);
            }
        }
    }

    pub(super) fn allow_share(&mut self, now_ms: u64, student: ParticipantId, allowed: bool) {
        let Some(seat) = self.seats.get_mut(&student) else {
            return;
        };
        if seat.share_granted != allowed {
            seat.share_granted = allowed;
            self.presence.touch(student, now_ms, self.roll.total());
        }
        if !self.may(student, Action::ShareScreen) {
            self.clear_stage_of(now_ms, student);
        }
    }

    /// An absent sharer holds the stage for nobody: whoever may share takes it over.
    fn take_stage(&mut self, now_ms: u64, id: ParticipantId) {
        if self.sharer == Some(id) {
            return;
        }
        let Some(session) = self.seats.get(&id).and_then(|seat| seat.session) else {
            return;
        };
        if !self.may(id, Action::ShareScreen) {
            let detail = "ask the teacher to share";
            return self.forbid(session, Action::ShareScreen, detail);
        }
        let sharer = self.sharer.filter(|sharer| self.roll.is_here(*sharer));
        if sharer.is_some_and(|sharer| !self.may_to(id, Action::TakeStage, sharer)) {
            return self.refuse(session, ErrorCode::ShareBusy, "somebody else shares now");
        }
        self.set_stage(now_ms, Some(id));
    }

    pub(super) fn clear_stage_of(&mut self, now_ms: u64, id: ParticipantId) {
        if self.sharer == Some(id) {
            self.set_stage(now_ms, None);
        }
    }

    fn set_stage(&mut self, now_ms: u64, sharer: Option<ParticipantId>) {
        let before = std::mem::replace(&mut self.sharer, sharer);
        for participant in [before, sharer].into_iter().flatten() {
            self.presence.touch(participant, now_ms, self.roll.total());
            self.refresh_sources(participant);
        }
        self.effects
            .push(Effect::Media(MediaCommand::Stage(sharer)));
        self.send_all(ServerMessage::Stage { sharer });
    }
}
