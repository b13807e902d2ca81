//! What whoever plays a lesson is shown: one camera, chosen as a person in the room would look.
//!
//! A teacher first; where several have a camera on, the one who speaks. Else whoever speaks, else who
//! was shown before. A shared screen comes before all of them; the SFU sees to that.
//!
//! Invariant: a pure value; nobody without a camera is chosen, nor is a choice changed without a
//! reason.

use homeroom_protocol::{Joined, Participant, ParticipantId, Role, SeatState, ServerMessage};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is known, and who is shown.
#[derive(Debug)]
pub(super) struct Picture {
    you: ParticipantId,
    /// Whoever has a camera on, and what they are.
    cameras: BTreeMap<ParticipantId, Role>,
    speaking: Vec<ParticipantId>,
    shown: Option<ParticipantId>,
}

impl Picture {
    /// As a player finds the lesson.
    pub fn new(joined: &Joined) -> Self {
        let mut picture = Self {
            you: joined.you,
            cameras: BTreeMap::new(),
            speaking: Vec::new(),
            shown: None,
        };
        picture.note(&joined.participants);
        picture.shown = picture.choose();
        picture
    }

    /// Who is shown.
    pub const fn shown(&self) -> Option<ParticipantId> {
        self.shown
    }

    /// Takes the room's word; answers whether somebody else is to be shown.
    pub fn hear(&mut self, message: &ServerMessage) -> bool {
        if let ServerMessage::Presence { changed, gone, .. } = message {
            self.note(changed);
            self.cameras.retain(|id, _| !gone.contains(id));
        } else if let ServerMessage::Speaking { participants } = message {
            self.speaking.clone_from(participants);
        } else {
            return false;
        }
        let shown = self.choose();
        std::mem::replace(&mut self.shown, shown) != shown
    }

    fn note(&mut self, participants: &[Participant]) {
        for person in participants {
            let is_seen = person.camera && person.state == SeatState::Here;
            if is_seen && person.id != self.you {
                self.cameras.insert(person.id, person.role);
            } else {
                self.cameras.remove(&person.id);
            }
        }
    }

    fn choose(&self) -> Option<ParticipantId> {
        let rank = |(id, role): &(&ParticipantId, &Role)| {
            let standing = match role {
                Role::Teacher => 2,
                Role::Assistant => 1,
                Role::Student | Role::Observer => 0,
            };
            let speaks = self.speaking.contains(id);
            // An assistant does not take a speaker's place by being there.
            let is_teacher = standing == 2;
            let was_shown = self.shown == Some(**id);
            (is_teacher, speaks, was_shown, standing, Reverse(**id))
        };
        let best = self.cameras.iter().max_by_key(rank);
        best.map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_protocol::{ChatMode, Lesson, LessonCode, PROTOCOL_VERSION, Rules};

    fn person(id: u32, role: Role, camera: bool) -> Participant {
        Participant {
            id: ParticipantId(id),
            name: format!("Person {id}"),
            role,
            state: SeatState::Here,
            microphone: true,
            camera,
            may_share: false,
            may_speak: true,
            floor: false,
            hand_ms: None,
        }
    }

    fn picture(participants: Vec<Participant>) -> Picture {
        Picture::new(&Joined {
            version: PROTOCOL_VERSION,
            you: ParticipantId(99),
            seat_token: String::new(),
            answer: None,
            lesson: Lesson {
                code: LessonCode::parse("23456789a").expect("a code"),
                name: "Algebra".into(),
                started_ms: 0,
            },
            participants,
            total: 0,
            sharer: None,
            rules: Rules {
                microphones_locked: false,
                lesson_locked: false,
                lobby: false,
                chat: ChatMode::Off,
                paused: false,
            },
            now_ms: 0,
        })
    }

    fn changed(person: Participant) -> ServerMessage {
        ServerMessage::Presence {
            changed: vec![person],
            gone: Vec::new(),
            total: 0,
        }
    }

    fn speaking(ids: &[u32]) -> ServerMessage {
        let participants = ids.iter().copied().map(ParticipantId).collect();
        ServerMessage::Speaking { participants }
    }

    #[test]
    fn a_teacher_is_shown_and_of_two_the_one_who_speaks() {
        let mut picture = picture(vec![
            person(1, Role::Student, true),
            person(2, Role::Teacher, true),
            person(3, Role::Teacher, true),
            person(4, Role::Teacher, false),
            person(99, Role::Observer, true),
        ]);
        for (message, shown, is_news) in [
            (speaking(&[]), 2, false),
            (speaking(&[1]), 2, false),
            (speaking(&[1, 3]), 3, true),
            (speaking(&[]), 3, false),
            (speaking(&[2, 3]), 3, false),
            (changed(person(3, Role::Teacher, false)), 2, true),
        ] {
            assert_eq!(picture.hear(&message), is_news, "{message:?}");
            assert_eq!(picture.shown(), Some(ParticipantId(shown)), "{message:?}");
        }
    }

    #[test]
    fn without_a_teachers_camera_whoever_speaks_and_then_stays() {
        let mut picture = picture(vec![person(1, Role::Student, true)]);
        assert_eq!(picture.shown(), Some(ParticipantId(1)));
        for (message, shown) in [
            (changed(person(2, Role::Student, true)), Some(1)),
            (changed(person(3, Role::Assistant, true)), Some(1)),
            (speaking(&[2]), Some(2)),
            (speaking(&[]), Some(2)),
            (speaking(&[3, 2]), Some(2)),
            (changed(person(4, Role::Teacher, true)), Some(4)),
        ] {
            picture.hear(&message);
            assert_eq!(picture.shown(), shown.map(ParticipantId), "{message:?}");
        }
    }

    #[test]
    fn who_is_away_or_gone_is_not_shown() {
        let mut picture = picture(vec![person(1, Role::Teacher, true)]);
        let away = Participant {
            state: SeatState::Away,
            ..person(1, Role::Teacher, true)
        };
        assert!(picture.hear(&changed(away)));
        assert_eq!(picture.shown(), None);
        picture.hear(&changed(person(1, Role::Teacher, true)));
        assert_eq!(picture.shown(), Some(ParticipantId(1)));
        let gone = ServerMessage::Presence {
            changed: Vec::new(),
            gone: vec![ParticipantId(1)],
            total: 0,
        };
        assert!(picture.hear(&gone));
        assert_eq!(picture.shown(), None);
    }
}
