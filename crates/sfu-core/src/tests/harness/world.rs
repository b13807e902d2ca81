//! The world's clockwork: whose turn it is, and what may leave.
//!
//! Invariant: only [`World::run`] and [`World::run_until`] move the clock, and everything that is
//! due at a moment is done before the next one.

use super::client::Client;
use super::track::Track;
use super::{GOOD, secs, seed, stun};
use crate::bounds::FLUSH_AT;
use crate::layers::LayerSet;
use crate::model::{ParticipantId, RoomId, Source, WorkerIndex};
use crate::relay::Relay;
use crate::stats::DropReason;
use crate::transmit::TransmitBatch;
use crate::transport::dtls::DtlsIdentity;
use crate::{Command, Event, Sfu, SfuConfig};
use homeroom_netsim::Network;
use homeroom_rtp::{DatagramKind, classify};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What a packet takes from one worker to another.
const RELAY_DELAY: Duration = Duration::from_micros(200);
/// Turns of one worker at one moment beyond which it would be spinning.
const MAX_TURNS: usize = 1_000;
/// Where a client's session stands, as the SFU has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Expected,
    Connected,
    Failed,
    /// Removed or replaced.
    Gone,
}

pub(super) struct Worker {
    pub(super) sfu: Sfu,
    pub(super) at: SocketAddr,
}

pub(super) struct Crossing {
    at: Instant,
    from: WorkerIndex,
    to: WorkerIndex,
    relay: Relay,
}

/// The lesson. A client's handle is its place in `clients`.
pub struct World {
    pub network: Network,
    pub clients: Vec<Client>,
    pub standing: Vec<Standing>,
    /// With the virtual time they were told at.
    pub events: Vec<(Duration, Event)>,
    /// Datagrams that left towards addresses of no client.
    pub to_strangers: usize,
    /// The media of each batch, in order: to whom, how long. Kept when there is something here.
    pub media_batches: Option<Vec<Vec<(SocketAddr, usize)>>>,
    /// What the packet path has allocated: RTP and RTCP in, and all that leaves for it.
    pub allocations: u64,
    /// Clients hear what is wanted of them, and send nothing else, after the time that takes.
    pub pauses: Option<Duration>,
    /// What they will hear, and when.
    told: VecDeque<(Instant, usize, [LayerSet; 2])>,
    pub rng: ChaCha20Rng,
    pub(super) holds_relays: bool,
    seed: u64,
    pub(super) workers: Vec<Worker>,
    pub(super) crossings: VecDeque<Crossing>,
    pub(super) members: BTreeMap<(RoomId, ParticipantId), usize>,
    pub(super) addresses: BTreeMap<SocketAddr, usize>,
    out: TransmitBatch,
}
/// One certificate per side for the whole run, as making one costs more than most plans.
fn certificate(of: &'static OnceLock<Arc<DtlsIdentity>>) -> Arc<DtlsIdentity> {
    let make = || Arc::new(DtlsIdentity::generate(stun::provider()).expect("a certificate"));
    of.get_or_init(make).clone()
}

pub fn server_certificate() -> Arc<DtlsIdentity> {
    static SERVER: OnceLock<Arc<DtlsIdentity>> = OnceLock::new();
    certificate(&SERVER)
}

pub fn client_certificate() -> Arc<DtlsIdentity> {
    static CLIENT: OnceLock<Arc<DtlsIdentity>> = OnceLock::new();
    certificate(&CLIENT)
}

impl Default for World {
    fn default() -> Self {
        Self::new(1)
    }
}

impl World {
    pub fn new(workers: u8) -> Self {
        Self::seeded(workers, seed())
    }

    pub fn seeded(workers: u8, seed: u64) -> Self {
        let start = Instant::now();
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let worker = |index: u8| {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            let config = SfuConfig {
                worker: WorkerIndex(index),
                identity: server_certificate(),
                cname: "homeroom".to_owned(),
                seed,
                epoch: start,
                unix_at_epoch: secs(1_800_000_000),
            };
            let at = SocketAddr::from(([192, 0, 2, 1], 10_000 + u16::from(index)));
            Worker {
                sfu: Sfu::new(config),
                at,
            }
        };
        Self {
            workers: (0..workers).map(worker).collect(),
            network: Network::new(start, seed, GOOD),
            clients: Vec::new(),
            standing: Vec::new(),
            events: Vec::new(),
            to_strangers: 0,
            media_batches: None,
            allocations: 0,
            pauses: None,
            told: VecDeque::new(),
            rng,
            holds_relays: false,
            seed,
            crossings: VecDeque::new(),
            members: BTreeMap::new(),
            addresses: BTreeMap::new(),
            out: TransmitBatch::default(),
        }
    }

    pub fn now(&self) -> Instant {
        self.network.now()
    }

    /// A number below `bound`.
    pub fn random(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound
    }

    pub fn sfu(&self, worker: u8) -> &Sfu {
        &self.workers[usize::from(worker)].sfu
    }

    /// How long pictures wait to leave whole.
    pub fn set_patience(&mut self, patience: Duration) {
        for worker in &mut self.workers {
            worker.sfu.set_patience(patience);
        }
    }

    /// How often a worker dropped for one reason.
    pub fn dropped(&self, worker: u8, reason: DropReason) -> u64 {
        self.sfu(worker).stats().dropped[reason as usize]
    }

    /// An address that nobody has had before.
    pub fn new_address(&mut self) -> SocketAddr {
        let number = self.addresses.len() as u16;
        let [high, low] = number.to_be_bytes();
        SocketAddr::from(([10, 0, high, low], 40_000 + number))
    }
    pub fn command_all(&mut self, command: &Command) {
        for worker in 0..self.workers.len() as u8 {
            self.command(worker, command.clone());
        }
    }

    pub fn command(&mut self, worker: u8, command: Command) {
        self.with_sfu(worker, |sfu, now, out| {
            sfu.handle_command(now, command, out)
        });
    }

    pub fn with_sfu(
        &mut self,
        worker: u8,
        call: impl FnOnce(&mut Sfu, Instant, &mut TransmitBatch),
    ) {
        let now = self.now();
        let sfu = &mut self.workers[usize::from(worker)].sfu;
        call(sfu, now, &mut self.out);
        self.flush(worker);
    }

    /// Hands a worker a datagram as if from `from`, past the network; what left because of it.
    pub fn inject(&mut self, worker: u8, from: SocketAddr, datagram: &[u8]) -> usize {
        let now = self.now();
        let mut datagram = datagram.to_vec();
        let sfu = &mut self.workers[usize::from(worker)].sfu;
        sfu.handle_datagram(now, from, &mut datagram, &mut self.out);
        let is_full = sfu.fan_out(now, &mut self.out);
        assert!(!is_full, "one datagram's fan-out");
        let bytes = self.out.iter().map(|(_, datagram)| datagram.len()).sum();
        self.flush(worker);
        bytes
    }
    /// Lets virtual time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now() + time;
        while let Some(next) = self.next_at().filter(|at| *at <= end) {
            self.network.advance_to(next.max(self.now()));
            self.turn();
        }
        self.network.advance_to(end);
    }

    /// Runs until `done`, at most for `limit`; how long it took.
    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> Duration {
        let begun = self.now();
        while !done(self) {
            let next = self.next_at().unwrap_or(begun + limit);
            assert!(next - begun <= limit, "it takes longer than {limit:?}");
            self.network.advance_to(next.max(self.now()));
            self.turn();
        }
        self.now() - begun
    }

    fn next_at(&self) -> Option<Instant> {
        let workers = self.workers.iter().filter_map(|w| w.sfu.poll_timeout());
        let clients = self.clients.iter().filter_map(Client::next_at);
        let crossing = self.crossings.front().map(|crossing| crossing.at);
        let told = self.told.front().map(|(at, ..)| *at);
        let others = [self.network.next_at(), crossing, told];
        workers
            .chain(clients)
            .chain(others.into_iter().flatten())
            .min()
    }

    fn turn(&mut self) {
        let now = self.now();
        while let Some(datagram) = self.network.receive() {
            self.deliver(datagram.from, datagram.to, datagram.bytes);
        }
        // As a worker does: what came together leaves together.
        for worker in 0..self.workers.len() as u8 {
            self.flush(worker);
        }
        while self
            .crossings
            .front()
            .is_some_and(|crossing| crossing.at <= now)
        {
            let Some(Crossing {
                from, to, relay, ..
            }) = self.crossings.pop_front()
            else {
                return;
            };
            let sfu = &mut self.workers[usize::from(to.0)].sfu;
            sfu.handle_relay(now, from, &relay, &mut self.out);
            self.flush(to.0);
        }
        while let Some((_, client, wanted)) = self.told.pop_front_if(|(at, ..)| *at <= now) {
            for (source, layers) in [Source::Camera, Source::Screen].into_iter().zip(wanted) {
                let is_news = |track: &mut Track| track.is_active != layers.contains(track.layer);
                let is_other = self.clients[client].layers(source).any(is_news);
                for track in self.clients[client].layers(source) {
                    track.want(layers);
                    if is_other {
                        track.begin_anew(now);
                    }
                }
            }
        }
        for worker in 0..self.workers.len() {
            self.tick_worker(worker, now);
        }
        for client in 0..self.clients.len() {
            if self.clients[client].next_at().is_some_and(|at| at <= now) {
                self.clients[client].tick(now);
                self.send_of(client);
            }
        }
    }

    fn tick_worker(&mut self, worker: usize, now: Instant) {
        let is_due = |sfu: &Sfu| sfu.poll_timeout().is_some_and(|at| at <= now);
        let mut turns = 0;
        while is_due(&self.workers[worker].sfu) {
            turns += 1;
            assert!(turns < MAX_TURNS, "a timer must not stay due for ever");
            self.workers[worker].sfu.handle_timeout(now, &mut self.out);
            self.flush(worker as u8);
        }
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, mut bytes: Vec<u8>) {
        let now = self.now();
        if let Some(worker) = self.workers.iter().position(|worker| worker.at == to) {
            let sfu = &mut self.workers[worker].sfu;
            let is_packet = !matches!(
                classify(&bytes),
                Some(DatagramKind::Stun | DatagramKind::Dtls)
            );
            let counted = allocation_counter::measure(|| {
                sfu.handle_datagram(now, from, &mut bytes, &mut self.out);
            });
            if is_packet {
                self.allocations += counted.count_total;
            }
            // What a worker answers leaves in its own name.
            if !self.out.is_empty() || sfu.wants_fan_out() {
                self.flush(worker as u8);
            }
        } else if let Some(&client) = self.addresses.get(&to) {
            self.clients[client].receive(now, to, &mut bytes);
            self.send_of(client);
        }
    }

    /// Sends what a client has made.
    pub fn send_of(&mut self, client: usize) {
        let client = &mut self.clients[client];
        for (from, datagram) in client.out.drain(..) {
            if let Some(sent) = &mut client.sent {
                sent.push(datagram.clone());
            }
            self.network.send(from, client.who.server, datagram);
        }
    }

    /// Takes what a worker has to tell and to send.
    fn flush(&mut self, worker: u8) {
        loop {
            let now = self.now();
            let sfu = &mut self.workers[usize::from(worker)].sfu;
            let mut is_full = false;
            let counted = allocation_counter::measure(|| {
                is_full = sfu.fan_out(now, &mut self.out);
            });
            self.allocations += counted.count_total;
            self.take(worker);
            if !is_full {
                return;
            }
        }
    }

    /// Events first, so that they permit what it sends.
    fn take(&mut self, worker: u8) {
        let now = self.now();
        let Worker { sfu, at } = &mut self.workers[usize::from(worker)];
        while let Some(event) = sfu.poll_event() {
            note_standing(&event, &self.members, &mut self.standing);
            if let Event::Wanted {
                room,
                participant,
                camera,
                screen,
            } = event
                && let Some(delay) = self.pauses
                && let Some(client) = self.members.get(&(room, participant))
            {
                self.told
                    .push_back((now + delay, *client, [camera, screen]));
            }
            self.events.push((self.network.elapsed(), event));
        }
        while !self.holds_relays
            && let Some((to, relay)) = sfu.poll_relay()
        {
            let (at, from) = (now + RELAY_DELAY, WorkerIndex(worker));
            self.crossings.push_back(Crossing {
                at,
                from,
                to,
                relay,
            });
        }
        assert!(
            self.out.datagrams().len() < 4 * FLUSH_AT,
            "one call sends a bounded burst"
        );
        if let Some(batches) = &mut self.media_batches {
            let media = self.out.iter().filter(|(_, d)| is_media(d));
            let media: Vec<_> = media.map(|(to, d)| (to, d.len())).collect();
            batches.extend((!media.is_empty()).then_some(media));
        }
        for (to, datagram) in self.out.iter() {
            match self.addresses.get(&to) {
                Some(&client) => {
                    assert_may_leave(&self.clients[client], self.standing[client], to, datagram);
                    self.network.send(*at, to, datagram.to_vec());
                }
                None => {
                    assert_eq!(
                        classify(datagram),
                        Some(DatagramKind::Stun),
                        "to a stranger"
                    );
                    self.to_strangers += 1;
                }
            }
        }
        self.out.clear();
    }

    /// How often an event of one kind was told.
    pub fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| is(event)).count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "at {:?}; replay with HOMEROOM_SEED={}",
                self.network.elapsed(),
                self.seed
            );
        }
    }
}
fn note_standing(
    event: &Event,
    members: &BTreeMap<(RoomId, ParticipantId), usize>,
    standing: &mut [Standing],
) {
    let (room, participant, next) = match event {
        Event::Connected { room, participant } => (room, participant, Standing::Connected),
        Event::Failed { room, participant } => (room, participant, Standing::Failed),
        Event::RoomFailed { .. } => panic!("no plan makes the SFU fail"),
        Event::Silent { .. }
        | Event::Alive { .. }
        | Event::Speaking { .. }
        | Event::Wanted { .. }
        | Event::Withheld { .. }
        | Event::Hearing { .. } => return,
    };
    let client = members.get(&(*room, *participant));
    let client = *client.expect("events are about those who are here");
    assert_ne!(
        standing[client],
        Standing::Failed,
        "dead for good, but {event:?}"
    );
    standing[client] = next;
}

fn is_media(datagram: &[u8]) -> bool {
    classify(datagram) == Some(DatagramKind::Rtp)
}

/// What must hold of every datagram that leaves.
fn assert_may_leave(client: &Client, standing: Standing, to: SocketAddr, datagram: &[u8]) {
    assert_ne!(standing, Standing::Gone, "nothing goes to whoever has left");
    match classify(datagram).expect("a protocol of ours") {
        DatagramKind::Stun => {}
        DatagramKind::Dtls => {
            assert!(
                client.answered.contains(&to),
                "DTLS before {to} answered our check"
            );
        }
        DatagramKind::Rtp | DatagramKind::Rtcp => {
            assert_eq!(standing, Standing::Connected, "media to {to}");
            assert!(
                client.answered.contains(&to),
                "media before {to} answered our check"
            );
        }
    }
}
