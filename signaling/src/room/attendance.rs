//! The roll's side of the room: what is heard and done becomes evidence, teachers decide, pupils
//! answer and see what is said of them.
//!
//! Invariant: nothing here is believed of anybody but by what the SFU says of their transport and
//! their own page of its loudspeaker; a teacher's word is written beside the evidence, never over it.

use super::{Effect, Room, SessionId};
use crate::limits::{
    ATTENDANCE_FLUSH_MS, ATTENDANCE_REFRESH_MS, CHECK_GRACE_MS, CHECK_LATE_MS, DEAF_AFTER_MS,
    MAX_CHECKS, MAX_DECISIONS, MAX_DISPUTES, MAX_NOTED_HANDS, SPEECH_NOTED_MS,
};
use crate::roll_call::decisions::StatusDetail;
use crate::roll_call::evidence::Cause;
use crate::roll_call::{LineKey, Noted};
use homeroom_protocol::{
    Action, Attendance, CHECK_SECONDS, ErrorCode, LineId, ParticipantId, Role, RollChange,
    RollFlag, RollLine, RollReport, RollStatus, ServerMessage,
};
use homeroom_store::{DecisionKind, PersonId, Record, RollDecision, RollKind};
use std::collections::{BTreeMap, BTreeSet};

/// What a seat's device does with the teacher's voice, and its holder with their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listening {
    /// The SFU has proof that the teacher's packets arrive.
    pub reaches: bool,
    /// The page plays what arrives; believed until it says otherwise.
    pub plays: bool,
    /// When the transport came up of which nothing is proven yet.
    pub unproven_since_ms: Option<u64>,
    /// Our media broke down under it.
    pub is_broken: bool,
    /// Since when its present socket is there.
    pub session_since_ms: u64,
    /// Since when its holder speaks.
    speaking_since_ms: Option<u64>,
    /// Speech that is not written down yet.
    spoke_ms: u64,
}

impl Default for Listening {
    fn default() -> Self {
        Self {
            reaches: false,
            plays: true,
            unproven_since_ms: None,
            is_broken: false,
            session_since_ms: 0,
            speaking_since_ms: None,
            spoke_ms: 0,
        }
    }
}

impl Listening {
    /// A new transport has proven nothing, and a new page plays until it says otherwise.
    pub const fn begin(&mut self) {
        self.reaches = false;
        self.plays = true;
    }

    /// It has come up; a device that takes over from one of which nothing was proven yet goes on.
    pub fn come_up(&mut self, now_ms: u64) {
        let since = self.unproven_since_ms;
        let since = since.filter(|since| now_ms.saturating_sub(*since) < DEAF_AFTER_MS);
        self.unproven_since_ms = Some(since.unwrap_or(now_ms));
    }
}

/// What teachers were told of attendance, and what waits.
#[derive(Debug, Default)]
pub(super) struct Feed {
    dirty: BTreeSet<LineKey>,
    is_head_dirty: bool,
    due_ms: Option<u64>,
    refresh_ms: u64,
    told: BTreeMap<LineKey, Told>,
}

/// What of a line is news when it changes by itself.
type Told = (Attendance, Vec<RollFlag>, Option<RollStatus>, bool);

/// Text as people write it: what cannot be seen is not kept, nor can every database hold it.
pub(crate) fn written(text: &str) -> String {
    let visible = text.chars().filter(|c| !c.is_control());
    visible.collect::<String>().trim().to_owned()
}

fn told(line: &RollLine) -> Told {
    (line.status, line.flags.clone(), line.now, line.hearing_now)
}

impl Room {
    /// Compares what is heard with what the roll says.
    pub(super) fn weigh_hearing(&mut self, id: ParticipantId, now_ms: u64) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let Listening {
            reaches,
            plays,
            is_broken,
            ..
        } = seat.listening;
        let is_live = seat.transport == super::seat::Transport::Live;
        let heard = if is_broken {
            Err(Cause::Ours)
        } else if !is_live {
            // Connecting, or away: neither heard nor anybody's fault yet.
            return self.begin_when_heard(now_ms);
        } else if reaches && plays {
            Ok(())
        } else if reaches {
            Err(Cause::Device)
        } else {
            // Nothing is proven yet of a transport that has just come up.
            match self.roll.hears(id) {
                true => Err(Cause::Line),
                false => return self.begin_when_heard(now_ms),
            }
        };
        let noted = self.roll.hearing(id, now_ms, heard);
        self.note_evidence(id, noted);
        self.begin_when_heard(now_ms);
    }

    /// The SFU's word on whether the teacher reaches somebody.
    ///
    /// Proof takes seconds to come, and is of the time since the one before: a transport that has
    /// come up has brought packets both ways, which is the first. As long as that is no older than
    /// the SFU waits before it says the contrary, the seconds between are heard.
    pub(super) fn hearing_is(&mut self, now_ms: u64, id: ParticipantId, hearing: bool) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if matches!(seat.transport, super::seat::Transport::Connecting { .. }) {
            // A word about the transport before this one, which has come too late.
            return;
        }
        seat.listening.reaches = hearing;
        let up_ms = seat.listening.unproven_since_ms.take();
        let long_ago_ms = now_ms.saturating_sub(DEAF_AFTER_MS);
        let since_ms = if hearing {
            seat.listening.is_broken = false;
            up_ms.filter(|up| *up > long_ago_ms).unwrap_or(now_ms)
        } else {
            long_ago_ms
        };
        self.weigh_hearing(id, since_ms);
    }

    /// The page's own word on its loudspeaker.
    pub(super) fn playing_is(&mut self, now_ms: u64, id: ParticipantId, audio: bool) {
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.listening.plays = audio;
            self.weigh_hearing(id, now_ms);
        }
    }

    /// The lesson begins when a teacher can be heard by somebody.
    pub(super) fn begin_when_heard(&mut self, now_ms: u64) {
        let can_be_heard = |id: &ParticipantId| {
            let seat = self.seats.get(id);
            seat.is_some_and(|seat| seat.role.is_staff() && seat.microphone)
        };
        let teacher = self.ids().into_iter().find(can_be_heard);
        if let Some(id) = teacher {
            let noted = self.roll.start(id, now_ms);
            self.note_evidence(id, noted);
        }
    }

    /// Who began to speak and who stopped.
    pub(super) fn note_speech(&mut self, now_ms: u64, speaking: &[ParticipantId]) {
        for id in self.ids() {
            let Some(seat) = self.seats.get_mut(&id) else {
                continue;
            };
            let listening = &mut seat.listening;
            match (listening.speaking_since_ms, speaking.contains(&id)) {
                (None, true) => listening.speaking_since_ms = Some(now_ms),
                (Some(since), false) => {
                    listening.speaking_since_ms = None;
                    listening.spoke_ms += now_ms.saturating_sub(since);
                }
                _ => continue,
            }
            if listening.spoke_ms >= SPEECH_NOTED_MS {
                self.write_speech(id, now_ms);
            }
        }
    }

    /// Writes down what somebody has spoken; a pupil only, as nobody measures a teacher.
    pub(super) fn write_speech(&mut self, id: ParticipantId, now_ms: u64) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let spoke_ms = std::mem::take(&mut seat.listening.spoke_ms);
        if spoke_ms > 0 && seat.role == Role::Student {
            let detail = Some(spoke_ms.to_string());
            let noted = self.roll.write(id, now_ms, RollKind::Spoke, detail);
            self.note_evidence(id, noted);
        }
    }

    /// A hand went up.
    pub(super) fn note_hand(&mut self, id: ParticipantId, now_ms: u64) {
        let noted = self.roll.evidence(id).map_or(0, |evidence| evidence.hands);
        if noted < MAX_NOTED_HANDS {
            let noted = self.roll.write(id, now_ms, RollKind::Hand, None);
            self.note_evidence(id, noted);
        }
    }

    /// Another device took the seat while this one was still there.
    pub(super) fn note_move(&mut self, id: ParticipantId, now_ms: u64) {
        let moves = self
            .roll
            .evidence(id)
            .map_or(0, |evidence| evidence.moves.len());
        if moves < crate::limits::MAX_ROLL_SPANS {
            let noted = self.roll.write(id, now_ms, RollKind::Moved, None);
            self.note_evidence(id, noted);
        }
    }

    pub(super) fn several_here(&mut self, now_ms: u64, id: ParticipantId, several: bool) {
        let known = self.roll.evidence(id).is_some_and(|e| e.several);
        let is_full = self.roll.evidence(id).is_none_or(|e| e.is_full());
        if known != several && !is_full {
            let detail = if several { "yes" } else { "no" };
            let detail = Some(detail.to_owned());
            let noted = self.roll.write(id, now_ms, RollKind::Several, detail);
            self.note_evidence(id, noted);
        }
    }

    pub(super) fn start_check(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        seconds: u16,
    ) {
        let checks = self.roll.checks();
        let runs = checks.last().is_some_and(|check| now_ms < check.until_ms);
        if runs || checks.len() >= MAX_CHECKS || seconds < CHECK_SECONDS.0 {
            return self.refuse(session, ErrorCode::TooFast, "a check runs, or too many ran");
        }
        let for_ms = u64::from(seconds) * 1_000;
        let until = Some((now_ms + for_ms).to_string());
        let noted = self.roll.write(id, now_ms, RollKind::CheckSent, until);
        self.note_evidence(id, noted);
        let number = u32::try_from(self.roll.checks().len()).unwrap_or(u32::MAX);
        let pupils = self.sessions_of(|role| role == Role::Student);
        self.send(pupils, ServerMessage::Check { number, for_ms });
        self.touch_head(now_ms);
    }

    /// Asks somebody who came while a check runs.
    pub(super) fn ask_again(&mut self, now_ms: u64, session: SessionId, id: ParticipantId) {
        let number = self.roll.checks().len();
        let Some(check) = self.roll.checks().last() else {
            return;
        };
        let Ok(number) = u32::try_from(number) else {
            return;
        };
        let for_ms = check.until_ms.saturating_sub(now_ms);
        let answered = self
            .roll
            .evidence(id)
            .is_none_or(|e| e.answered.contains(&number));
        let is_pupil = self.roll.key_of(id).is_some();
        if for_ms > 0 && !answered && is_pupil {
            self.send(vec![session], ServerMessage::Check { number, for_ms });
        }
    }

    pub(super) fn answer_check(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        number: u32,
        ago_ms: u64,
    ) {
        let checks = self.roll.checks();
        let place = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let Some(check) = place.and_then(|place| checks.get(place)) else {
            return self.refuse(session, ErrorCode::BadMessage, "no such check");
        };
        let (sent_ms, until_ms) = (check.sent_ms, check.until_ms);
        let since_ms = self
            .seats
            .get(&id)
            .map_or(now_ms, |s| s.listening.session_since_ms);
        let pressed_ms = now_ms.saturating_sub(ago_ms).max(sent_ms);
        let in_time = now_ms <= until_ms + CHECK_GRACE_MS;
        // The socket over which it comes is younger than the answer: the line was down.
        let was_down = since_ms >= pressed_ms && now_ms <= until_ms + CHECK_LATE_MS;
        let accepted = pressed_ms <= until_ms && (in_time || was_down);
        let known = self
            .roll
            .evidence(id)
            .is_none_or(|e| e.answered.contains(&number));
        if accepted && !known && self.roll.key_of(id).is_some() {
            let detail = Some(number.to_string());
            let noted = self
                .roll
                .write(id, pressed_ms, RollKind::CheckAnswered, detail);
            self.note_evidence(id, noted);
            self.touch_head(now_ms);
        }
        self.send(
            vec![session],
            ServerMessage::CheckAnswered { number, accepted },
        );
    }

    pub(super) fn my_roll(&mut self, now_ms: u64, session: SessionId, id: ParticipantId) {
        let key = self.roll.key_of(id);
        let line = key.and_then(|key| self.roll.roll_line(key, now_ms));
        let head = self.roll.head();
        let line = line.map(Box::new);
        self.send(vec![session], ServerMessage::MyRoll { head, line, now_ms });
    }

    pub(super) fn dispute_roll(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        text: &str,
    ) {
        let Some(key) = self.roll.key_of(id) else {
            return;
        };
        if self.roll.decisions().disputes(key) >= MAX_DISPUTES {
            return self.refuse(session, ErrorCode::TooFast, "said often enough");
        }
        let by = match key {
            LineKey::Person(person) => Some(person),
            LineKey::Seat(_) => None,
        };
        let text = written(text);
        self.decide(now_ms, Some(key), DecisionKind::Dispute, Some(text), by);
        self.my_roll(now_ms, session, id);
    }

    pub(super) fn set_attendance(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        line: &LineId,
        status: Option<Attendance>,
        reason: String,
    ) {
        let by = self.author(id);
        if !self.set_line(now_ms, line, status, reason, by) {
            self.refuse(session, ErrorCode::BadMessage, "no such line");
        }
    }

    pub(super) fn mark_in_room(
        &mut self,
        now_ms: u64,
        session: SessionId,
        id: ParticipantId,
        screen: &LineId,
        lines: &[LineId],
    ) {
        let (by, _) = self.author(id);
        let known = |id: &LineId| LineKey::parse(id).filter(|key| self.roll.has_line(*key));
        let Some(screen) = known(screen) else {
            return self.refuse(session, ErrorCode::BadMessage, "no such line");
        };
        let ticked: BTreeSet<LineKey> = lines.iter().filter_map(known).collect();
        let before: BTreeSet<LineKey> = self.roll.decisions().at_screen(screen).collect();
        for key in ticked.difference(&before) {
            let detail = Some(screen.to_id().0);
            self.decide(now_ms, Some(*key), DecisionKind::InTheRoom, detail, by);
        }
        for key in before.difference(&ticked) {
            self.decide(now_ms, Some(*key), DecisionKind::NotInTheRoom, None, by);
        }
    }

    pub(super) fn confirm_roll(&mut self, now_ms: u64, id: ParticipantId) {
        let (by, _) = self.author(id);
        self.decide(now_ms, None, DecisionKind::Confirmed, None, by);
    }

    pub(super) fn begin_lesson(&mut self, now_ms: u64, id: ParticipantId) {
        let (by, _) = self.author(id);
        let detail = Some(now_ms.to_string());
        self.decide(now_ms, None, DecisionKind::Begins, detail, by);
        for key in self.roll.keys() {
            self.feed.dirty.insert(key);
        }
    }

    /// A teacher's word that came over HTTP; whether there is such a line.
    pub(super) fn change_roll(&mut self, now_ms: u64, change: RollChange) -> bool {
        match change {
            RollChange::Set {
                line,
                status,
                reason,
            } => return self.set_line(now_ms, &line, status, reason, (None, None)),
            RollChange::Final => self.decide(now_ms, None, DecisionKind::Final, None, None),
            RollChange::Reopen => self.decide(now_ms, None, DecisionKind::Reopened, None, None),
        }
        true
    }

    /// Everything the roll has to say.
    #[must_use]
    pub fn roll_report(&self, now_ms: u64) -> RollReport {
        let about = &self.about;
        self.roll
            .report(about.code.clone(), about.name.clone(), now_ms)
    }

    /// Writes down what the roll found worth it, beside `note`: what the device and its holder do.
    pub(super) fn note_evidence(&mut self, id: ParticipantId, noted: Option<Noted>) {
        let Some((at_ms, kind, detail)) = noted else {
            return;
        };
        self.write_event(id, at_ms, kind, detail);
        if kind == RollKind::Started {
            self.touch_head(at_ms);
        }
    }

    /// This seat's line has news for teachers.
    pub(super) fn touch_attendance(&mut self, id: ParticipantId, now_ms: u64) {
        if let Some(key) = self.roll.key_of(id) {
            self.feed.dirty.insert(key);
            self.hurry(now_ms);
        }
    }

    /// When teachers are next told.
    pub(super) fn attendance_due_ms(&self) -> Option<u64> {
        if !self.has_roll_readers() {
            return None;
        }
        let refresh = Some(self.feed.refresh_ms);
        [self.feed.due_ms, refresh].into_iter().flatten().min()
    }

    pub(super) fn flush_attendance(&mut self, now_ms: u64) {
        if self.attendance_due_ms().is_none_or(|due| now_ms < due) {
            return;
        }
        let readers = self.roll_readers();
        let dirty = std::mem::take(&mut self.feed.dirty);
        let is_refresh = now_ms >= self.feed.refresh_ms;
        let keys = if is_refresh {
            self.feed.refresh_ms = now_ms + ATTENDANCE_REFRESH_MS;
            self.roll.keys()
        } else {
            dirty.iter().copied().collect()
        };
        let mut lines = Vec::new();
        for key in keys {
            let Some(line) = self.roll.roll_line(key, now_ms) else {
                continue;
            };
            let news = told(&line);
            if dirty.contains(&key) || self.feed.told.get(&key) != Some(&news) {
                self.feed.told.insert(key, news);
                lines.push(line);
            }
        }
        self.feed.due_ms = None;
        if std::mem::take(&mut self.feed.is_head_dirty) || !lines.is_empty() {
            let head = self.roll.head();
            self.send(
                readers,
                ServerMessage::Attendance {
                    head,
                    lines,
                    now_ms,
                },
            );
        }
    }

    /// Every line, to a teacher who has just come.
    pub(super) fn tell_attendance(&mut self, now_ms: u64, to: Vec<SessionId>) {
        let lines = self.roll.roll_lines(now_ms);
        let head = self.roll.head();
        self.send(
            to,
            ServerMessage::Attendance {
                head,
                lines,
                now_ms,
            },
        );
    }

    fn set_line(
        &mut self,
        now_ms: u64,
        line: &LineId,
        status: Option<Attendance>,
        reason: String,
        (by, name): (Option<PersonId>, Option<String>),
    ) -> bool {
        let Some(key) = LineKey::parse(line).filter(|key| self.roll.has_line(*key)) else {
            return false;
        };
        let Some(status) = status else {
            self.decide(now_ms, Some(key), DecisionKind::Clear, None, by);
            return true;
        };
        let reason = written(&reason);
        let detail = StatusDetail {
            status,
            reason,
            by: name,
        };
        let detail = serde_json::to_string(&detail).ok();
        self.decide(now_ms, Some(key), DecisionKind::Status, detail, by);
        true
    }

    fn decide(
        &mut self,
        now_ms: u64,
        key: Option<LineKey>,
        kind: DecisionKind,
        detail: Option<String>,
        by: Option<PersonId>,
    ) {
        let number = self.roll.decisions().next_number;
        if number >= MAX_DECISIONS {
            return;
        }
        let (person, participant) = key.map_or((None, None), LineKey::columns);
        let decision = RollDecision {
            lesson: self.lesson,
            number,
            person,
            participant,
            kind,
            detail,
            by,
            at_ms: now_ms,
        };
        self.roll.decide(&decision);
        self.effects
            .push(Effect::Journal(Record::Decision(decision)));
        self.feed.dirty.extend(key);
        self.touch_head(now_ms);
    }

    /// Who decides: their person, and the name others know them by.
    fn author(&self, id: ParticipantId) -> (Option<PersonId>, Option<String>) {
        let seat = self.seats.get(&id);
        (
            seat.and_then(|seat| seat.person),
            seat.map(|seat| seat.name.clone()),
        )
    }

    fn touch_head(&mut self, now_ms: u64) {
        self.feed.is_head_dirty = true;
        self.hurry(now_ms);
    }

    fn hurry(&mut self, now_ms: u64) {
        let due_ms = now_ms + ATTENDANCE_FLUSH_MS;
        self.feed.due_ms = Some(self.feed.due_ms.map_or(due_ms, |due| due.min(due_ms)));
    }

    fn has_roll_readers(&self) -> bool {
        self.sessions
            .values()
            .any(|id| self.may(*id, Action::SeeRoll))
    }

    fn roll_readers(&self) -> Vec<SessionId> {
        self.sessions_who_may(Action::SeeRoll)
    }
}
