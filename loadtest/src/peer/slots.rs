//! What arrives on a bot's peer connection, slot by slot.
//!
//! Invariant: a packet is counted in the slot whose stream the answer announced, or not at all.

use crate::clip::LessonTag;
use crate::observed::{Link, Observed};
use crate::perceived::{Listener, Viewer};
use crate::sdp::Section;
use anyhow::{Context, Result, ensure};
use homeroom_protocol::MediaLayout;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tracing::{debug, warn};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{PeerConnectionEventHandler, RTCPeerConnectionState};

/// A viewer that cannot decode asks again after this long, as browsers do.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Where received packets belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Voice(usize),
    Camera(usize),
    Screen,
    ScreenSound,
}

/// The slot of each stream the answer announced.
pub(super) fn assign(
    layout: &MediaLayout,
    answered: &HashMap<String, Section>,
) -> Result<HashMap<u32, Slot>> {
    let voices = layout
        .audio_slots
        .iter()
        .enumerate()
        .map(|(i, mid)| (mid, Slot::Voice(i)));
    let cameras = layout
        .video_slots
        .iter()
        .enumerate()
        .map(|(i, mid)| (mid, Slot::Camera(i)));
    let screen = layout.screen_slot.iter().map(|mid| (mid, Slot::Screen));
    let sound = layout
        .screen_audio_slot
        .iter()
        .map(|mid| (mid, Slot::ScreenSound));
    let mut slots = HashMap::new();
    for (mid, slot) in voices.chain(cameras).chain(screen).chain(sound) {
        let section = answered
            .get(mid)
            .with_context(|| format!("no answer for {slot:?}"))?;
        ensure!(
            !section.ssrcs.is_empty(),
            "the answer names no stream for {slot:?}"
        );
        slots.extend(section.ssrcs.iter().map(|ssrc| (*ssrc, slot)));
    }
    Ok(slots)
}

/// What the peer connection tells.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) observed: Arc<watch::Sender<Observed>>,
    pub(super) slots: Arc<OnceLock<HashMap<u32, Slot>>>,
    pub(super) started: Instant,
    pub(super) lesson: LessonTag,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        debug!(%state, "peer connection");
        let link = match state {
            RTCPeerConnectionState::Connected => Link::Connected,
            RTCPeerConnectionState::New | RTCPeerConnectionState::Connecting => Link::Connecting,
            _ => Link::Failed,
        };
        self.observed.send_modify(|observed| {
            observed.link = link;
            if link == Link::Connected {
                observed
                    .timings
                    .connected
                    .get_or_insert(self.started.elapsed());
            }
        });
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let ssrc = track.ssrcs().await.first().copied();
        let slot = ssrc.and_then(|ssrc| self.slots.get()?.get(&ssrc).copied());
        let (Some(ssrc), Some(slot)) = (ssrc, slot) else {
            warn!(?ssrc, "a stream that no slot announced");
            return;
        };
        let handler = self.clone();
        tokio::spawn(async move {
            let end = match slot {
                Slot::Voice(_) | Slot::ScreenSound => handler.listen(&*track, slot).await,
                Slot::Camera(_) | Slot::Screen => handler.view(&*track, slot, ssrc).await,
            };
            debug!(?slot, ?end, "a slot ended");
        });
    }
}

impl Handler {
    async fn listen(&self, track: &dyn TrackRemote, slot: Slot) -> Result<()> {
        let mut listener = Listener::new()?;
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(packet) = event else {
                continue;
            };
            self.observed.send_modify(|observed| {
                let heard = match slot {
                    Slot::Voice(index) => &mut observed.voices[index],
                    _ => &mut observed.screen_sound,
                };
                listener.take(packet.header.sequence_number, &packet.payload, heard);
                let timing = &mut observed.timings.first_sound;
                timing.get_or_insert_with(|| self.started.elapsed());
            });
        }
        Ok(())
    }

    async fn view(&self, track: &dyn TrackRemote, slot: Slot, ssrc: u32) -> Result<()> {
        let mut viewer = Viewer::new(self.lesson);
        let mut asked: Option<Instant> = None;
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(packet) = event else {
                continue;
            };
            let mut stuck = false;
            self.observed.send_modify(|observed| {
                let seen = match slot {
                    Slot::Camera(index) => &mut observed.cameras[index],
                    _ => &mut observed.screen,
                };
                let header = &packet.header;
                stuck = viewer.take(header.sequence_number, header.marker, &packet.payload, seen);
                if seen.first_key_frame.is_some() {
                    let timing = &mut observed.timings.first_picture;
                    timing.get_or_insert_with(|| self.started.elapsed());
                }
            });
            if stuck && asked.is_none_or(|at| at.elapsed() > ASK_AGAIN) {
                asked = Some(Instant::now());
                let request = PictureLossIndication {
                    sender_ssrc: 0,
                    media_ssrc: ssrc,
                };
                track.write_rtcp(vec![Box::new(request)]).await?;
            }
        }
        Ok(())
    }
}
