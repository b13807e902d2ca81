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
use crate::tone::Tone;
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
use std::time::Instant;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;
use webrtc::peer_connection::{PeerConnection, PeerConnectionBuilder, RTCSessionDescription};

/// Behind every interceptor that reads RTCP.
const LAST_IN_CHAIN: usize = 14_000;
/// Threads that drive all peer connections of the process. Drivers on them stop, without a
/// goodbye, when their connection is dropped: that is how a bot vanishes.
const DRIVER_THREADS: usize = 2;

/// What is sent now; each turns on and off by itself.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(crate) microphone: watch::Sender<bool>,
    pub(crate) camera: watch::Sender<bool>,
    pub(crate) screen: watch::Sender<bool>,
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
        me: Badge,
        tones: (Tone, Tone),
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
            self.start(&mid, line, me, tones, switches);
        }
        Ok(())
    }

    fn start(
        &mut self,
        mid: &str,
        line: Line,
        me: Badge,
        tones: (Tone, Tone),
        switches: &Switches,
    ) {
        let is = |name: &Option<String>| name.as_deref() == Some(mid);
        let (microphone, camera, screen) = (
            switches.microphone.subscribe(),
            switches.camera.subscribe(),
            switches.screen.subscribe(),
        );
        if is(&self.offered.microphone) {
            self.run(sender::speak(line, tones.0, microphone));
        } else if is(&self.offered.camera) {
            self.run(sender::film(line, me, Picture::Camera, camera));
        } else if is(&self.offered.screen) {
            self.run(sender::film(line, me, Picture::Screen, screen));
        } else {
            self.run(sender::speak(line, tones.1, screen));
        }
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
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![(from, 0)])
        .with_dedicated_reactor_pool_size(DRIVER_THREADS)
        .build()
        .await?;
    Ok(Arc::new(connection))
}

#[cfg(test)]
mod tests;
