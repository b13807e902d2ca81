//! All participants in one thread: publishers on their schedule, receivers that count.
//!
//! The caller's thread is the generator's: [`Generator::run_until`] sends, receives and keeps time
//! until the caller has what it waits for. How a participant comes to the other side's description
//! is not the generator's business: that is a [`Door`](crate::door::Door).
//!
//! Invariant: what was received is told by sequence numbers at the receivers alone; every receiver
//! authenticates its first packet of media, sampled ones all.

mod peer;
mod timers;

pub use peer::Link;

use crate::endpoint::{Endpoint, Local, Remote};
use crate::media::{self, PACKET_ROOM, Track};
use crate::sockets::Sockets;
use crate::usage::thread_cpu_time;
use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use homeroom_sfu_core::transport::srtp::SrtpProfile;
use peer::Peer;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use timers::Timers;

/// Longest wait between two looks at what the caller waits for.
const TURN: Duration = Duration::from_millis(5);

/// A participant of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub usize);

/// A set of participants that are counted together: those of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(pub usize);

/// The other side's description, however it came.
#[derive(Debug, Clone)]
pub enum Way {
    /// A WebRTC transport.
    Webrtc(Remote),
    /// An address that takes packets as they are.
    Plain(SocketAddr),
}

/// What a group has sent and received so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// Packets of media sent, each times its audience.
    pub expected: u64,
    /// Packets of media sent.
    pub sent: u64,
    /// Different packets of media that arrived.
    pub arrived: u64,
    /// What arrived and what is missing between the first and the newest.
    pub spanned: u64,
    /// Packets that were not authentic.
    pub forged: u64,
    /// Packets of one usual frame of everybody, each times its audience.
    pub burst: u64,
    /// CPU time of this thread, in seconds.
    pub generator_cpu: f64,
}

/// Delays of sampled packets, in nanoseconds.
#[derive(Debug, Clone)]
pub struct Delays {
    /// Of pictures.
    pub video: Histogram<u64>,
    /// Of voices.
    pub audio: Histogram<u64>,
}

impl Delays {
    fn new() -> Result<Self> {
        let histogram = || Histogram::new_with_max(60_000_000_000, 3);
        Ok(Self {
            video: histogram()?,
            audio: histogram()?,
        })
    }
}

/// Everybody.
pub struct Generator {
    sockets: Sockets,
    peers: Vec<Option<Peer>>,
    timers: Timers,
    /// When tracks have a frame due: by participant, then which of its tracks.
    schedule: Timers<(usize, usize)>,
    delays: Vec<Delays>,
}

impl Generator {
    /// Nobody yet.
    ///
    /// # Errors
    /// When the system gives no readiness queue.
    pub fn new() -> Result<Self> {
        Ok(Self {
            sockets: Sockets::new()?,
            peers: Vec::new(),
            timers: Timers::default(),
            schedule: Timers::default(),
            delays: Vec::new(),
        })
    }

    /// Adds a participant who is not let in yet.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn add(&mut self, group: Group, link: Link, tracks: Vec<Track>) -> Result<PeerId> {
        let at = self.sockets.address(self.peers.len())?;
        self.seat(group, at, link, tracks)
    }

    /// The same, with a socket of its own at this address of the machine.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn add_at(
        &mut self,
        ip: Ipv4Addr,
        group: Group,
        link: Link,
        tracks: Vec<Track>,
    ) -> Result<PeerId> {
        let at = self.sockets.own_address(self.peers.len(), ip)?;
        self.seat(group, at, link, tracks)
    }

    fn seat(
        &mut self,
        group: Group,
        at: SocketAddr,
        link: Link,
        tracks: Vec<Track>,
    ) -> Result<PeerId> {
        let id = self.peers.len();
        while self.delays.len() <= group.0 {
            self.delays.push(Delays::new()?);
        }
        self.peers.push(Some(Peer::new(group, at, link, tracks)));
        Ok(PeerId(id))
    }

    /// Where a participant's packets come from.
    #[must_use]
    pub fn address(&self, id: PeerId) -> Option<SocketAddr> {
        self.peer(id).map(|peer| peer.at)
    }

    /// What a participant's offer or answer says of its transport.
    #[must_use]
    pub fn local(&self, id: PeerId) -> Option<Local> {
        self.peer(id)?.link.endpoint().map(Endpoint::local)
    }

    /// How a participant's packets are sealed, once its transport is up.
    #[must_use]
    pub fn profile(&self, id: PeerId) -> Option<SrtpProfile> {
        self.peer(id)?.link.endpoint()?.profile()
    }

    /// A participant's tracks.
    #[must_use]
    pub fn tracks(&self, id: PeerId) -> &[Track] {
        self.peer(id).map_or(&[], |peer| &peer.tracks)
    }

    /// Opens and checks everything a participant gets, and times it.
    pub fn sample(&mut self, id: PeerId) {
        if let Some(peer) = &mut self.peers[id.0] {
            peer.is_sampled = true;
        }
    }

    /// Lets a participant connect.
    pub fn connect(&mut self, id: PeerId, way: Way) {
        let now = Instant::now();
        if let Some(peer) = &mut self.peers[id.0] {
            peer.connect(now, way);
        }
        self.settle(id.0);
    }

    /// Takes participants away without a word.
    pub fn remove(&mut self, ids: impl IntoIterator<Item = PeerId>) {
        for id in ids {
            self.peers[id.0] = None;
        }
    }

    /// Whether a participant's transport is up.
    #[must_use]
    pub fn is_connected(&self, id: PeerId) -> bool {
        self.peer(id).is_some_and(Peer::is_connected)
    }

    /// Whether a participant has got media that is authentic.
    #[must_use]
    pub fn has_media(&self, id: PeerId) -> bool {
        self.peer(id).is_some_and(|peer| peer.has_media)
    }

    /// Starts or stops all tracks of a group.
    pub fn publish(&mut self, group: Group, on: bool) {
        let now = Instant::now();
        for (id, peer) in self.peers.iter_mut().enumerate() {
            let Some(peer) = peer.as_mut().filter(|p| p.group == group) else {
                continue;
            };
            for (index, track) in peer.tracks.iter_mut().enumerate() {
                // Publishers are spread over a frame's time, as people are.
                let phase = Duration::from_micros((id * 6_997 + index * 7_013) as u64 % 20_000);
                let start = now + Duration::from_millis(20) + phase;
                track.resume(start);
                self.schedule.set((id, index), on.then_some(start));
            }
        }
    }

    /// What a group has sent and received so far.
    #[must_use]
    pub fn totals(&self, group: Group) -> Totals {
        let mut totals = Totals {
            generator_cpu: thread_cpu_time(),
            ..Totals::default()
        };
        let peers = self.peers.iter().flatten();
        for peer in peers.filter(|peer| peer.group == group) {
            peer.add_to(&mut totals);
        }
        totals
    }

    /// The delays of a group since the last time they were taken.
    pub fn take_delays(&mut self, group: Group) -> Option<Delays> {
        let delays = self.delays.get_mut(group.0)?;
        let taken = delays.clone();
        delays.video.reset();
        delays.audio.reset();
        Some(taken)
    }

    /// Runs for so long.
    ///
    /// # Errors
    /// When a transport fails.
    pub fn run_for(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Runs until `done`, which may do things to the generator meanwhile.
    ///
    /// # Errors
    /// When that takes longer than `within`, or it or a transport fails.
    pub fn run_until(
        &mut self,
        within: Duration,
        what: &str,
        mut done: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        let end = Instant::now() + within;
        while !done(self)? {
            if Instant::now() >= end {
                bail!("waited {within:?} for {what}");
            }
            self.turn(end)?;
        }
        Ok(())
    }

    fn turn(&mut self, end: Instant) -> Result<()> {
        let now = Instant::now();
        while let Some((id, track)) = self.schedule.pop(now) {
            self.send_frame(id, track);
        }
        while let Some(id) = self.timers.pop(now) {
            if let Some(peer) = &mut self.peers[id] {
                peer.handle_timeout(now);
            }
            self.settle(id);
        }
        let due = [self.schedule.next(), self.timers.next(), Some(end)];
        let due = due.into_iter().flatten().min().unwrap_or(end);
        let wait = due.saturating_duration_since(Instant::now()).min(TURN);
        self.receive(wait)
    }

    fn receive(&mut self, wait: Duration) -> Result<()> {
        let Self {
            sockets,
            peers,
            delays,
            ..
        } = self;
        let mut unsettled = Vec::new();
        let mut failure = None;
        sockets.receive(wait, |arrival| {
            let id = arrival.peer;
            let Some(peer) = peers.get_mut(id).and_then(Option::as_mut) else {
                return;
            };
            let delays = &mut delays[peer.group.0];
            match peer.receive(arrival, delays) {
                Ok(true) => unsettled.push(id),
                Ok(false) => {}
                Err(error) => failure = Some(error),
            }
        })?;
        for id in unsettled {
            self.settle(id);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Sends what a participant has to send and notes when it wants to be asked again.
    fn settle(&mut self, id: usize) {
        let Some(peer) = &mut self.peers[id] else {
            self.timers.set(id, None);
            return;
        };
        while let Some((to, datagram)) = peer.poll_transmit() {
            self.sockets.send(id, to, &datagram);
        }
        let next = peer.next_timeout();
        self.timers.set(id, next);
    }

    fn send_frame(&mut self, id: usize, track: usize) {
        let Some(peer) = &mut self.peers[id] else {
            return;
        };
        let sockets = &self.sockets;
        peer.send_frame(track, |to, packet| sockets.send(id, to, packet));
        let next = peer.tracks[track].next_at();
        self.schedule.set((id, track), Some(next));
    }

    fn peer(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(id.0)?.as_ref()
    }
}

/// Nanoseconds since the Unix epoch: the clock of the kernel's moments of arrival.
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Seals a packet over `link`, or makes it as long as if it were.
fn seal(link: &mut Link, plain: &mut media::Plain<'_>) -> Option<usize> {
    let payload = &mut plain.buffer[plain.header_len..];
    media::stamp(payload, now_ns());
    match link {
        Link::Webrtc(endpoint) => {
            let (sealer, _) = endpoint.srtp()?;
            let buffer: &mut [u8; PACKET_ROOM] = plain.buffer;
            sealer
                .seal_rtp(buffer, plain.len, plain.header_len, plain.index)
                .ok()
        }
        Link::Plain { tag_len } => Some(plain.len + *tag_len),
    }
}
