//! What a client may say.
//!
//! Invariant: no message names its own sender or room; both come from the session.

use crate::{
    Attendance, Audience, ChatMode, DeviceId, LessonCode, LineId, ParticipantId, WaitingId,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One frame from a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// The first frame of every socket; takes or retakes a seat.
    Join(Box<Join>),
    /// A new peer connection for the same seat on the same socket (the old one failed).
    /// Answered by `media`.
    RenewMedia {
        /// The new offer.
        media: MediaOffer,
    },
    /// Which cameras the page shows: `slots[i]` is what video slot `i` should carry.
    Watch {
        /// At most as many entries as the session has video slots; missing ones are empty.
        slots: Vec<Option<ParticipantId>>,
        /// How high slot `i` is shown, in pixels of the screen: no larger picture is sent than
        /// that needs. 0 and missing ones are any height.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<u16>>", optional)]
        heights: Vec<u16>,
    },
    /// What the sender's devices do now. `screen: true` asks for the stage; it may be refused
    /// with `share_busy` or `not_allowed`.
    SetMedia {
        /// The microphone is on.
        microphone: bool,
        /// The camera is on.
        camera: bool,
        /// A screen is being shared.
        screen: bool,
    },
    /// Raises or lowers the sender's own hand.
    RaiseHand {
        /// `true` raises it.
        raised: bool,
    },
    /// Teacher: lets a student share a screen, or takes that back (an active share stops).
    AllowShare {
        /// The student.
        participant: ParticipantId,
        /// `true` allows.
        allowed: bool,
    },
    /// Whether the page really plays what it receives: browsers block sound until a tap.
    Playing {
        /// It does.
        audio: bool,
    },
    /// "I am here": the answer to `check`.
    AnswerCheck {
        /// Which check.
        check: u32,
        /// How long ago the button was pressed, by the page's own clock: an answer made while the
        /// line was down comes when it is up again.
        ago_ms: u64,
    },
    /// Several children sit at the sender's screen, or no longer.
    SeveralHere {
        /// They do.
        several: bool,
    },
    /// What the roll says about the sender; answered by `my_roll`.
    MyRoll,
    /// The sender says that it is wrong.
    DisputeRoll {
        /// How.
        text: String,
    },
    /// Teacher: asks everybody whether they are there.
    StartCheck {
        /// How long they have.
        seconds: u16,
    },
    /// Teacher: a word on somebody's attendance.
    SetAttendance {
        /// Whose.
        line: LineId,
        /// What it is to be; `null` takes the word back.
        status: Option<Attendance>,
        /// Why.
        #[serde(default)]
        #[ts(as = "Option<String>", optional)]
        reason: String,
    },
    /// Teacher: who sits with others at one screen; whole each time.
    MarkInRoom {
        /// Whose screen.
        screen: LineId,
        /// Who sits there.
        lines: Vec<LineId>,
    },
    /// Teacher: the draft is right.
    ConfirmRoll,
    /// Teacher: the lesson proper begins now, whoever talked before.
    BeginLesson,
    /// Staff: turns somebody's microphone off; they may turn it on again.
    Mute {
        /// Whose.
        participant: ParticipantId,
    },
    /// Staff: the same for all students.
    MuteAll,
    /// Staff: students speak only with the floor, or freely again. What is on goes off.
    LockMicrophones {
        /// `true` locks.
        locked: bool,
    },
    /// Staff: lets a student speak while microphones are locked, or takes that back. Giving it takes
    /// their hand down.
    GiveFloor {
        /// The student.
        participant: ParticipantId,
        /// `true` gives it.
        given: bool,
    },
    /// Staff: takes a hand down.
    LowerHand {
        /// Whose.
        participant: ParticipantId,
    },
    /// Staff: takes all hands down.
    LowerAllHands,
    /// Staff: puts somebody out of this lesson for good.
    Remove {
        /// Whom.
        participant: ParticipantId,
    },
    /// Staff: takes that back; they may come again.
    Readmit {
        /// The seat they had.
        participant: ParticipantId,
    },
    /// Staff: nobody new comes in, or they may again. Whoever has a seat returns freely.
    LockLesson {
        /// `true` locks.
        locked: bool,
    },
    /// Staff: strangers wait at the door, or come straight in.
    SetLobby {
        /// `true` makes them wait.
        on: bool,
    },
    /// Staff: lets people in from the door. Those the page showed: nobody comes in unseen.
    Admit {
        /// At most `MAX_LOBBY`; those who no longer wait are passed over.
        waiting: Vec<WaitingId>,
    },
    /// Staff: sends somebody away from the door.
    TurnAway {
        /// Whom.
        waiting: WaitingId,
    },
    /// Writes in the chat. Nobody can write to one student.
    Chat {
        /// At most `MAX_CHAT_CHARS` characters, plain.
        text: String,
        /// Who reads it.
        to: Audience,
    },
    /// Staff: takes a message out of the chat, for everybody.
    DeleteChat {
        /// Which.
        number: u32,
    },
    /// Staff: says who may write.
    SetChat {
        /// Who.
        mode: ChatMode,
    },
    /// Teacher: asks what other programs publish and play with; answered by `programs`.
    Programs {
        /// `true` makes a new stream key: the one before opens nothing from then on, and who came
        /// with it is out.
        new_key: bool,
    },
    /// Leaves the lesson for good; the seat becomes `left`.
    Leave,
    /// Teacher: ends the lesson for everybody.
    EndLesson,
}

/// Takes a seat in a lesson, or retakes one after a refresh or a lost connection.
///
/// A stranger may be answered `waiting` instead of `joined`: the offer is then thrown away. After
/// `admitted` the page sends `join` once more on the same socket, with the token it was given and an
/// offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Must be `PROTOCOL_VERSION`.
    pub version: u32,
    /// The lesson's code.
    pub lesson: LessonCode,
    /// "Your name"; ignored when `token` names a seat that already has one.
    pub name: String,
    /// The teacher's token, or the seat token of an earlier `joined`. Without one: a new student.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub token: Option<String>,
    /// Says who the sender is: single use, a moment's life, had over HTTP for a personal link or a
    /// log-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ticket: Option<String>,
    /// This browser's own random name, kept by the page and told to nobody else: whoever was put out
    /// does not come back in it under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device: Option<DeviceId>,
    /// The peer connection's offer. Without it only the socket is resumed: the media session of
    /// this seat goes on as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub media: Option<MediaOffer>,
    /// What is on at once (the pre-join choice), so that the first snapshot others see is true.
    #[serde(default)]
    pub microphone: bool,
    /// The camera is on.
    #[serde(default)]
    pub camera: bool,
}

/// An SDP offer and what its m-lines are for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct MediaOffer {
    /// The offer; every m-line in one BUNDLE group, `rtcp-mux`, no trickle needed.
    pub sdp: String,
    /// The purpose of each m-line.
    pub layout: MediaLayout,
}

/// The m-lines of one peer connection by `mid`. Send lines are absent where the client never sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct MediaLayout {
    /// Sends the microphone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub microphone: Option<String>,
    /// Sends the microphone once more, in few and small packets: teachers, for weak links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub microphone_low: Option<String>,
    /// Sends the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub camera: Option<String>,
    /// Sends the shared screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub screen: Option<String>,
    /// Sends the shared screen's sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub screen_audio: Option<String>,
    /// Receives voices: at most `AUDIO_SLOTS`.
    pub audio_slots: Vec<String>,
    /// Receives cameras: at most `MAX_VIDEO_SLOTS`; `watch` says who is in which.
    pub video_slots: Vec<String>,
    /// Receives the shared screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub screen_slot: Option<String>,
    /// Receives the shared screen's sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub screen_audio_slot: Option<String>,
}
