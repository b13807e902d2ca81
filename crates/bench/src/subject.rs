//! Something under load: a process, its door, and the participants of a scene in it.
//!
//! Invariant: subjects of one row get the same scene, the same timing and the same packets.

use crate::door::{Door, Person, let_in};
use crate::endpoint::{Endpoint, IceRole};
use crate::generator::{Generator, Group, Link, PeerId, Way};
use crate::janus::{Janus, JanusOptions, Rooms};
use crate::media::Numbers;
use crate::null_forwarder::{Routes, write_routes};
use crate::offer::track;
use crate::scene::{Scene, Seat};
use crate::server::{Server, ServerOptions, spawn_on};
use crate::signalling::Signalling;
use crate::usage::{Cores, Memory, memory};
use anyhow::{Context, Result};
use homeroom_sfu_core::transport::dtls::DtlsIdentity;
use homeroom_sfu_core::transport::srtp::SrtpProfile;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Receivers that open, check and time everything.
const SAMPLED: usize = 10;
/// How long it may take until everybody is in.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);
/// A tag of AEAD_AES_128_GCM.
const TAG_LEN: usize = 16;

/// What the participants' ends of the transports are like.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The profiles they offer, the preferred first.
    pub profiles: &'static [SrtpProfile],
    /// Where each has a socket of its own; `None` where they share some.
    pub at: Option<Ipv4Addr>,
}

impl Ends {
    /// What our clients have.
    pub const OURS: Self = Self {
        profiles: &[SrtpProfile::AeadAes128Gcm],
        at: None,
    };
}

/// What all rows share.
pub struct Bench {
    /// For signalling; its one thread is on the generator's core.
    pub runtime: Arc<Runtime>,
    /// Everybody.
    pub generator: Generator,
    /// The certificate of everybody.
    pub identity: Arc<DtlsIdentity>,
    /// The `homeroom` to run.
    pub binary: PathBuf,
    /// Who runs where.
    pub cores: Cores,
    /// Fewer and shorter rounds.
    pub quick: bool,
    groups: usize,
}

impl Bench {
    /// Nobody yet. The calling thread becomes the generator's and moves to its core.
    ///
    /// # Errors
    /// When this machine cannot do it.
    pub fn new(binary: PathBuf, quick: bool) -> Result<Self> {
        let cores = Cores::divide()?;
        crate::usage::stay_on(&[cores.generator])?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let provider = rtc_crypto::default_provider().context("ring is compiled in")?;
        Ok(Self {
            runtime: Arc::new(runtime),
            generator: Generator::new()?,
            identity: Arc::new(DtlsIdentity::generate(provider)?),
            binary,
            cores,
            quick,
            groups: 0,
        })
    }

    /// A group nobody is in yet.
    pub const fn new_group(&mut self) -> Group {
        self.groups += 1;
        Group(self.groups)
    }

    /// An end of a transport as our clients have it.
    #[must_use]
    pub fn endpoint(&self) -> Link {
        endpoint(&self.identity, Ends::OURS.profiles, IceRole::Controlling)
    }

    /// How a server is run in most rows.
    #[must_use]
    pub fn one_worker(&self) -> ServerOptions {
        ServerOptions {
            cores: vec![self.cores.server],
            workers: 1,
            flags: Vec::new(),
        }
    }

    /// Starts a server; nobody is in it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn server(&self, options: &ServerOptions) -> Result<Server> {
        Server::start(&self.runtime, &self.binary, options)
    }

    /// Starts a server and brings a scene into it.
    ///
    /// # Errors
    /// When somebody is not let in.
    pub fn homeroom(&mut self, scene: &Scene, options: &ServerOptions) -> Result<Subject> {
        self.homeroom_with(scene, options, Ends::OURS)
    }

    /// The same with other ends of the transports.
    ///
    /// # Errors
    /// When somebody is not let in.
    pub fn homeroom_with(
        &mut self,
        scene: &Scene,
        options: &ServerOptions,
        ends: Ends,
    ) -> Result<Subject> {
        let server = self.server(options)?;
        let mut door = Signalling::open(self.runtime.clone(), server.url(), scene.lessons)?;
        let group = self.new_group();
        let identity = self.identity.clone();
        let peers = self.seat(scene, group, ends.at, |_| {
            endpoint(&identity, ends.profiles, IceRole::Controlling)
        })?;
        let held_before = self.enter(scene, &peers, &mut door, server.pid())?;
        for (seat, &peer) in scene.seats.iter().zip(&peers) {
            let whom: Vec<_> = seat.watches.iter().map(|seat| peers[*seat]).collect();
            if !whom.is_empty() {
                door.watch(peer, &whom)?;
            }
        }
        // Who has just come is announced; that is not what is measured.
        self.generator.run_for(Duration::from_millis(500))?;
        Ok(Subject {
            group,
            peers,
            held_before,
            process: Process::Homeroom(Box::new(server), Box::new(door)),
        })
    }

    /// Starts a Janus and brings a scene into its rooms: lectures only, as who sends there is not
    /// made to receive.
    ///
    /// # Errors
    /// When somebody is not let in.
    pub fn janus(&mut self, scene: &Scene, options: &JanusOptions, ends: Ends) -> Result<Subject> {
        let janus = Janus::start(&self.runtime, options)?;
        let mut door = Rooms::open(self.runtime.clone(), janus.client(), scene.lessons)?;
        let group = self.new_group();
        let identity = self.identity.clone();
        let peers = self.seat(scene, group, ends.at, |seat| {
            // Who receives gets the offer from Janus, and with it the other role.
            let role = match seat.sends[..] {
                [] => IceRole::Controlled,
                _ => IceRole::Controlling,
            };
            endpoint(&identity, ends.profiles, role)
        })?;
        let held_before = self.enter(scene, &peers, &mut door, janus.pid())?;
        self.generator.run_for(Duration::from_millis(500))?;
        Ok(Subject {
            group,
            peers,
            held_before,
            process: Process::Janus(Box::new(janus)),
        })
    }

    /// Lets the people of a scene in; what the server held before those came who only receive.
    fn enter(
        &mut self,
        scene: &Scene,
        peers: &[PeerId],
        door: &mut dyn Door,
        pid: u32,
    ) -> Result<Memory> {
        let person = |seat: &Seat| Person {
            lesson: seat.lesson,
            is_teacher: seat.is_teacher,
            video_slots: seat.video_slots,
        };
        let people: Vec<_> = peers
            .iter()
            .copied()
            .zip(scene.seats.iter().map(person))
            .collect();
        // Publishers first: who watches names only those who are there.
        let (publishers, others) = people.split_at(scene.publishers());
        let_in(&mut self.generator, door, publishers, JOIN_TIMEOUT)?;
        let held_before = memory(&[pid])?;
        let_in(&mut self.generator, door, others, JOIN_TIMEOUT)?;
        Ok(held_before)
    }

    /// Starts a null forwarder and brings a scene into it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn null_forwarder(&mut self, scene: &Scene) -> Result<Subject> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("null-forwarder")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = spawn_on(&[self.cores.server], &mut command)?;
        let mut heard = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut line = String::new();
        heard.read_line(&mut line)?;
        let port: u16 = line.trim().parse().context("the null forwarder's port")?;
        let group = self.new_group();
        let peers = self.seat(scene, group, None, |_| Link::Plain { tag_len: TAG_LEN })?;
        let routes = self.routes(scene, &peers)?;
        let told = child.stdin.as_mut().context("a pipe")?;
        writeln!(told, "{}", write_routes(&routes))?;
        line.clear();
        heard.read_line(&mut line)?;
        anyhow::ensure!(line.trim() == "ready", "the null forwarder is not ready");
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for &peer in &peers {
            self.generator.connect(peer, Way::Plain(at));
        }
        Ok(Subject {
            group,
            peers,
            held_before: Memory::default(),
            process: Process::NullForwarder(child),
        })
    }

    /// Adds the people of a scene to the generator.
    fn seat(
        &mut self,
        scene: &Scene,
        group: Group,
        at: Option<Ipv4Addr>,
        link: impl Fn(&Seat) -> Link,
    ) -> Result<Vec<PeerId>> {
        let now = Instant::now();
        let mut peers = Vec::with_capacity(scene.seats.len());
        for (number, seat) in scene.seats.iter().enumerate() {
            let shapes = seat.sends.iter().copied();
            let tracks = shapes.map(|shape| {
                let audience = scene.audience(number, shape.is_video());
                track(shape, audience, now)
            });
            let (link, tracks) = (link(seat), tracks.collect());
            peers.push(match at {
                Some(ip) => self.generator.add_at(ip, group, link, tracks)?,
                None => self.generator.add(group, link, tracks)?,
            });
        }
        let receiving: Vec<usize> = scene.receiving().collect();
        let step = receiving.len().div_ceil(SAMPLED).max(1);
        for seat in receiving.into_iter().step_by(step) {
            self.generator.sample(peers[seat]);
        }
        Ok(peers)
    }

    fn routes(&self, scene: &Scene, peers: &[PeerId]) -> Result<Routes> {
        let address = |seat: usize| self.generator.address(peers[seat]).context("seated");
        let mut routes = Routes::new();
        for (number, seat) in scene.seats.iter().enumerate() {
            for shape in &seat.sends {
                let receivers = scene.receivers(number, shape.is_video());
                let to: Result<Vec<_>> = receivers.map(address).collect();
                let Numbers { opus, vp8, .. } = Numbers::OURS;
                let payload_type = if shape.is_video() { vp8 } else { opus };
                routes.insert((address(number)?, payload_type), to?);
            }
        }
        Ok(routes)
    }

    /// Takes a subject's people away and ends its process.
    pub fn end(&mut self, subject: Subject) {
        self.generator.publish(subject.group, false);
        self.generator.remove(subject.peers.iter().copied());
    }
}

/// An end of a transport that offers these profiles.
fn endpoint(identity: &Arc<DtlsIdentity>, profiles: &[SrtpProfile], role: IceRole) -> Link {
    Link::Webrtc(Box::new(Endpoint::new(identity.clone(), profiles, role)))
}

enum Process {
    Janus(Box<Janus>),
    Homeroom(Box<Server>, Box<Signalling>),
    NullForwarder(Child),
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::NullForwarder(child) = self {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A process under load.
pub struct Subject {
    /// Its participants.
    pub group: Group,
    /// They, by seat.
    pub peers: Vec<PeerId>,
    held_before: Memory,
    process: Process,
}

impl Subject {
    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        match &self.process {
            Process::Homeroom(server, _) => server.pid(),
            Process::Janus(janus) => janus.pid(),
            Process::NullForwarder(child) => child.id(),
        }
    }

    /// Its door, if it has one.
    pub fn door(&mut self) -> Option<&mut Signalling> {
        match &mut self.process {
            Process::Homeroom(_, door) => Some(door),
            Process::Janus(_) | Process::NullForwarder(_) => None,
        }
    }

    /// What the peer calls itself, with the system it was packaged for; ours has no such name.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match &self.process {
            Process::Janus(janus) => Some(janus.name()),
            Process::Homeroom(..) | Process::NullForwarder(_) => None,
        }
    }

    /// What it holds now and did not before those came who only receive.
    ///
    /// # Errors
    /// When it is gone.
    pub fn held_for_receivers(&self) -> Result<f64> {
        Ok(memory(&[self.pid()])?.resident - self.held_before.resident)
    }

    /// What it counts; only ours does.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn metrics(&self, runtime: &Runtime) -> Result<BTreeMap<String, f64>> {
        match &self.process {
            Process::Homeroom(server, _) => server.metrics(runtime),
            Process::Janus(_) | Process::NullForwarder(_) => Ok(BTreeMap::new()),
        }
    }
}
