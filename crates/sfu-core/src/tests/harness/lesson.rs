//! What a plan does to a lesson: people come and go, send and watch; strangers interfere.

use super::client::{Client, Identity};
use super::offer::OfferOf;
use super::slot::Slot;
use super::track::Track;
use super::world::{Standing, World, client_certificate, server_certificate};
use super::{Join, ms, secs};
use crate::model::{ParticipantId, RoomId, Source, SourceSet, WorkerIndex};
use crate::relay::Relay;
use crate::sdp::{IceCredentials, SlotSsrc};
use crate::{Command, NewParticipant};
use homeroom_netsim::LinkConfig;
use rand_chacha::rand_core::RngCore;
use std::net::SocketAddr;
use std::time::Instant;

impl World {
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
        let mut tracks = Vec::from(tracks);
        if join.layers > 1 {
            let (now, id) = (self.now(), who.id);
            let ssrc = first_ssrc(client) + u32::from(Source::Camera as u8);
            let layer = |layer| {
                let random = self.rng.next_u32();
                Track::new(now, join.room, id, Source::Camera, ssrc, random).layer(layer)
            };
            let mut layers: Vec<_> = (0..join.layers).map(layer).collect();
            tracks[Source::Camera.index()] = layers.remove(0);
            tracks.append(&mut layers);
        }
        if join.has_svc {
            let camera = &mut tracks[Source::Camera.index()];
            match join.has_av1 {
                true => camera.code_av1(3),
                false => camera.code_vp9(3),
            }
        }
        if join.has_slides {
            let ssrc = first_ssrc(client) + u32::from(Source::Screen as u8);
            let mut screen = || {
                let random = self.rng.next_u32();
                Track::new(self.now(), join.room, who.id, Source::Screen, ssrc, random)
            };
            tracks.push(screen().whole_slides());
            tracks[Source::Screen.index()] = screen().small_slides();
        }
        if join.has_low {
            let ssrc = first_ssrc(client) + LOW_SSRC;
            let random = self.rng.next_u32();
            let source = Source::Microphone;
            let low = Track::new(self.now(), join.room, who.id, source, ssrc, random);
            tracks.push(low.low());
            tracks[Source::Microphone.index()].layer = 1;
        }
        let now = self.now();
        self.clients.push(Client::new(now, who, tracks, slots));
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
            layers: join.layers,
            has_slides: join.has_slides,
            has_h264: join.has_h264,
            has_vp9: join.has_vp9,
            has_av1: join.has_av1,
            has_low: join.has_low,
            reports_arrivals: join.reports_arrivals,
            is_player: join.is_player,
        };
        let offer = offer.parse();
        let ssrc = |slot| {
            let ssrc = 1_000_000 + 100 * client as u32 + 2 * slot;
            SlotSsrc {
                ssrc,
                rtx_ssrc: join.with_rtx.then_some(ssrc + 1),
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
        let heights = Vec::new();
        let watch = Command::Watch {
            room,
            id,
            slots,
            heights,
        };
        self.command(worker, watch);
    }

    /// As [`World::watch`], each with the height in pixels it is shown at.
    pub fn watch_at(&mut self, client: usize, watched: &[(u32, u16)]) {
        let (room, id) = self.name(client);
        let slots = watched.iter().map(|(id, _)| Some(ParticipantId(*id)));
        let slots = slots.collect();
        let heights = watched.iter().map(|(_, height)| *height).collect();
        let worker = self.worker_of(client);
        let watch = Command::Watch {
            room,
            id,
            slots,
            heights,
        };
        self.command(worker, watch);
    }

    /// What congestion control would say that a client's line carries.
    pub fn limit(&mut self, client: usize, max_bitrate_bps: Option<u64>) {
        let (room, id) = self.name(client);
        let worker = self.worker_of(client);
        self.with_sfu(worker, |sfu, now, out| {
            sfu.limit(now, room, id, max_bitrate_bps, out);
        });
    }

    pub fn stage(&mut self, room: RoomId, sharer: Option<u32>) {
        let sharer = sharer.map(ParticipantId);
        self.command_all(&Command::Stage { room, sharer });
    }

    /// New ICE credentials for a client and for the SFU, at once.
    pub fn restart_ice(&mut self, client: usize) {
        let mut fresh = || IceCredentials {
            ufrag: format!("{:08x}", self.rng.next_u32()),
            pwd: format!("{:024x}", self.rng.next_u64()),
        };
        let (local, remote) = (fresh(), fresh());
        let who = &mut self.clients[client].who;
        (who.ours, who.theirs) = (remote.clone(), local.clone());
        let (room, id) = (who.room, who.id);
        self.command_all(&Command::RestartIce {
            room,
            id,
            local,
            remote,
        });
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
            self.clients[client]
                .layers(*source)
                .for_each(|track| track.start(at));
        }
    }

    /// Turns a source on, all its layers at once, as a camera that goes on.
    pub fn publish_together(&mut self, client: usize, source: Source) {
        let at = self.now();
        let layers = self.clients[client].layers(source);
        layers.for_each(|track| track.start(at));
    }

    pub fn stop(&mut self, client: usize, source: Source) {
        self.clients[client].layers(source).for_each(Track::stop);
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
}

/// From a client's first SSRC to that of its low-rate microphone.
const LOW_SSRC: u32 = 5;

fn first_ssrc(client: usize) -> u32 {
    10_000 + 1_000 * client as u32
}
