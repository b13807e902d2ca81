//! What a bot sends: its voice every 20 ms, its camera and its screen fifteen times a second.
//!
//! Invariant: sequence numbers and picture ids never jump by themselves, so every hole a receiver
//! sees was made on the way.

use crate::clip::{Clip, LessonTag, Moment, Picture, Stamp, VoiceStamp};
use crate::sdp::{AUDIO_LEVEL_URI, MID_URI, Section};
use crate::tone::{FRAME_SAMPLES, Voice};
use crate::vp8::Packetizer;
use anyhow::Result;
use bytes::Bytes;
use homeroom_protocol::ParticipantId;
use rtc::rtp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};

/// RTP of Opus runs at 48 kHz, of video at 90 kHz (RFC 7587 §4.1, RFC 7741 §4.1).
const VIDEO_CLOCK_HZ: u32 = 90_000;
const FRAME_MS: u64 = 20;

/// What the stamps of a bot's pictures say of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Badge {
    pub(crate) lesson: LessonTag,
    pub(crate) id: ParticipantId,
}

/// One sending m-line.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) track: Arc<TrackLocalStaticRTP>,
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    /// As answered: its mid and the numbers of its header extensions.
    pub(crate) section: Section,
}

/// The next packet's numbers on one line.
struct Packets {
    line: Line,
    sequence: u16,
    timestamp: u32,
}

impl Packets {
    fn new(line: Line) -> Self {
        Self {
            line,
            sequence: rand::random(),
            timestamp: rand::random(),
        }
    }

    async fn send(&mut self, payload: Bytes, marker: bool, level: Option<u8>) -> Result<()> {
        let mut header = rtp::Header {
            version: 2,
            marker,
            payload_type: self.line.payload_type,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.line.ssrc,
            ..Default::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        let extensions = &self.line.section.extensions;
        if let Some(id) = extensions.get(MID_URI) {
            header.set_extension(*id, self.line.section.mid.clone().into())?;
        }
        if let (Some(level), Some(id)) = (level, extensions.get(AUDIO_LEVEL_URI)) {
            // RFC 6464 §3: V, voice activity, is the highest bit.
            header.set_extension(*id, Bytes::copy_from_slice(&[0x80 | level]))?;
        }
        self.line
            .track
            .write_rtp(rtp::Packet { header, payload })
            .await?;
        Ok(())
    }
}

/// Speaks while `on`; a muted microphone sends nothing, as a page that took its track away.
pub(crate) async fn speak(
    line: Line,
    lesson: LessonTag,
    mut voice: Voice,
    mut on: watch::Receiver<bool>,
) -> Result<()> {
    let mut packets = Packets::new(line);
    let mut clock = every(Duration::from_millis(FRAME_MS));
    loop {
        clock.tick().await;
        packets.timestamp = packets.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        if !*on.borrow() {
            on.wait_for(|on| *on).await?;
            clock.reset();
        }
        let spoken = voice.speak()?;
        let sent = Moment::now();
        let said = VoiceStamp { lesson, sent }.put_on(&spoken.opus);
        packets
            .send(said, false, Some(spoken.level_minus_dbov))
            .await?;
    }
}

/// Shows the clip while `on`, and jumps to a key frame when asked for one.
pub(crate) async fn film(
    line: Line,
    who: Badge,
    picture: Picture,
    mut on: watch::Receiver<bool>,
) -> Result<()> {
    let clip = Clip::lesson();
    let track = Arc::clone(&line.track);
    let mut packetizer = Packetizer::default();
    let mut packets = Packets::new(line);
    let mut clock = every(Duration::from_secs(1) / Clip::FRAMES_PER_SECOND);
    let mut index = 0;
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            asked = key_frame_wanted(&track) => {
                asked?;
                debug!(?picture, "key frame asked for");
                index = clip.next_key_frame(index);
                continue;
            }
        }
        packets.timestamp = packets
            .timestamp
            .wrapping_add(VIDEO_CLOCK_HZ / Clip::FRAMES_PER_SECOND);
        if !*on.borrow() {
            on.wait_for(|on| *on).await?;
            // A camera that starts begins with a key frame.
            index = clip.next_key_frame(index);
            clock.reset();
        }
        let stamp = Stamp {
            lesson: who.lesson,
            sender: who.id,
            picture,
            layer: 0,
            index,
            sent: Moment::now(),
        };
        let payloads = packetizer.split(&stamp.put_on(clip.frame(index)));
        let last = payloads.len() - 1;
        for (i, payload) in payloads.into_iter().enumerate() {
            packets.send(payload, i == last, None).await?;
        }
        index = index.wrapping_add(1);
    }
}

/// Only requests for a key frame reach a track: see `key_frame_requests`.
async fn key_frame_wanted(track: &TrackLocalStaticRTP) -> Result<()> {
    match track.poll().await {
        Some(TrackLocalEvent::OnRtcpPacket(_)) => Ok(()),
        Some(_) => std::future::pending().await,
        None => anyhow::bail!("the peer connection is gone"),
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut clock = interval(period);
    // A real encoder that was held up does not catch up by a burst.
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}
