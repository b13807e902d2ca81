//! Every bound of the signalling edge in one place; those of a single frame are in
//! `homeroom-protocol`, those of the journal in `homeroom-store`.
//!
//! Invariant: whatever a stranger sends, memory and work stay within these numbers.

use std::time::Duration;

/// Seats of one lesson, those who left included.
pub const MAX_SEATS: usize = 2_000;
/// Seats of one lesson that programs with its stream key make, under as many names: whoever finds the
/// key fills no lesson with them. Those of before the room was last opened are not counted.
pub const MAX_STREAM_KEY_SEATS: usize = 100;
/// Lessons with a running room.
pub const MAX_ROOMS: usize = 5_000;
/// Sockets whose `join` has not been answered yet, all together.
pub const MAX_WAITING_SOCKETS: usize = 10_000;
/// Sockets whose `join` has not been answered yet, from one address prefix. A whole school shares
/// one address, and all of it comes at 9:00.
pub const MAX_WAITING_SOCKETS_PER_PREFIX: usize = 2_000;
/// Calls waiting for a room's task; a socket beyond waits for its turn.
pub const MAX_ROOM_MAILBOX: usize = 1_024;
/// Calls a room's task takes at once; their roll records share one commit.
pub const MAX_ROOM_BATCH: usize = 64;
/// Frames waiting for one slow client; the next closes it with `too_slow`.
pub const MAX_OUTGOING_FRAMES: usize = 256;
/// Body of an HTTP request, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024;
/// Body of an offer that comes over HTTP, in bytes.
pub const MAX_OFFER_BODY_BYTES: usize = homeroom_protocol::MAX_SDP_BYTES;
/// Body of an ICE restart that comes over HTTP, in bytes.
pub const MAX_FRAGMENT_BODY_BYTES: usize = homeroom_sfu::MAX_FRAGMENT_BYTES;
/// Programs that publish and play at once.
pub const MAX_WHIP_SESSIONS: usize = 2_000;
/// Requests that wait for one of them.
pub const MAX_WHIP_ASKS: usize = 4;
/// Changes of one of them: (per second, at once).
pub const WHIP_ASK_RATE: (u32, u32) = (5, 20);
/// Address prefixes whose rates are remembered; strangers beyond share one bucket.
pub const MAX_TRACKED_PREFIXES: usize = 10_000;

/// Messages a client may send per second, after a burst of [`MESSAGE_BURST`].
pub const MESSAGES_PER_SECOND: u32 = 20;
/// Messages a client may send at once.
pub const MESSAGE_BURST: u32 = 60;
/// Lessons that may be started: (per second, at once) from one address prefix.
pub const CREATE_RATE_PER_PREFIX: (u32, u32) = (2, 100);
/// Lessons that may be started: (per second, at once) on this server.
pub const CREATE_RATE: (u32, u32) = (50, 1_000);
/// New students of one lesson: (per second, at once), so that a crowd without end does not take the
/// server from other lessons. A hall comes at the bell: a page that is told "in a moment" comes
/// again five times, in eight seconds or more, and meanwhile every seat of the lesson can be taken.
/// Whoever has a seat comes back freely.
pub const NEW_SEAT_RATE: (u32, u32) = (70, 1_500);
/// Wrong codes and tokens: (per second, at once) from one address prefix. Right ones are free.
pub const GUESS_RATE_PER_PREFIX: (u32, u32) = (5, 300);
/// Wrong codes and tokens: (per second, at once) on this server.
pub const GUESS_RATE: (u32, u32) = (100, 3_000);

/// A socket says `join` within this time or is closed.
pub const JOIN_TIMEOUT: Duration = Duration::from_secs(5);
/// A ping goes to each client this often.
pub const PING_INTERVAL: Duration = Duration::from_secs(5);
/// A client from which nothing came for this long, pongs included, is gone.
pub const DEAD_AFTER: Duration = Duration::from_secs(11);
/// How long the last frames of a closing socket may take.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a media event may wait for a busy room before it is dropped and counted.
pub const MEDIA_EVENT_TIMEOUT: Duration = Duration::from_secs(1);
/// Waiting media events are offered to their busy rooms again this often.
pub const MEDIA_EVENT_RETRY: Duration = Duration::from_millis(20);
/// Media events waiting for one busy room; the next is dropped and counted.
pub const MAX_LATE_MEDIA_EVENTS: usize = 256;
/// How long a stopping server waits for its rooms.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Presence changes gather this long in a class, in milliseconds.
pub const PRESENCE_FLUSH_MS: u64 = 100;
/// Presence changes gather this long in a hall (more people than `MAX_PRESENCE`).
pub const PRESENCE_FLUSH_HALL_MS: u64 = 250;
/// Students of a hall hear at most this often that only the number of people has changed: a
/// thousand of them would otherwise each be told of every one who comes or goes.
pub const COUNT_FLUSH_HALL_MS: u64 = 3_000;
/// A new transport has this long to come up before its seat counts as away.
pub const CONNECT_GRACE_MS: u64 = 15_000;
/// The SFU says `Silent` after this long without a packet: the last sign of life was then.
pub const SILENT_AFTER_MS: u64 = 5_000;
/// While somebody is here, the journal hears this often that the lesson runs, so that after a
/// crash the roll knows to within this time how long everybody was here. Half of what its times may
/// be off by: coming back takes a moment too.
pub const PULSE_MS: u64 = 1_000;
/// An empty room's task stops after this long; the store brings the room back. Long enough for a
/// class that lost its network together, short enough that abandoned rooms do not fill
/// [`MAX_ROOMS`].
pub const UNLOAD_AFTER_MS: u64 = 2 * 60 * 1_000;

/// Changes of one seat's evidence that are noted; beyond, a device that flickers gains nothing.
pub const MAX_ROLL_SPANS: usize = 1_000;
/// Raised hands of one seat that are noted.
pub const MAX_NOTED_HANDS: u32 = 200;
/// Times one pupil may say that their line is wrong.
pub const MAX_DISPUTES: usize = 5;
/// Checks of one lesson.
pub const MAX_CHECKS: usize = 50;
/// Decisions of one lesson.
pub const MAX_DECISIONS: u32 = 20_000;
/// Speech gathers to so much before it is written down.
pub const SPEECH_NOTED_MS: u64 = 5_000;
/// An answer may take so long on its way while its sender's line holds.
pub const CHECK_GRACE_MS: u64 = 15_000;
/// An answer made in time may come so late when the line was down.
pub const CHECK_LATE_MS: u64 = 2 * 60 * 1_000;
/// Changes of attendance gather this long before teachers are told.
pub const ATTENDANCE_FLUSH_MS: u64 = 500;
/// What changes by itself as time passes is looked for this often.
pub const ATTENDANCE_REFRESH_MS: u64 = 10_000;
/// The SFU says that nothing is heard after this long without a proof: the last one was then.
pub const DEAF_AFTER_MS: u64 = 10_000;

/// Passwords hashed at once: each takes 19 MiB and most of a core for a moment.
pub const MAX_HASHING: usize = 2;
/// Passwords that wait for their turn; one more is asked to try again.
pub const MAX_WAITING_HASHES: usize = 200;
/// Join tickets that are out at once.
pub const MAX_TICKETS: usize = 20_000;
/// How long a join ticket opens its seat.
pub const TICKET_MS: u64 = 120_000;
/// How long an invitation opens an account.
pub const INVITATION_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a login of staff opens anything.
pub const LOGIN_MS: u64 = 12 * 60 * 60 * 1_000;
/// A lesson that nobody ended is offered for so long after it last ran.
pub const RUNNING_MS: u64 = 6 * 60 * 60 * 1_000;
/// Running lessons one person is offered.
pub const MAX_RUNNING_OFFERED: u32 = 100;
/// Body of a pasted roster, in bytes: a thousand long names and numbers.
pub const MAX_ROSTER_BYTES: usize = 512 * 1024;
/// Calls of the school: (per second, at once) of one person or tool.
pub const CALL_RATE: (u32, u32) = (10, 100);
/// Calls of the school: (per second, at once) on this server.
pub const CALL_RATE_ALL: (u32, u32) = (1_000, 20_000);
/// Tokens nobody knows: (per second, at once) from one address prefix. A school whose devices' year
/// is over comes with a thousand of them.
pub const UNKNOWN_TOKEN_RATE_PER_PREFIX: (u32, u32) = (20, 2_000);
/// Tokens nobody knows: (per second, at once) on this server.
pub const UNKNOWN_TOKEN_RATE: (u32, u32) = (200, 10_000);
/// Calls of people without a token: (per second, at once) from one address prefix.
pub const STRANGER_RATE_PER_PREFIX: (u32, u32) = (20, 2_000);
/// Calls of people without a token: (per second, at once) on this server.
pub const STRANGER_RATE: (u32, u32) = (300, 10_000);
/// Wrong passwords: (per [`PASSWORD_PACE`] seconds, at once) from one address prefix.
pub const PASSWORD_RATE_PER_PREFIX: (u32, u32) = (10, 100);
/// Wrong passwords: (per [`PASSWORD_PACE`] seconds, at once) of one login.
pub const PASSWORD_RATE_PER_LOGIN: (u32, u32) = (1, 10);
/// Wrong passwords: (per [`PASSWORD_PACE`] seconds, at once) on this server.
pub const PASSWORD_RATE: (u32, u32) = (100, 1_000);
/// Seconds that count as one where passwords are tried.
pub const PASSWORD_PACE: u64 = 20;
/// Rolls read at once for histories: each reads a lesson's evidence.
pub const MAX_HISTORIES: usize = 2;
/// Lessons of one page of a history.
pub const MAX_HISTORY_PAGE: u32 = 30;

/// Without a teacher or an assistant a lesson goes on for so long, in milliseconds.
pub const NO_ADULT_MS: u64 = 60_000;
/// Whoever was let in takes the seat within this time, or asks again.
pub const ADMITTED_MS: u64 = 2 * 60 * 1_000;
/// Who waits at the door gathers this long before staff are told.
pub const LOBBY_FLUSH_MS: u64 = 500;
/// Tokens of one seat beside its first; one more takes the place of the oldest.
pub const MAX_SEAT_TOKENS: u32 = 4;
/// Devices of one seat that are remembered, the newest.
pub const MAX_SEAT_DEVICES: usize = 4;
/// Messages of one person in the chat: (per second, at once).
pub const CHAT_RATE: (u32, u32) = (1, 5);
/// Messages of one lesson's chat.
pub const MAX_CHAT_MESSAGES: u32 = 5_000;
/// Text of the chat that somebody who comes is told, in bytes, the newest.
pub const CHAT_HISTORY_BYTES: usize = 64 * 1_024;
/// Messages of one pupil that are noted.
pub const MAX_NOTED_MESSAGES: u32 = 200;
