//! The running SFU as signalling sees it: requests go in, [`Event`]s come out of a channel.
//!
//! Invariant: no call waits for media; an offer is parsed on the caller's thread, so a hostile one
//! costs no worker anything.

use crate::inbox::Inbox;
use crate::placement::Placement;
use crate::udp::SendMode;
use crate::worker::{Request, WorkerStats};
use crate::worker_handle::{WorkerHandle, prepare};
use homeroom_sfu_core::sdp::{IceCredentials, LocalDescription, Offer, SlotSsrc, write_fragment};
use homeroom_sfu_core::stats::{DROP_REASON_NAMES, LINE_NAMES};
use homeroom_sfu_core::transport::dtls::DtlsIdentity;
use homeroom_sfu_core::{
    Command, Event, Layout, MediaRole, NewParticipant, ParticipantId, RoomId, SourceSet,
    WorkerIndex,
};
use rand::Rng;
use rand::distr::Alphanumeric;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// Events that wait for signalling.
const MAX_EVENTS: usize = 65_536;
/// About 71 bits: nobody guesses where a participant is.
const UFRAG_CHARS: usize = 12;
/// About 142 bits; RFC 8445 §5.3 wants 128.
const PWD_CHARS: usize = 24;

/// How to start.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Worker `i` listens on UDP `base_port + i`; 0 lets the system choose each.
    pub base_port: u16,
    /// Workers; 0 = one per core.
    pub workers: usize,
    /// Addresses named in ICE candidates, best first. The sockets bind to the wildcard address.
    pub announced: Vec<IpAddr>,
    /// How datagrams leave.
    pub send_mode: SendMode,
}

/// Everything the SFU needs to let a participant's media in.
#[derive(Debug, Clone)]
pub struct JoinRequest {
    /// The lesson's room.
    pub room: RoomId,
    /// Unique in the room. Joining again replaces the old transport.
    pub participant: ParticipantId,
    /// A teacher is always heard.
    pub role: MediaRole,
    /// What this participant may send; everything else is dropped.
    pub may_send: SourceSet,
    /// SDP offer.
    pub offer: String,
    /// What each m-line is for.
    pub layout: Layout,
}

/// SDP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The text.
    pub sdp: String,
}

/// Why the SFU could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The UDP port is taken or forbidden.
    #[error("UDP port {port}: {source}")]
    Bind {
        /// The port.
        port: u16,
        /// The system's word.
        source: io::Error,
    },
    /// The system gives no thread or readiness queue.
    #[error("worker: {0}")]
    System(#[from] io::Error),
    /// No certificate could be made.
    #[error("certificate: {0}")]
    Identity(String),
}

/// Why a participant's media was not let in.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The offer cannot be answered; says why.
    #[error("offer: {0}")]
    BadOffer(String),
    /// No room for more participants, or a worker does not keep up.
    #[error("the media server is full")]
    Full,
}

/// The running SFU.
pub struct Sfu {
    workers: Vec<WorkerHandle>,
    placement: Mutex<Placement>,
    identity: Arc<DtlsIdentity>,
    cname: String,
}

impl Sfu {
    /// Binds the sockets and starts the workers. Events arrive on the receiver.
    ///
    /// # Errors
    /// [`StartError`] names the port or the resource.
    pub fn start(config: SfuConfig) -> Result<(Self, mpsc::Receiver<Event>), StartError> {
        let provider = rtc_crypto::default_provider()
            .map_err(|error| StartError::Identity(error.to_string()))?;
        let identity = DtlsIdentity::generate(provider)
            .map_err(|error| StartError::Identity(error.to_string()))?;
        let identity = Arc::new(identity);
        let cname = random_text(UFRAG_CHARS);
        let (events, receiver) = mpsc::channel(MAX_EVENTS);
        let prepared = prepare(&config)?;
        let inboxes: Vec<Arc<Inbox>> = prepared.iter().map(|p| p.inbox.clone()).collect();
        let mut workers = Vec::with_capacity(prepared.len());
        for (index, prepared) in prepared.into_iter().enumerate() {
            let index = WorkerIndex(index as u8);
            let core = homeroom_sfu_core::Sfu::new(homeroom_sfu_core::SfuConfig {
                worker: index,
                identity: identity.clone(),
                cname: cname.clone(),
                seed: rand::rng().random(),
                epoch: Instant::now(),
                unix_at_epoch: SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default(),
            });
            workers.push(prepared.start(index, core, &inboxes, &events, &config.announced)?);
        }
        let sfu = Self {
            placement: Mutex::new(Placement::new(workers.len())),
            workers,
            identity,
            cname,
        };
        Ok((sfu, receiver))
    }

    /// The UDP port of each worker.
    #[must_use]
    pub fn udp_ports(&self) -> Vec<u16> {
        let port = |worker: &WorkerHandle| worker.candidates.first().map(SocketAddr::port);
        self.workers.iter().filter_map(port).collect()
    }

    /// Parses the offer, chooses a worker and answers.
    ///
    /// # Errors
    /// [`JoinError`]; the participant's earlier transport, if any, goes on then.
    pub fn join(&self, request: JoinRequest) -> Result<Answer, JoinError> {
        let offer = Offer::parse(&request.offer, &request.layout)
            .map_err(|error| JoinError::BadOffer(error.to_string()))?;
        let ice = new_credentials();
        let slot_ssrcs = random_ssrcs(offer.down.len());
        let (room, id, role) = (request.room, request.participant, request.role);
        let mut placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let carried_by = placement.workers_of(room);
        let worker = placement.place(room, id, role).ok_or(JoinError::Full)?;
        let sdp = offer.answer(&LocalDescription {
            ice: &ice,
            fingerprint: self.identity.fingerprint(),
            candidates: &self.workers[usize::from(worker.0)].candidates,
            session_id: u64::from(rand::rng().random::<u32>()),
            cname: &self.cname,
            slot_ssrcs: &slot_ssrcs,
        });
        if !carried_by.contains(&worker) {
            for (other, placed) in placement.members(room).filter(|(_, p)| p.worker != worker) {
                self.send(worker, add_remote(room, other, placed.role, placed.worker));
            }
            let sharer = placement.sharer(room);
            self.send(worker, Command::Stage { room, sharer });
        }
        let added = self.send(
            worker,
            Command::Add(Box::new(NewParticipant {
                room,
                id,
                role,
                may_send: request.may_send,
                offer,
                ice,
                slot_ssrcs,
            })),
        );
        if !added {
            let carried_by = placement.workers_of(room);
            placement.remove(room, id);
            self.close_where_unused(&placement, room, carried_by);
            return Err(JoinError::Full);
        }
        for other in carried_by.into_iter().filter(|other| *other != worker) {
            self.send(other, add_remote(room, id, role, worker));
        }
        Ok(Answer { sdp })
    }

    /// New ICE credentials for a participant's session, whose keys stay: answers ours, with where we
    /// can be reached. `None` when there is no such session, or its worker does not keep up.
    pub fn restart_ice(
        &self,
        room: RoomId,
        participant: ParticipantId,
        remote: IceCredentials,
    ) -> Option<String> {
        let placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let worker = placement.worker_of(room, participant)?;
        let local = new_credentials();
        let candidates = &self.workers[usize::from(worker.0)].candidates;
        let fragment = write_fragment(&local, candidates);
        let restart = Command::RestartIce {
            room,
            id: participant,
            local,
            remote,
        };
        self.send(worker, restart).then_some(fragment)
    }

    /// Forgets a participant.
    pub fn leave(&self, room: RoomId, participant: ParticipantId) {
        let mut placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for worker in placement.workers_of(room) {
            self.send(
                worker,
                Command::Remove {
                    room,
                    id: participant,
                },
            );
        }
        let carried_by = placement.workers_of(room);
        placement.remove(room, participant);
        self.close_where_unused(&placement, room, carried_by);
    }

    /// A worker whose last participant of a room has left must not keep the others' ghosts.
    fn close_where_unused(
        &self,
        placement: &Placement,
        room: RoomId,
        carried_by: Vec<WorkerIndex>,
    ) {
        let carries = placement.workers_of(room);
        for worker in carried_by
            .into_iter()
            .filter(|worker| !carries.contains(worker))
        {
            self.send(worker, Command::CloseRoom { room });
        }
    }

    /// Changes what a participant may send.
    pub fn set_rights(&self, room: RoomId, participant: ParticipantId, may_send: SourceSet) {
        self.send_to_participant(room, participant, |id| Command::SetRights {
            room,
            id,
            may_send,
        });
    }

    /// Which cameras a participant's video slots carry, and how many pixels high each is shown.
    pub fn watch(
        &self,
        room: RoomId,
        participant: ParticipantId,
        slots: Vec<Option<ParticipantId>>,
        heights: Vec<u16>,
    ) {
        self.send_to_participant(room, participant, |id| Command::Watch {
            room,
            id,
            slots,
            heights,
        });
    }

    /// Whose screen, and its sound, everybody's screen slot carries.
    pub fn stage(&self, room: RoomId, sharer: Option<ParticipantId>) {
        let mut placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        placement.set_sharer(room, sharer);
        for worker in placement.workers_of(room) {
            self.send(worker, Command::Stage { room, sharer });
        }
    }

    /// Ends a room.
    pub fn close_room(&self, room: RoomId) {
        let mut placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for worker in placement.workers_of(room) {
            self.send(worker, Command::CloseRoom { room });
        }
        placement.remove_room(room);
    }

    /// Counters of all workers together: name, value.
    #[must_use]
    pub fn counters(&self) -> Vec<(&'static str, u64)> {
        let stats = self.workers.iter().filter_map(WorkerHandle::stats);
        let mut total: Vec<(&'static str, u64)> = Vec::new();
        for stats in stats {
            for (i, (name, value)) in named(&stats).into_iter().enumerate() {
                match total.get_mut(i) {
                    Some((_, sum)) => *sum += value,
                    None => total.push((name, value)),
                }
            }
        }
        total
    }

    /// Stops the workers and waits for them.
    pub fn shutdown(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        for worker in &self.workers {
            worker.send(Request::Stop);
        }
        for worker in &mut self.workers {
            worker.join();
        }
    }

    fn send_to_participant(
        &self,
        room: RoomId,
        participant: ParticipantId,
        command: impl FnOnce(ParticipantId) -> Command,
    ) {
        let placement = self
            .placement
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = placement.worker_of(room, participant) {
            self.send(worker, command(participant));
        }
    }

    fn send(&self, worker: WorkerIndex, command: Command) -> bool {
        self.workers[usize::from(worker.0)].send(Request::Command(command))
    }
}

impl Drop for Sfu {
    fn drop(&mut self) {
        self.stop();
    }
}

const fn add_remote(
    room: RoomId,
    id: ParticipantId,
    role: MediaRole,
    worker: WorkerIndex,
) -> Command {
    Command::AddRemote {
        room,
        id,
        role,
        worker,
    }
}

fn new_credentials() -> IceCredentials {
    IceCredentials {
        ufrag: random_text(UFRAG_CHARS),
        pwd: random_text(PWD_CHARS),
    }
}

fn random_text(chars: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(chars)
        .map(char::from)
        .collect()
}

/// Distinct SSRCs, two per slot.
fn random_ssrcs(slots: usize) -> Vec<SlotSsrc> {
    let mut taken = std::collections::BTreeSet::new();
    while taken.len() < 2 * slots {
        taken.insert(rand::rng().random_range(1..u32::MAX));
    }
    let taken: Vec<u32> = taken.into_iter().collect();
    let pair = |pair: &[u32]| SlotSsrc {
        ssrc: pair[0],
        rtx_ssrc: Some(pair[1]),
    };
    taken.chunks_exact(2).map(pair).collect()
}

fn named(stats: &WorkerStats) -> Vec<(&'static str, u64)> {
    let core = &stats.core;
    let mut named = vec![
        ("participants", stats.participants),
        ("rtp_received", core.rtp_received),
        ("rtp_sent", core.rtp_sent),
        ("padding_bytes_sent", core.padding_sent),
        ("rtx_sent", core.rtx_sent),
        ("probes_sent", core.probes_sent),
        ("feedback_received", core.feedback_received),
        ("budgets_lowered", core.budgets_lowered),
        ("budgets_raised", core.budgets_raised),
        ("held", core.held),
        ("lines_bits_per_second", stats.lines.bitrate_bps),
        ("lines_narrow", stats.lines.narrow),
        ("nacks_sent", core.nacks_sent),
        ("key_frames_requested", core.key_frames_requested),
        ("rtp_undecodable", core.undecodable),
        ("relayed", core.relayed),
        ("connected", core.connected),
        ("connected_aes_cm", core.connected_aes_cm),
        ("send_refused", stats.send_refused),
        ("send_full", stats.send_full),
        ("send_calls", stats.send_calls),
        ("gso_runs", stats.gso_runs),
        ("gso_datagrams", stats.gso_datagrams),
        ("gso_refused", stats.gso_refused),
        ("gso_given_up", stats.gso_given_up),
        ("relay_pictures_lost", stats.relay_pictures_lost),
        ("relay_refused", stats.relay_refused),
        ("panics", stats.panics),
    ];
    named.extend(LINE_NAMES.into_iter().zip(stats.lines.by_reason));
    let reasons = DROP_REASON_NAMES.iter().zip(core.dropped);
    named.extend(reasons.map(|(name, count)| (*name, count)));
    named
}
