//! All that a bot perceives, as one value.
//!
//! Invariant: built only from what arrived: the server's messages and decoded media.

use crate::clip::Picture;
use crate::perceived::{Heard, Seen};
use crate::tone::Tone;
use homeroom_protocol::{
    ChatMessage, ClosedReason, ErrorCode, LineId, Participant, ParticipantId, Program,
    RemovedPerson, RollEntry, RollLine, Rules, ServerMessage, WaitingPerson,
};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The state of the peer connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Link {
    /// Not connected yet.
    #[default]
    Connecting,
    /// ICE and DTLS are up.
    Connected,
    /// It did not come up, or went away.
    Failed,
}

/// How long it took, from the first byte sent to the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// To `joined`.
    pub joined: Option<Duration>,
    /// To ICE and DTLS being up.
    pub connected: Option<Duration>,
    /// To the first sound packet.
    pub first_sound: Option<Duration>,
    /// To the first usable key frame.
    pub first_picture: Option<Duration>,
}

/// The lesson as the server tells it.
#[derive(Debug, Clone, Default)]
pub struct RoomView {
    /// Everyone listed.
    pub participants: BTreeMap<ParticipantId, Participant>,
    /// People in the lesson, listed or not.
    pub total: u32,
    /// Who shares a screen.
    pub sharer: Option<ParticipantId>,
    /// Who speaks, loudest first.
    pub speaking: Vec<ParticipantId>,
    /// Teacher only: the roll.
    pub roll: BTreeMap<ParticipantId, RollEntry>,
    /// Teacher only: attendance.
    pub attendance: BTreeMap<LineId, RollLine>,
    /// The check that was asked last.
    pub check: Option<u32>,
    /// Refusals, in order.
    pub errors: Vec<(ErrorCode, String)>,
    /// Answers to `renew_media`, in order.
    pub answers: Vec<String>,
    /// What holds in the lesson.
    pub rules: Option<Rules>,
    /// The lesson at whose door it waits.
    pub waiting_for: Option<String>,
    /// What lets it in.
    pub admitted: Option<String>,
    /// Who waits at the door, to staff.
    pub lobby: Vec<WaitingPerson>,
    /// Who was put out, to staff.
    pub removed: Vec<RemovedPerson>,
    /// Times the microphone was turned off from there.
    pub muted: u32,
    /// The chat as it may read it.
    pub chat: Vec<ChatMessage>,
    /// The stream key it had made last.
    pub stream_key: Option<String>,
    /// When the stream key that opens now was made, to teachers who asked.
    pub stream_key_made_ms: Option<u64>,
    /// Which programs publish and play, to teachers.
    pub programs: Vec<Program>,
    /// Why the server said goodbye.
    pub closed: Option<ClosedReason>,
}

impl RoomView {
    /// Applies one message.
    pub fn apply(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Joined(joined) => {
                let listed = joined.participants.into_iter();
                self.participants = listed.map(|p| (p.id, p)).collect();
                self.total = joined.total;
                self.sharer = joined.sharer;
                self.rules = Some(joined.rules);
                self.chat.clear();
            }
            ServerMessage::Media { answer } => self.answers.push(answer),
            ServerMessage::Presence {
                changed,
                gone,
                total,
            } => {
                self.participants
                    .extend(changed.into_iter().map(|p| (p.id, p)));
                for id in gone {
                    self.participants.remove(&id);
                }
                self.total = total;
            }
            ServerMessage::Speaking { participants } => self.speaking = participants,
            ServerMessage::Stage { sharer } => self.sharer = sharer,
            // Bots send whether anybody looks or not: it is the server that they load.
            ServerMessage::Attendance { lines, .. } => {
                let lines = lines.into_iter().map(|line| (line.id.clone(), line));
                self.attendance.extend(lines);
            }
            ServerMessage::Check { number, .. } => self.check = Some(number),
            ServerMessage::Waiting { lesson } => self.waiting_for = Some(lesson),
            ServerMessage::Admitted { token } => self.admitted = Some(token),
            ServerMessage::Lobby { waiting } => self.lobby = waiting,
            ServerMessage::Removed { people } => self.removed = people,
            ServerMessage::Rules(rules) => self.rules = Some(rules),
            ServerMessage::Muted { .. } => self.muted += 1,
            ServerMessage::Chat { messages } => self.chat.extend(messages),
            ServerMessage::ChatDeleted { number } => self.chat.retain(|m| m.number != number),
            ServerMessage::Programs {
                key,
                key_made_ms,
                programs,
            } => {
                self.stream_key = key.or(self.stream_key.take());
                self.stream_key_made_ms = key_made_ms;
                self.programs = programs;
            }
            ServerMessage::Wanted { .. }
            | ServerMessage::Withheld { .. }
            | ServerMessage::CheckAnswered { .. }
            | ServerMessage::MyRoll { .. } => {}
            ServerMessage::Roll { entries } => {
                let entries = entries.into_iter().map(|e| (e.participant, e));
                self.roll.extend(entries);
            }
            ServerMessage::Error { code, detail, .. } => self.errors.push((code, detail)),
            ServerMessage::Closed { reason } => self.closed = Some(reason),
        }
    }

    /// The participant of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Participant> {
        self.participants.values().find(|p| p.name == name)
    }

    /// The roll's seat of that name.
    #[must_use]
    pub fn seat(&self, name: &str) -> Option<&RollEntry> {
        self.roll.values().find(|entry| entry.name == name)
    }
}

/// Everything a bot perceives.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The lesson.
    pub room: RoomView,
    /// The signalling socket is open.
    pub socket_open: bool,
    /// The peer connection.
    pub link: Link,
    /// Voice slots, in the order of the m-lines.
    pub voices: Vec<Heard>,
    /// Camera slots.
    pub cameras: Vec<Seen>,
    /// The screen slot.
    pub screen: Seen,
    /// The sound of the shared screen.
    pub screen_sound: Heard,
    /// How long the join took.
    pub timings: Timings,
}

impl Observed {
    /// Milliseconds of `tone` heard in the voice slots.
    #[must_use]
    pub fn heard_ms(&self, tone: Tone) -> u64 {
        let slots = self.voices.iter();
        slots.filter_map(|heard| heard.tones_ms.get(&tone)).sum()
    }

    /// Every tone heard in the voice slots.
    #[must_use]
    pub fn tones(&self) -> Vec<Tone> {
        let mut tones: Vec<Tone> = self
            .voices
            .iter()
            .flat_map(|h| h.tones_ms.keys().copied())
            .collect();
        tones.sort_unstable();
        tones.dedup();
        tones
    }

    /// Frames of a person's camera seen in any slot.
    #[must_use]
    pub fn frames_of(&self, person: ParticipantId) -> u64 {
        let slots = self.cameras.iter();
        slots
            .filter_map(|seen| seen.frames.get(&(person, Picture::Camera)))
            .sum()
    }

    /// Frames of a person's screen seen in the screen slot.
    #[must_use]
    pub fn screen_frames_of(&self, person: ParticipantId) -> u64 {
        self.screen
            .frames
            .get(&(person, Picture::Screen))
            .copied()
            .unwrap_or(0)
    }

    /// Every slot that carries pictures.
    pub fn pictures(&self) -> impl Iterator<Item = &Seen> {
        self.cameras.iter().chain([&self.screen])
    }

    /// Every slot that carries sound.
    pub fn sounds(&self) -> impl Iterator<Item = &Heard> {
        self.voices.iter().chain([&self.screen_sound])
    }

    /// Packets that arrived, in all slots.
    #[must_use]
    pub fn packets(&self) -> u64 {
        let pictures: u64 = self.pictures().map(|s| s.arrivals.unique()).sum();
        pictures + self.sounds().map(|s| s.arrivals.unique()).sum::<u64>()
    }

    /// Packets the numbers say were sent, in all slots.
    #[must_use]
    pub fn expected_packets(&self) -> u64 {
        let pictures: u64 = self.pictures().map(|s| s.arrivals.expected()).sum();
        pictures + self.sounds().map(|s| s.arrivals.expected()).sum::<u64>()
    }

    /// Packets missing in all slots.
    #[must_use]
    pub fn lost_packets(&self) -> u64 {
        self.expected_packets() - self.packets()
    }

    /// Wrong pictures and sounds in all slots; a working server causes none.
    #[must_use]
    pub fn faults(&self) -> u64 {
        let pictures: u64 = self.pictures().map(Seen::faults).sum();
        pictures + self.sounds().map(|s| s.not_opus).sum::<u64>()
    }
}

/// What matters when a wait failed, in a few lines.
impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "socket open: {}, link: {:?}",
            self.socket_open, self.link
        )?;
        for (slot, heard) in self
            .sounds()
            .enumerate()
            .filter(|(_, h)| h.arrivals.unique() > 0)
        {
            writeln!(
                f,
                "sound {slot}: {} packets, {} lost, {:?}, not Opus {}",
                heard.arrivals.unique(),
                heard.arrivals.lost(),
                heard.tones_ms,
                heard.not_opus,
            )?;
        }
        for (slot, seen) in self
            .pictures()
            .enumerate()
            .filter(|(_, s)| s.arrivals.unique() > 0)
        {
            writeln!(
                f,
                "picture {slot}: {} packets, {} lost, frames {:?}, {} key, {} waiting, jumps {}, \
                 mixed {}, torn {}, garbled {}, leaked {}",
                seen.arrivals.unique(),
                seen.arrivals.lost(),
                seen.frames,
                seen.key_frames,
                seen.waiting_for_key,
                seen.id_jumps,
                seen.mixed,
                seen.torn,
                seen.garbled,
                seen.leaked,
            )?;
        }
        write!(f, "{:?}", self.room)
    }
}
