//! A lesson in virtual time: workers with their SFUs, a bad network, and browsers in small.
//!
//! Invariant, in every plan: media leaves only towards the address of a client whose session is
//! connected, DTLS only towards one that has answered our check, nothing to one who was removed;
//! every client checks for itself that what it gets is of its room and not its own.

mod client;
mod media;
mod offer;
mod slot;
mod stun;
mod track;

pub use client::Client;
pub use slot::Slot;
pub use track::Plain;

use crate::bounds::FLUSH_AT;
use crate::model::{MediaRole, ParticipantId, RoomId, SlotKind, Source, SourceSet, WorkerIndex};
use crate::relay::Relay;
use crate::sdp::{IceCredentials, SlotSsrc};
use crate::stats::DropReason;
use crate::transmit::TransmitBatch;
use crate::transport::dtls::DtlsIdentity;
use crate::transport::srtp::SrtpProfile;
use crate::{Command, Event, NewParticipant, Sfu, SfuConfig};
use client::Identity;
use homeroom_netsim::{LinkConfig, Network};
use homeroom_rtp::{DatagramKind, classify};
use offer::OfferOf;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use track::Track;

/// The room of plans that need only one.
pub const ROOM: RoomId = RoomId(1);
pub const EVERYTHING: SourceSet = SourceSet::NONE
    .with(Source::Microphone)
    .with(Source::Camera)
    .with(Source::Screen)
    .with(Source::ScreenAudio);
/// In the order in which Chromium lists them.
pub const CHROMIUM_PROFILES: [SrtpProfile; 2] =
    [SrtpProfile::AesCm128HmacSha1_80, SrtpProfile::AeadAes128Gcm];

/// What a packet takes from one worker to another.
const RELAY_DELAY: Duration = Duration::from_micros(200);
/// Turns of one worker at one moment beyond which it would be spinning.
const MAX_TURNS: usize = 1_000;

/// A good line: 10 ms each way.
pub const GOOD: LinkConfig = LinkConfig {
    delay: Duration::from_millis(10),
    ..LinkConfig::PERFECT
};

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Somebody who is about to come in.
#[derive(Clone)]
pub struct Join {
    pub room: RoomId,
    pub id: u32,
    pub role: MediaRole,
    pub may_send: SourceSet,
    pub worker: u8,
    pub profiles: Vec<SrtpProfile>,
    /// What the offer says, when that is a lie.
    pub fingerprint: Option<[u8; 32]>,
    pub link: LinkConfig,
    pub video_slots: usize,
}

impl Join {
    pub fn teacher(id: u32) -> Self {
        Self {
            room: ROOM,
            id,
            role: MediaRole::Teacher,
            may_send: EVERYTHING,
            worker: 0,
            profiles: CHROMIUM_PROFILES.to_vec(),
            fingerprint: None,
            link: GOOD,
            video_slots: 4,
        }
    }

    pub fn student(id: u32) -> Self {
        Self {
            role: MediaRole::Student,
            ..Self::teacher(id)
        }
    }

    pub fn over(self, link: LinkConfig) -> Self {
        Self { link, ..self }
    }

    pub fn on_worker(self, worker: u8) -> Self {
        Self { worker, ..self }
    }

    pub fn in_room(self, room: u64) -> Self {
        Self {
            room: RoomId(room),
            ..self
        }
    }
}

/// Where a client's session stands, as the SFU has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Expected,
    Connected,
    Failed,
    /// Removed or replaced.
    Gone,
}

struct Worker {
    sfu: Sfu,
    at: SocketAddr,
}

struct Crossing {
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
    /// Datagrams and bytes that left towards addresses of no client.
    pub to_strangers: usize,
    pub rng: ChaCha20Rng,
    holds_relays: bool,
    seed: u64,
    workers: Vec<Worker>,
    crossings: VecDeque<Crossing>,
    members: BTreeMap<(RoomId, ParticipantId), usize>,
    addresses: BTreeMap<SocketAddr, usize>,
    out: TransmitBatch,
}

/// The seed of this run.
pub fn seed() -> u64 {
    match std::env::var("HOMEROOM_SEED") {
        Ok(seed) => seed.parse().expect("HOMEROOM_SEED is a number"),
        Err(_) => 1,
    }
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

fn client_certificate() -> Arc<DtlsIdentity> {
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

    /// Lets somebody in; their client starts at once, as if the answer took no time.
    pub fn join(&mut self, join: &Join) -> usize {
        let client = self.clients.len();
        let at = self.new_address();
        self.addresses.insert(at, client);
        let ours = self.credentials("c", client);
        let theirs = self.credentials("s", client);
        let who = Identity {
            room: join.room,
            id: ParticipantId(join.id),
            at,
            server: self.workers[usize::from(join.worker)].at,
            ours,
            theirs,
            certificate: client_certificate(),
            server_fingerprint: server_certificate().fingerprint(),
            profiles: join.profiles.clone(),
        };
        self.network.set_path(at, who.server, join.link);
        let new = self.admit(join, &who, client);
        let slots = new.offer.down.iter().zip(&new.slot_ssrcs);
        let slots = slots.map(|(line, ssrcs)| Slot::new(line.slot, ssrcs.ssrc));
        let slots = slots.collect();
        let tracks = Source::ALL.map(|source| {
            let ssrc = first_ssrc(client) + u32::from(source as u8);
            let random = self.rng.next_u32();
            Track::new(self.now(), join.room, who.id, source, ssrc, random)
        });
        let now = self.now();
        self.clients
            .push(Client::new(now, who, tracks.into(), slots));
        self.standing.push(Standing::Expected);
        self.supersede(join.room, ParticipantId(join.id), Some(client));
        self.command(join.worker, Command::Add(Box::new(new)));
        for worker in 0..self.workers.len() as u8 {
            if worker != join.worker {
                self.command(
                    worker,
                    Command::AddRemote {
                        room: join.room,
                        id: ParticipantId(join.id),
                        role: join.role,
                        worker: WorkerIndex(join.worker),
                    },
                );
            }
        }
        client
    }

    fn admit(&self, join: &Join, who: &Identity, client: usize) -> NewParticipant {
        let offer = OfferOf {
            ice: &who.ours,
            fingerprint: join.fingerprint.unwrap_or(who.certificate.fingerprint()),
            first_ssrc: first_ssrc(client),
            video_slots: join.video_slots,
        };
        let offer = offer.parse();
        let ssrc = |slot| {
            let ssrc = 1_000_000 + 100 * client as u32 + 2 * slot;
            SlotSsrc {
                ssrc,
                rtx_ssrc: Some(ssrc + 1),
            }
        };
        NewParticipant {
            room: join.room,
            id: who.id,
            role: join.role,
            may_send: join.may_send,
            ice: who.theirs.clone(),
            slot_ssrcs: (0..offer.down.len() as u32).map(ssrc).collect(),
            offer,
        }
    }

    fn credentials(&mut self, side: &str, client: usize) -> IceCredentials {
        IceCredentials {
            ufrag: format!("{side}{client:05}"),
            pwd: format!("{:024x}", self.rng.next_u64()),
        }
    }

    fn supersede(&mut self, room: RoomId, id: ParticipantId, by: Option<usize>) {
        let before = match by {
            Some(client) => self.members.insert((room, id), client),
            None => self.members.remove(&(room, id)),
        };
        if let Some(before) = before {
            self.standing[before] = Standing::Gone;
            self.clients[before].close();
        }
    }

    /// Everybody named, joined and connected.
    pub fn lesson(&mut self, joins: &[Join]) -> Vec<usize> {
        let clients: Vec<_> = joins.iter().map(|join| self.join(join)).collect();
        self.run(secs(1));
        for &client in &clients {
            assert_eq!(
                self.standing[client],
                Standing::Connected,
                "client {client}"
            );
        }
        clients
    }

    pub fn leave(&mut self, client: usize) {
        let (room, id) = self.name(client);
        self.supersede(room, id, None);
        self.command_all(&Command::Remove { room, id });
    }

    pub fn watch(&mut self, client: usize, watched: &[Option<u32>]) {
        let (room, id) = self.name(client);
        let slots = watched.iter().map(|id| id.map(ParticipantId)).collect();
        let worker = self.worker_of(client);
        self.command(worker, Command::Watch { room, id, slots });
    }

    pub fn stage(&mut self, room: RoomId, sharer: Option<u32>) {
        let sharer = sharer.map(ParticipantId);
        self.command_all(&Command::Stage { room, sharer });
    }

    pub fn set_rights(&mut self, client: usize, may_send: SourceSet) {
        let (room, id) = self.name(client);
        let worker = self.worker_of(client);
        self.command(worker, Command::SetRights { room, id, may_send });
    }

    pub fn close_room(&mut self, room: RoomId) {
        let inside = self.members.keys().filter(|(of, _)| *of == room);
        for (room, id) in inside.copied().collect::<Vec<_>>() {
            self.supersede(room, id, None);
        }
        self.command_all(&Command::CloseRoom { room });
    }

    /// Turns sources on.
    pub fn publish(&mut self, client: usize, sources: &[Source]) {
        for source in sources {
            // Not all at the same moment, as in life.
            let at = self.now() + ms(self.rng.next_u64() % 20);
            self.clients[client].track(*source).start(at);
        }
    }

    pub fn stop(&mut self, client: usize, source: Source) {
        self.clients[client].track(source).stop();
    }

    pub fn move_to(&mut self, client: usize, at: SocketAddr, link: LinkConfig) {
        let now = self.now();
        self.network
            .set_path(at, self.clients[client].who.server, link);
        self.addresses.insert(at, client);
        self.clients[client].move_to(now, at);
        self.send_of(client);
    }

    pub fn name(&self, client: usize) -> (RoomId, ParticipantId) {
        (self.clients[client].who.room, self.clients[client].who.id)
    }

    fn worker_of(&self, client: usize) -> u8 {
        let server = self.clients[client].who.server;
        (server.port() - 10_000) as u8
    }

    pub fn command_all(&mut self, command: &Command) {
        for worker in 0..self.workers.len() as u8 {
            self.command(worker, command.clone());
        }
    }

    pub fn command(&mut self, worker: u8, command: Command) {
        let now = self.now();
        let sfu = &mut self.workers[usize::from(worker)].sfu;
        sfu.handle_command(now, command, &mut self.out);
        self.flush(worker);
    }

    /// Hands a worker a datagram as if from `from`, past the network; what left because of it.
    pub fn inject(&mut self, worker: u8, from: SocketAddr, datagram: &[u8]) -> usize {
        let now = self.now();
        let mut datagram = datagram.to_vec();
        let sfu = &mut self.workers[usize::from(worker)].sfu;
        sfu.handle_datagram(now, from, &mut datagram, &mut self.out);
        let bytes = self.out.iter().map(|(_, datagram)| datagram.len()).sum();
        self.flush(worker);
        bytes
    }

    /// An address that leads to a client and has never been used.
    pub fn new_address_of(&mut self, client: usize, link: LinkConfig) -> SocketAddr {
        let at = self.new_address();
        self.network
            .set_path(at, self.clients[client].who.server, link);
        self.addresses.insert(at, client);
        at
    }

    /// A client's check from another address than its own, through the network.
    pub fn check_from(&mut self, client: usize, at: SocketAddr, now: Instant) {
        let check = self.make_check(client, now);
        let server = self.clients[client].who.server;
        self.network.send(at, server, check);
    }

    /// The same, as if it had arrived at once.
    pub fn check_injected(&mut self, client: usize, at: SocketAddr, now: Instant) {
        let check = self.make_check(client, now);
        self.inject(self.worker_of(client), at, &check);
    }

    fn make_check(&mut self, client: usize, now: Instant) -> Vec<u8> {
        self.clients[client].check(now);
        let check = self.clients[client].out.pop();
        check.expect("a check was made").1
    }

    /// Messages on their way from one worker to another.
    pub fn crossing(&self) -> usize {
        self.crossings.len()
    }

    pub fn rng_fill(&mut self, bytes: &mut [u8]) {
        self.rng.fill_bytes(bytes);
    }

    /// Holds back what one worker has for another, or lets it go; the sources of what was held.
    pub fn hold_relays(&mut self, hold: bool) -> Vec<Option<Source>> {
        self.holds_relays = hold;
        let mut held = Vec::new();
        for worker in &mut self.workers {
            while let Some((_, relay)) = worker.sfu.poll_relay().filter(|_| !hold) {
                held.push(match relay {
                    Relay::Packet(packet) => Some(packet.source),
                    _ => None,
                });
            }
        }
        held
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
        let others = [self.network.next_at(), crossing];
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
            sfu.handle_datagram(now, from, &mut bytes, &mut self.out);
            self.flush(worker as u8);
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

    /// Takes what a worker has to tell: events first, so that they permit what it sends.
    fn flush(&mut self, worker: u8) {
        let now = self.now();
        let Worker { sfu, at } = &mut self.workers[usize::from(worker)];
        while let Some(event) = sfu.poll_event() {
            note_standing(&event, &self.members, &mut self.standing);
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

fn first_ssrc(client: usize) -> u32 {
    10_000 + 1_000 * client as u32
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
        Event::Silent { .. } | Event::Alive { .. } | Event::Speaking { .. } => return,
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

/// Whom a client has heard in the last `time`.
pub fn heard(world: &World, client: usize, time: Duration) -> Vec<u32> {
    let is_voice = |slot| matches!(slot, SlotKind::Audio(_));
    world.clients[client].sources_since(world.now() - time, is_voice)
}

/// Whose camera a client has seen in the last `time`.
pub fn saw(world: &World, client: usize, time: Duration) -> Vec<u32> {
    let is_camera = |slot| matches!(slot, SlotKind::Video(_));
    world.clients[client].sources_since(world.now() - time, is_camera)
}
