//! A bot's one peer connection.
//!
//! Invariant: m-lines stand in the order the server expects: what is sent (microphone, camera,
//! screen, its sound), then the slots (voices, cameras, screen, its sound).

mod lines;
mod slots;

pub use lines::Lines;

use crate::clip::{LessonTag, Picture};
use crate::key_frame_requests::KeyFrameRequests;
use crate::observed::{Link, Observed};
use crate::sdp::{Section, sections};
use crate::sender::{self, Badge, Line};
use crate::tone::{Tone, Voice, Volume};
use anyhow::{Context, Result, ensure};
use homeroom_protocol::{MediaLayout, MediaOffer};
use rtc::interceptor::{Registry, Slot as ChainSlot};
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_nack, configure_rtcp_reports, configure_twcc,
};
use slots::{Handler, Slot};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, RTCSessionDescription, SettingEngineBuilder,
};

/// Behind every interceptor that reads RTCP.
const LAST_IN_CHAIN: usize = 14_000;
/// Threads that drive all peer connections of the process. Drivers on them stop, without a
/// goodbye, when their connection is dropped: that is how a bot vanishes.
const DRIVER_THREADS: usize = 2;

/// The driver sends the first DTLS packet with the next ICE check after the link is found. At the
/// usual 200 ms that would be most of a join; a browser does not wait.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// As long as the usual 7 checks of 200 ms.
const MAX_CHECKS: u16 = 140;

/// What is sent now; each turns on and off by itself.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(crate) microphone: watch::Sender<bool>,
    pub(crate) camera: watch::Sender<bool>,
    pub(crate) screen: watch::Sender<bool>,
}

/// What a bot performs on its lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act {
    pub(crate) badge: Badge,
    pub(crate) tone: Tone,
    pub(crate) volume: Volume,
    pub(crate) screen_tone: Tone,
}

/// The peer connection and the tasks that feed it.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    observed: Arc<watch::Sender<Observed>>,
    slots: Arc<OnceLock<HashMap<u32, Slot>>>,
    offered: MediaLayout,
    sending: Vec<(String, Line)>,
    tasks: JoinSet<()>,
}

impl Peer {
    /// Makes the connection and its offer.
    pub(crate) async fn offer(
        lesson: LessonTag,
        lines: Lines,
        from: IpAddr,
        observed: Arc<watch::Sender<Observed>>,
        started: Instant,
    ) -> Result<(Self, MediaOffer)> {
        let slots = Arc::new(OnceLock::new());
        let handler = Handler {
            observed: Arc::clone(&observed),
            slots: Arc::clone(&slots),
            started,
            lesson,
        };
        let connection = connect(from, handler).await?;
        let tracks = lines::add(&connection, lines).await?;
        let offer = connection.create_offer(None).await?;
        let sdp = offer.sdp.clone();
        connection.set_local_description(offer).await?;

        let mids = sections(&sdp).into_iter().map(|section| section.mid);
        let layout = lines::name(lines, mids)?;
        let sending_mids = [
            &layout.microphone,
            &layout.camera,
            &layout.screen,
            &layout.screen_audio,
        ];
        let sending = sending_mids
            .into_iter()
            .flatten()
            .cloned()
            .zip(tracks)
            .collect();
        let peer = Self {
            connection,
            observed,
            slots,
            offered: layout.clone(),
            sending,
            tasks: JoinSet::new(),
        };
        Ok((peer, MediaOffer { sdp, layout }))
    }

    /// Takes the answer and starts sending.
    pub(crate) async fn accept(
        &mut self,
        answer: String,
        act: Act,
        switches: &Switches,
    ) -> Result<()> {
        let answered: HashMap<String, Section> = sections(&answer)
            .into_iter()
            .map(|section| (section.mid.clone(), section))
            .collect();
        let slots = slots::assign(&self.offered, &answered)?;
        ensure!(self.slots.set(slots).is_ok(), "answered twice");
        let description = RTCSessionDescription::answer(answer)?;
        self.connection.set_remote_description(description).await?;

        for (mid, mut line) in std::mem::take(&mut self.sending) {
            line.section = answered
                .get(&mid)
                .cloned()
                .context("an m-line without an answer")?;
            self.start(&mid, line, act, switches)?;
        }
        Ok(())
    }

    fn start(&mut self, mid: &str, line: Line, act: Act, switches: &Switches) -> Result<()> {
        let is = |name: &Option<String>| name.as_deref() == Some(mid);
        let (microphone, camera, screen) = (
            switches.microphone.subscribe(),
            switches.camera.subscribe(),
            switches.screen.subscribe(),
        );
        if is(&self.offered.microphone) {
            let voice = Voice::new(act.tone, act.volume)?;
            self.run(sender::speak(line, act.badge.lesson, voice, microphone));
        } else if is(&self.offered.camera) {
            self.run(sender::film(line, act.badge, Picture::Camera, camera));
        } else if is(&self.offered.screen) {
            self.run(sender::film(line, act.badge, Picture::Screen, screen));
        } else {
            let voice = Voice::new(act.screen_tone, Volume::Normal)?;
            self.run(sender::speak(line, act.badge.lesson, voice, screen));
        }
        Ok(())
    }

    /// Runs a sender once the link is up; what is sent before is lost.
    fn run(&mut self, task: impl Future<Output = Result<()>> + Send + 'static) {
        let mut observed = self.observed.subscribe();
        self.tasks.spawn(async move {
            let up = observed
                .wait_for(|seen| seen.link == Link::Connected)
                .await
                .map(drop);
            if up.is_err() {
                return;
            }
            if let Err(error) = task.await {
                debug!(%error, "a sender stopped");
            }
        });
    }

    /// Says goodbye on the wire.
    pub(crate) async fn close(mut self) {
        self.tasks.shutdown().await;
        if let Err(error) = self.connection.close().await {
            debug!(%error, "close");
        }
    }
}

async fn connect(from: IpAddr, handler: Handler) -> Result<Arc<dyn PeerConnection>> {
    let mut media = lines::media_engine()?;
    let registry = configure_nack(Registry::new(), &mut media);
    let registry = configure_twcc(registry, &mut media)?;
    let registry = configure_rtcp_reports(registry)
        .with(ChainSlot::from(LAST_IN_CHAIN), KeyFrameRequests::default());
    let settings = SettingEngineBuilder::new()
        .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(MAX_CHECKS))
        .build();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![(from, 0)])
        .with_dedicated_reactor_pool_size(DRIVER_THREADS)
        .build()
        .await?;
    Ok(Arc::new(connection))
}

#[cfg(test)]
mod tests;
