//! One worker's SFU: every room and participant it carries, as one value.
//!
//! Control flow is here; the leaves it calls decide. Each `handle_*` takes `now` and writes what is
//! to be sent into the caller's batch; `poll_*` hands out events and what other workers get.
//!
//! Invariant: one call concerns one room, and [`Sfu::abandon_room`] ends that room alone, so that a
//! panic costs no other lesson.

mod commands;
mod control;
mod costs;
mod fan_out;
mod layers;
mod media;
mod pacing;
mod slots;
mod subscriptions;
mod targets;

use crate::bounds::{ANNOUNCE_INTERVAL, MAX_EVENTS, MAX_RELAYS, SPEAKER_INTERVAL};
#[cfg(test)]
use crate::congestion::Estimate;
use crate::demux::Demux;
use crate::event::{Command, Event};
use crate::hearing::Voices;
use crate::model::{ParticipantId, RoomId, SlotKind, WorkerIndex};
use crate::participant::{Liveness, Participant, ParticipantKey};
use crate::relay::Relay;
use crate::router::{RoomKey, Router};
use crate::stats::{DropReason, Lines, Stats};
use crate::timers::{Due, Timers};
use crate::transmit::TransmitBatch;
use crate::transport::TransportChange;
use crate::transport::dtls::DtlsIdentity;
use crate::transport::srtp::SrtpProfile;
use fan_out::Staged;
use homeroom_rtp::{DatagramKind, classify};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rustc_hash::FxHashMap;
use slotmap::SlotMap;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds from the NTP epoch (1900) to the Unix epoch (1970).
const NTP_UNIX_OFFSET_S: u64 = 2_208_988_800;

/// Packets that usually wait at once for other workers.
const USUAL_RELAYS: usize = 64;

/// What a worker's SFU needs to know of the world.
#[derive(Clone)]
pub struct SfuConfig {
    /// Which worker this is.
    pub worker: WorkerIndex,
    /// The process's DTLS identity.
    pub identity: Arc<DtlsIdentity>,
    /// Canonical name in RTCP (RFC 3550 §6.5.1): random, one per process.
    pub cname: String,
    /// Entropy for transaction ids and first sequence numbers.
    pub seed: [u8; 32],
    /// A moment of the clock that `now` is read from.
    pub epoch: Instant,
    /// The same moment as time since the Unix epoch, for sender reports.
    pub unix_at_epoch: Duration,
}

/// The SFU of one worker.
pub struct Sfu {
    config: SfuConfig,
    rng: ChaCha20Rng,
    participants: SlotMap<ParticipantKey, Participant>,
    rooms: SlotMap<RoomKey, Router>,
    room_keys: FxHashMap<RoomId, RoomKey>,
    demux: Demux,
    timers: Timers,
    events: VecDeque<Event>,
    relays: VecDeque<(WorkerIndex, Relay)>,
    staged: Staged,
    stats: Stats,
    #[cfg(test)]
    retargets: u64,
    /// Sessions let in so far.
    sessions: u64,
    /// The room the current call works for.
    active: Option<RoomKey>,
}

impl Sfu {
    /// An SFU without rooms.
    #[must_use]
    pub fn new(config: SfuConfig) -> Self {
        Self {
            rng: ChaCha20Rng::from_seed(config.seed),
            participants: SlotMap::with_key(),
            rooms: SlotMap::with_key(),
            room_keys: FxHashMap::default(),
            demux: Demux::default(),
            timers: Timers::new(config.epoch),
            events: VecDeque::new(),
            relays: VecDeque::with_capacity(USUAL_RELAYS),
            staged: Staged::default(),
            stats: Stats::default(),
            #[cfg(test)]
            retargets: 0,
            sessions: 0,
            active: None,
            config,
        }
    }

    /// Handles one datagram. RTP and RTCP are decrypted in place; media waits for
    /// [`Sfu::fan_out`].
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &mut [u8],
        out: &mut TransmitBatch,
    ) {
        self.active = None;
        let handled = match classify(datagram) {
            Some(DatagramKind::Rtp) => self.handle_rtp(now, from, datagram, out),
            Some(DatagramKind::Rtcp) => self.handle_rtcp(now, from, datagram, out),
            Some(DatagramKind::Stun) => self.handle_stun(now, from, datagram, out),
            Some(DatagramKind::Dtls) => self.handle_dtls(now, from, datagram, out),
            None => Err(DropReason::Unclassified),
        };
        if let Err(reason) = handled {
            self.stats.drop(reason);
        }
    }

    /// Handles a message of another worker; media waits for [`Sfu::fan_out`].
    pub fn handle_relay(
        &mut self,
        now: Instant,
        from: WorkerIndex,
        relay: &Relay,
        out: &mut TransmitBatch,
    ) {
        self.active = None;
        let handled = match relay {
            Relay::Packet(packet) => self.handle_relayed_packet(now, from, packet, out),
            Relay::Interest {
                room,
                owner,
                source,
                layers,
            } => self.handle_interest(now, *room, *owner, *source, from, *layers),
            Relay::Layers {
                room,
                owner,
                source,
                info,
            } => self.handle_layers(now, *room, *owner, *source, from, *info, out),
            Relay::Announce { room, owner } => self.handle_announce(now, *room, *owner, out),
            Relay::KeyFrame {
                room,
                owner,
                source,
                layer,
            } => self.handle_relayed_key_frame(now, *room, *owner, *source, *layer, out),
        };
        if let Err(reason) = handled {
            self.stats.drop(reason);
        }
    }

    /// Handles a command of signalling.
    pub fn handle_command(&mut self, now: Instant, command: Command, out: &mut TransmitBatch) {
        self.active = None;
        self.apply(now, command, out);
    }

    /// Does everything that is due.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut TransmitBatch) {
        while let Some((at, due)) = self.timers.pop(now) {
            match due {
                Due::Participant(key) => self.tick_participant(now, at, key, out),
                Due::Room(key) => self.tick_room(now, at, key, out),
            }
            if out.wants_flush() {
                return;
            }
        }
    }

    /// When [`Sfu::handle_timeout`] or [`Sfu::fan_out`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let times = [self.timers.next(), self.next_ripe_at()];
        times.into_iter().flatten().min()
    }

    /// The next event for signalling.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next message for another worker.
    pub fn poll_relay(&mut self) -> Option<(WorkerIndex, Relay)> {
        self.relays.pop_front()
    }

    /// What has happened so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What each participant's link is believed to carry, and why.
    #[cfg(test)]
    pub(crate) fn estimates(&self) -> impl Iterator<Item = (RoomId, ParticipantId, Estimate)> {
        self.participants.values().map(|participant| {
            let room = self.rooms[participant.room].id;
            (room, participant.id, participant.estimate())
        })
    }

    /// What all links together are believed to carry, and why.
    #[must_use]
    pub fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        for participant in self.participants.values() {
            let estimate = participant.estimate();
            lines.bitrate_bps += estimate.bitrate_bps;
            lines.narrow += u64::from(participant.is_narrow());
            lines.by_reason[estimate.reason as usize] += 1;
        }
        lines
    }

    /// Participants carried now.
    #[must_use]
    pub fn participants(&self) -> usize {
        self.participants.len()
    }

    /// Whether nothing is remembered of anybody: no participant, room, address or credential.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.participants.is_empty()
            && self.rooms.is_empty()
            && self.room_keys.is_empty()
            && self.demux.is_empty()
    }

    /// Layers of which packets are kept though nobody here receives them.
    #[cfg(test)]
    pub(crate) fn kept_for_nobody(&self) -> usize {
        let sources = self.rooms.values().flat_map(|room| room.sources.values());
        let layers = sources.flat_map(|source| &source.layers);
        layers
            .filter(|layer| layer.cache.is_some() && layer.subscribers.is_empty())
            .count()
    }

    /// Times a slot's target was chosen.
    #[cfg(test)]
    pub(crate) const fn retargets(&self) -> u64 {
        self.retargets
    }

    /// Ends the room that the last call worked for, after that call panicked. Its state is not
    /// looked at again.
    pub fn abandon_room(&mut self) {
        let Some(key) = self.active.take() else {
            return;
        };
        self.forget_room(key);
    }

    fn forget_room(&mut self, key: RoomKey) {
        let Some(router) = self.rooms.remove(key) else {
            return;
        };
        self.room_keys.remove(&router.id);
        let gone: Vec<_> = self
            .participants
            .iter()
            .filter(|(_, p)| p.room == key)
            .map(|(k, _)| k)
            .collect();
        for participant in gone {
            self.forget_participant(participant);
        }
        self.push_event(Event::RoomFailed { room: router.id });
    }

    fn forget_participant(&mut self, key: ParticipantKey) {
        if let Some(participant) = self.participants.remove(key) {
            self.demux
                .forget(key, participant.transport.ice().local_ufrag());
        }
    }

    fn tick_participant(
        &mut self,
        now: Instant,
        at: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        let Some(participant) = self.participants.get_mut(key) else {
            return;
        };
        // A later entry was scheduled before an earlier one took its place.
        if participant.scheduled != Some(at) {
            return;
        }
        participant.scheduled = None;
        self.active = Some(participant.room);
        let change = participant
            .transport
            .handle_timeout(now, &mut self.rng, out);
        if let Some(change) = change {
            self.on_transport_change(now, key, change, out);
        }
        let ntp_time = self.ntp_time(now);
        let Some(participant) = self.participants.get_mut(key) else {
            return;
        };
        let is_second = participant.reports_at() <= now;
        if participant.liveness != Liveness::Connecting {
            participant.poll_reports(now, ntp_time, &self.config.cname, &mut self.stats, out);
        }
        let is_up = participant.liveness != Liveness::Connecting;
        let is_heard = is_second && participant.liveness == Liveness::Alive;
        let wanted = is_up.then(|| participant.demand.poll(now)).flatten();
        if let Some(liveness) = participant.poll_liveness(now) {
            participant.hearing.resume(now);
            self.announce_liveness(key, liveness);
        }
        if is_heard {
            self.look_at_hearing(now, key);
        }
        if let Some(wanted) = wanted {
            self.announce_demand(key, wanted);
        }
        if is_up {
            self.obey_estimate(now, key, out);
            self.release_held(now, key, out);
        }
        // What layers cost is measured, and changes without a word.
        if is_up && is_second && self.participants[key].allocator.current().is_some() {
            self.retarget_all_of(now, key, out);
        }
        self.reschedule(now, key);
    }

    fn tick_room(&mut self, now: Instant, at: Instant, key: RoomKey, out: &mut TransmitBatch) {
        let Some(router) = self.rooms.get_mut(key) else {
            return;
        };
        if router.scheduled != Some(at) {
            return;
        }
        router.scheduled = None;
        self.active = Some(key);
        if router.speakers.choose(now) {
            self.assign_voices(now, key, out);
        }
        if self.rooms[key].announce_at.is_none_or(|at| at <= now) {
            self.rooms[key].announce_at = Some(now + ANNOUNCE_INTERVAL);
            self.announce_speaking(now, key, out);
        }
        let has_layers = self.tick_layers(now, key, out);
        let router = &mut self.rooms[key];
        if !router.speakers.is_idle() || has_layers {
            let next = now + SPEAKER_INTERVAL;
            self.timers
                .schedule(next, Due::Room(key), &mut router.scheduled);
        }
    }

    /// Who speaks is served before others where a line is narrow. Tells signalling, from the one
    /// worker that speaks for the room: the lowest that carries it.
    fn announce_speaking(&mut self, now: Instant, key: RoomKey, out: &mut TransmitBatch) {
        let router = &mut self.rooms[key];
        let speaking = router.speaking();
        let is_news = router.speaking_now != speaking;
        router.speaking_now = speaking;
        let own = 1u64 << self.config.worker.0;
        if router.remote_workers & (own - 1) == 0 && router.announced != router.speaking_now {
            router.announced.clone_from(&router.speaking_now);
            let (room, participants) = (router.id, router.announced.clone());
            self.push_event(Event::Speaking { room, participants });
        }
        if !is_news {
            return;
        }
        let local: Vec<_> = self.rooms[key].local().map(|(_, local)| local).collect();
        for local in local {
            if self.participants[local].is_narrow() {
                self.retarget_all_of(now, local, out);
            }
        }
    }

    fn on_transport_change(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        change: TransportChange,
        out: &mut TransmitBatch,
    ) {
        match change {
            TransportChange::Connected(profile) => {
                self.stats.connected += 1;
                let is_cm = profile == SrtpProfile::AesCm128HmacSha1_80;
                self.stats.connected_aes_cm += u64::from(is_cm);
                self.participants[key].liveness = Liveness::Alive;
                self.participants[key].demand.begin(now);
                self.participants[key].congestion.start(now);
                let (room, participant) = self.name(key);
                self.push_event(Event::Connected { room, participant });
                self.obey_estimate(now, key, out);
                self.request_key_frames_for(now, key, out);
            }
            TransportChange::Failed => {
                self.participants[key].liveness = Liveness::Failed;
                self.announce_liveness(key, Liveness::Failed);
                for down_track in 0..self.participants[key].down_tracks.len() {
                    self.set_slot(now, key, down_track, None, out);
                }
            }
        }
    }

    /// Whether the voices of teachers that are sent to a participant get there.
    fn look_at_hearing(&mut self, now: Instant, key: ParticipantKey) {
        let participant = &mut self.participants[key];
        let sources = &self.rooms[participant.room].sources;
        let mut voices = Voices::default();
        for (at, track) in participant.down_tracks.iter().enumerate() {
            let source = track.source().and_then(|source| sources.get(source));
            let is_voice = matches!(track.slot, SlotKind::Audio(_));
            if is_voice && source.is_some_and(|source| source.always_heard) {
                let (packets, stamp) = track.last_sent();
                voices.packets = voices.packets.wrapping_add(packets);
                voices.stamp = stamp.or(voices.stamp);
                voices.tracks |= 1 << at.min(63);
            }
        }
        if let Some(hearing) = participant.hearing.look(now, voices) {
            let (room, participant) = self.name(key);
            self.push_event(Event::Hearing {
                room,
                participant,
                hearing,
            });
        }
    }

    fn announce_liveness(&mut self, key: ParticipantKey, liveness: Liveness) {
        let (room, participant) = self.name(key);
        self.push_event(match liveness {
            Liveness::Alive | Liveness::Connecting => Event::Alive { room, participant },
            Liveness::Silent => Event::Silent { room, participant },
            Liveness::Failed => Event::Failed { room, participant },
        });
    }

    fn name(&self, key: ParticipantKey) -> (RoomId, ParticipantId) {
        let participant = &self.participants[key];
        (self.rooms[participant.room].id, participant.id)
    }

    /// Looks at a participant again when it next has something to do.
    fn reschedule(&mut self, now: Instant, key: ParticipantKey) {
        let participant = &mut self.participants[key];
        if let Some(at) = participant.next_timeout() {
            let at = at.max(now);
            self.timers
                .schedule(at, Due::Participant(key), &mut participant.scheduled);
        }
    }

    fn push_event(&mut self, event: Event) {
        let is_full = self.events.len() >= MAX_EVENTS;
        // Who speaks is told again soon; who has gone is told once.
        if !(is_full && matches!(event, Event::Speaking { .. })) {
            self.events.push_back(event);
        }
    }

    fn push_relay(&mut self, to: WorkerIndex, relay: Relay) {
        if self.relays.len() >= MAX_RELAYS {
            let is_video = |(_, relay): &(WorkerIndex, Relay)| matches!(relay, Relay::Packet(packet) if packet.source.is_video());
            let oldest = self.relays.iter().position(is_video).unwrap_or(0);
            self.relays.remove(oldest);
            self.stats.drop(DropReason::RelayFull);
        }
        self.relays.push_back((to, relay));
    }

    fn ntp_time(&self, now: Instant) -> u64 {
        let unix = self.config.unix_at_epoch + now.saturating_duration_since(self.config.epoch);
        let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
        ((unix.as_secs() + NTP_UNIX_OFFSET_S) << 32) | fraction
    }
}
