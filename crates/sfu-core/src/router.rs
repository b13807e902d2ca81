//! One room's media on one worker: who publishes, who receives what, who is heard.
//!
//! Invariant: a source's subscribers are participants of this room only, so a packet cannot leave
//! its room; this module never sees bytes.

use crate::bounds::MAX_ALWAYS_HEARD;
use crate::burst::Burst;
use crate::model::{MediaRole, ParticipantId, RoomId, Source, WorkerIndex};
use crate::packet_cache::PacketCache;
use crate::participant::ParticipantKey;
use crate::speakers::Speakers;
use slotmap::{SlotMap, new_key_type};
use std::collections::BTreeMap;
use std::time::Instant;

new_key_type! {
    /// A room of a worker.
    pub struct RoomKey;
    /// A source of a room.
    pub struct SourceKey;
}

/// Where a participant's packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This worker.
    Local(ParticipantKey),
    /// Another worker.
    Remote(WorkerIndex),
}

/// A slot that receives a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose slot.
    pub participant: ParticipantKey,
    /// Its place among that participant's down tracks.
    pub down_track: usize,
}

/// A source as the router sees it.
pub struct RoutedSource {
    /// Whose.
    pub owner: ParticipantId,
    /// Which.
    pub source: Source,
    /// Where its packets come from.
    pub origin: Origin,
    /// Which session of the owner's its packets come through: see
    /// [`crate::relay::RelayedPacket::session`].
    pub session: u64,
    /// A teacher's: heard whatever its loudness.
    pub always_heard: bool,
    /// The slots that receive it.
    pub subscribers: Vec<Subscriber>,
    /// Other workers that receive it, one bit each.
    pub interest: u64,
    /// When its worker was last asked for a key frame, if that is another one.
    pub asked_at: Option<Instant>,
    /// The last packets, while somebody receives them.
    pub cache: Option<Box<PacketCache>>,
    /// Which of them have not left yet.
    pub burst: Burst,
}

impl RoutedSource {
    /// Forgets every packet: nobody is left to get one.
    pub fn forget_packets(&mut self) {
        self.cache = None;
        self.burst = Burst::default();
    }

    /// Forgets the slots that `is_gone` names.
    pub fn unsubscribe(&mut self, is_gone: impl Fn(&Subscriber) -> bool) {
        let mut place = 0;
        let burst = &mut self.burst;
        self.subscribers.retain(|subscriber| {
            let stays = !is_gone(subscriber);
            if stays {
                place += 1;
            } else {
                burst.unsubscribed(place);
            }
            stays
        });
    }
}

/// A participant as the router sees it.
pub struct Member {
    /// Where their media is.
    pub origin: Origin,
    /// Their sources, by [`Source::index`].
    pub sources: [SourceKey; 4],
}

/// The room.
pub struct Router {
    /// Which.
    pub id: RoomId,
    /// Who is in it. Ordered, so that nothing depends on a hash.
    pub members: BTreeMap<ParticipantId, Member>,
    /// What they send.
    pub sources: SlotMap<SourceKey, RoutedSource>,
    /// Who is heard.
    pub speakers: Speakers,
    /// Whose screen is on the stage.
    pub sharer: Option<ParticipantId>,
    /// The other workers that carry this room, one bit each.
    pub remote_workers: u64,
    /// What signalling was told last.
    pub announced: Vec<ParticipantId>,
    /// When it is told again at the earliest.
    pub announce_at: Option<Instant>,
    /// The room's timer entry.
    pub scheduled: Option<Instant>,
}

impl Router {
    /// An empty room.
    pub fn new(id: RoomId) -> Self {
        Self {
            id,
            members: BTreeMap::new(),
            sources: SlotMap::with_key(),
            speakers: Speakers::default(),
            sharer: None,
            remote_workers: 0,
            announced: Vec::new(),
            announce_at: None,
            scheduled: None,
        }
    }

    /// Lets a participant in; the caller has removed an older one of the same id. The session of
    /// one on another worker is told by their packets: it is 0 here. Returns their sources, by
    /// [`Source::index`].
    pub fn add(
        &mut self,
        id: ParticipantId,
        role: MediaRole,
        origin: Origin,
        session: u64,
    ) -> [SourceKey; 4] {
        let sources = Source::ALL.map(|source| {
            self.sources.insert(RoutedSource {
                owner: id,
                source,
                origin,
                session,
                always_heard: role == MediaRole::Teacher,
                subscribers: Vec::new(),
                interest: 0,
                asked_at: None,
                cache: None,
                burst: Burst::default(),
            })
        });
        let member = Member { origin, sources };
        let replaced = self.members.insert(id, member);
        assert!(
            replaced.is_none(),
            "a member is removed before it is added again"
        );
        self.count_remote_workers();
        sources
    }

    /// Forgets a participant and its sources; the slots that received them.
    pub fn remove(&mut self, id: ParticipantId) -> Vec<Subscriber> {
        let Some(member) = self.members.remove(&id) else {
            return Vec::new();
        };
        self.count_remote_workers();
        let mut orphans = Vec::new();
        for source in member.sources {
            self.speakers.remove(source);
            if let Some(removed) = self.sources.remove(source) {
                orphans.extend(removed.subscribers);
            }
        }
        if let Origin::Local(participant) = member.origin {
            for source in self.sources.values_mut() {
                source.unsubscribe(|s| s.participant == participant);
            }
        }
        orphans
    }

    /// A participant's source.
    pub fn source_of(&self, id: ParticipantId, source: Source) -> Option<SourceKey> {
        self.members
            .get(&id)
            .map(|member| member.sources[source.index()])
    }

    /// The participants of this worker.
    pub fn local(&self) -> impl Iterator<Item = (ParticipantId, ParticipantKey)> {
        self.members
            .iter()
            .filter_map(|(id, member)| match member.origin {
                Origin::Local(key) => Some((*id, key)),
                Origin::Remote(_) => None,
            })
    }

    fn count_remote_workers(&mut self) {
        let bit = |member: &Member| match member.origin {
            Origin::Local(_) => 0,
            Origin::Remote(worker) => 1 << worker.0,
        };
        self.remote_workers = self.members.values().fold(0, |workers, m| workers | bit(m));
    }

    /// The voices a participant hears, best first, its own left out.
    pub fn voices_for(&self, id: ParticipantId, slots: usize) -> Vec<SourceKey> {
        let others = |key: &&SourceKey| self.sources.get(**key).is_some_and(|s| s.owner != id);
        self.speakers
            .chosen()
            .iter()
            .filter(others)
            .take(slots)
            .copied()
            .collect()
    }

    /// Who speaks, loudest first, as signalling is to know it.
    pub fn speaking(&self) -> Vec<ParticipantId> {
        let owner = |key| self.sources.get(key).map(|source| source.owner);
        let speaking = self.speakers.speaking().into_iter().filter_map(owner);
        speaking
            .take(crate::bounds::LOUDEST + MAX_ALWAYS_HEARD)
            .collect()
    }
}
