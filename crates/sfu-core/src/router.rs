//! One room's media on one worker: who publishes, who receives what, who is heard.
//!
//! Invariant: a source's subscribers are participants of this room only, so a packet cannot leave
//! its room; this module never sees bytes.

use crate::bounds::{
    LAYER_MISSED_FRAMES, LAYER_SILENCE, MAX_ALWAYS_HEARD, MAX_LAYERS, SCREEN_LAYER_SILENCE,
};
use crate::burst::Burst;
use crate::layers::{LayerInfo, LayerSet};
use crate::meter::Meter;
use crate::model::{MediaRole, ParticipantId, RoomId, Source, WorkerIndex};
use crate::packet_cache::PacketCache;
use crate::participant::ParticipantKey;
use crate::picture::Picture;
use crate::speakers::Speakers;
use slotmap::{SlotMap, new_key_type};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

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

/// A slot that a source is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receiver {
    /// Which.
    pub slot: Subscriber,
    /// The layers it has use for.
    pub layers: LayerSet,
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
    /// The slots it is in.
    pub receivers: Vec<Receiver>,
    /// What is known of its layers.
    pub info: LayerInfo,
    /// Its layers; a source that is one stream has the first alone. Where they share a stream, its
    /// subscribers, interest and packets are the first's, and each has what it takes for itself.
    pub layers: [RoutedLayer; MAX_LAYERS],
    /// When something of it last came, and since when without a pause.
    pub heard_at: Option<Instant>,
    /// See `heard_at`.
    pub began_at: Option<Instant>,
    /// A layer's height has changed since it was last looked at.
    is_resized: bool,
    /// The layers that the stream they share has, as its last key frame said.
    coded: LayerSet,
    /// What its worker was last told that we want, if that is another one.
    pub told_interest: LayerSet,
}

/// A spatial layer of a source.
#[derive(Default)]
pub struct RoutedLayer {
    /// The slots that receive it, or wait for its next key frame.
    pub subscribers: Vec<Subscriber>,
    /// Other workers that receive it, one bit each.
    pub interest: u64,
    /// When its worker was last asked for a key frame, if that is another one.
    pub asked_at: Option<Instant>,
    /// The last packets, while somebody receives them.
    pub cache: Option<Box<PacketCache>>,
    /// Which of them have not left yet.
    pub burst: Burst,
    /// When one last came.
    pub heard_at: Option<Instant>,
    /// What it takes.
    pub meter: Meter,
    /// Since when nobody here receives it, though packets of it are kept.
    pub left_at: Option<Instant>,
    /// Frames of its source's other layers since its last packet.
    missed: u8,
}

impl RoutedLayer {
    /// Forgets every packet: nobody is left to get one.
    pub fn forget_packets(&mut self) {
        self.cache = None;
        self.burst = Burst::default();
        self.left_at = None;
    }

    /// Forgets the slots that `is_gone` names. Its last packets may still be asked for again.
    pub fn unsubscribe(&mut self, now: Instant, is_gone: impl Fn(&Subscriber) -> bool) {
        let before = self.subscribers.len();
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
        if before > 0 && self.subscribers.is_empty() {
            self.left_at = Some(now);
        }
    }
}

impl RoutedSource {
    /// Whether its packets come from another worker.
    pub const fn is_remote(&self) -> bool {
        matches!(self.origin, Origin::Remote(_))
    }

    /// Forgets every packet of every layer.
    pub fn forget_packets(&mut self) {
        self.layers.iter_mut().for_each(RoutedLayer::forget_packets);
    }

    /// Forgets the slots that `is_gone` names, in every layer.
    pub fn unsubscribe(&mut self, now: Instant, is_gone: impl Fn(&Subscriber) -> bool) {
        self.receivers.retain(|receiver| !is_gone(&receiver.slot));
        for layer in &mut self.layers {
            layer.unsubscribe(now, &is_gone);
        }
        if self.receivers.is_empty() {
            self.forget_packets();
        }
    }

    /// The layers that somebody here receives or waits for.
    pub fn subscribed(&self) -> LayerSet {
        if self.info.share_stream {
            let layers = self.receivers.iter().map(|receiver| receiver.layers);
            return layers.fold(LayerSet::NONE, LayerSet::and);
        }
        self.layers_where(|layer| !layer.subscribers.is_empty())
    }

    /// The layers that are to cross to this worker: whoever has just left one may be back at once, or
    /// still miss something of it, and nobody here could repair what never came.
    pub fn crossing(&self) -> LayerSet {
        let subscribed = self.subscribed();
        match self.info.count {
            0 | 1 => subscribed,
            _ => subscribed.and(self.layers_where(|layer| layer.left_at.is_some())),
        }
    }

    /// The layers that are to be sent: somebody here, or another worker, has use for them.
    pub fn demanded(&self) -> LayerSet {
        let elsewhere = self.layers_where(|layer| layer.interest != 0);
        self.subscribed().and(elsewhere)
    }

    /// The other workers that a stream's packets cross to, one bit each.
    pub fn interest_in(&self, stream: u8) -> u64 {
        match self.info.share_stream {
            // With holes in it, nobody there could tell what is left out from what is lost.
            true => self.interest(),
            false => self.layers[usize::from(stream)].interest,
        }
    }

    /// Whether nothing of it has come since somebody here receives it: most screens have no sound.
    pub fn is_unheard(&self) -> bool {
        self.layers.iter().all(|layer| layer.cache.is_none())
    }

    /// Whether a layer is the one by which a voice is ranked: the best that arrives, if that is
    /// known.
    pub const fn is_ranked_by(&self, layer: u8) -> bool {
        let top = self.info.top();
        layer == top || !self.info.living.contains(top)
    }

    /// The other workers that have use for any of it, one bit each.
    pub fn interest(&self) -> u64 {
        self.layers
            .iter()
            .fold(0, |all, layer| all | layer.interest)
    }

    fn layers_where(&self, is: impl Fn(&RoutedLayer) -> bool) -> LayerSet {
        let layers = (0..).zip(&self.layers).filter(|(_, layer)| is(layer));
        layers.fold(LayerSet::NONE, |set, (number, _)| set.with(number))
    }

    /// Notes what a packet of a source that is one stream says of layers in it; whether more is
    /// known of them now. That there are fewer waits for [`RoutedSource::judge_layers`].
    pub fn note_structure(&mut self, picture: &Picture) -> bool {
        let told = picture.structure();
        let mut is_news = false;
        if !self.info.share_stream {
            let are_several = picture.spatial() > 0 || told.is_some_and(|told| told.layers > 1);
            if self.info.count > 1 || !are_several {
                return false;
            }
            self.info = LayerInfo {
                heights: self.info.heights,
                living: self.info.living,
                ..LayerInfo::in_one_stream()
            };
            is_news = true;
        }
        let Some(told) = told else { return is_news };
        let layers = (0..told.layers).fold(LayerSet::NONE, LayerSet::with);
        is_news |= !layers.minus(self.info.living).is_empty();
        self.info.living = self.info.living.and(layers);
        self.is_resized |= std::mem::replace(&mut self.coded, layers) != layers;
        for (known, height) in self.info.heights.iter_mut().zip(told.heights) {
            if height != 0 && height != *known {
                is_news |= *known == 0;
                self.is_resized |= *known != 0;
                *known = height;
            }
        }
        is_news
    }

    /// Notes which layers of a shared stream its sender codes from now on: those it does not are gone
    /// when [`RoutedSource::judge_layers`] looks, rather than when they have been silent for long.
    pub fn note_coded(&mut self, layers: LayerSet) {
        if self.info.share_stream && self.coded != layers {
            self.coded = layers;
            self.is_resized = true;
        }
    }

    /// Notes a packet of a layer on the worker it comes to; whether more is known of the layers now.
    /// That a known height changes waits for [`RoutedSource::judge_layers`]: a sender may change it
    /// with every frame, and each change is work for everybody who receives it.
    pub fn note_packet(
        &mut self,
        now: Instant,
        layer: u8,
        height: Option<u16>,
        ends_frame: bool,
    ) -> bool {
        let is_silent = |at: Instant| now.saturating_duration_since(at) >= self.silence();
        let begins = self.heard_at.is_none_or(is_silent);
        if begins {
            self.began_at = Some(now);
        }
        self.heard_at = Some(now);
        // The layers of a voice begin together, and those of a screen nearly: the first packet to
        // come says nothing of the other.
        let mut is_news = false;
        if begins && self.source != Source::Camera {
            let all = (0..self.info.count).fold(LayerSet::NONE, LayerSet::with);
            is_news = std::mem::replace(&mut self.info.living, all) != all;
        }
        for other in &mut self.layers {
            other.missed = other.missed.saturating_add(u8::from(ends_frame));
        }
        let heard = &mut self.layers[usize::from(layer)];
        heard.heard_at = Some(now);
        heard.missed = 0;
        is_news |= !self.info.living.contains(layer);
        self.info.living = self.info.living.with(layer);
        let known = &mut self.info.heights[usize::from(layer)];
        let is_told = self.info.count > 1 && !self.info.share_stream;
        if let Some(height) = height.filter(|height| height != known && is_told) {
            is_news |= *known == 0;
            self.is_resized |= *known != 0;
            *known = height;
        }
        is_news
    }

    /// How long a layer must be silent to be gone.
    const fn silence(&self) -> Duration {
        match self.source {
            Source::Screen => SCREEN_LAYER_SILENCE,
            _ => LAYER_SILENCE,
        }
    }

    /// Looks which layers still arrive, and how large they are; whether that has changed. When
    /// nothing arrives nothing can be said of one layer, nor just after: a camera that paused comes
    /// back layer by layer. Nor can it while few frames arrive of the others: a camera in the dark
    /// gives five a second.
    pub fn judge_layers(&mut self, now: Instant) -> bool {
        let is_resized = std::mem::take(&mut self.is_resized);
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        let silence = self.silence();
        let heard = since(self.heard_at).is_some_and(|time| time < silence);
        let settled = since(self.began_at).is_some_and(|time| time >= silence / 2);
        if self.info.count < 2 || !heard || !settled {
            return is_resized;
        }
        let arrives = |layer: &RoutedLayer| {
            let is_recent = |time| time < silence || layer.missed < LAYER_MISSED_FRAMES;
            since(layer.heard_at).is_some_and(is_recent)
        };
        let living = self.layers_where(arrives);
        // The small screen may be long silent after a slide, which its encoder must pay first.
        let living = match self.source {
            _ if self.info.share_stream => living.minus(LayerSet::ALL.minus(self.coded)),
            Source::Screen => living.with(0),
            _ => living,
        };
        std::mem::replace(&mut self.info.living, living) != living || is_resized
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
    /// Who speaks, as it was last looked at: every worker knows.
    pub speaking_now: Vec<ParticipantId>,
    /// What signalling was told last, if this worker tells it.
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
            speaking_now: Vec::new(),
            announced: Vec::new(),
            announce_at: None,
            scheduled: None,
        }
    }

    /// Lets a participant in; the caller has removed an older one of the same id. The session of
    /// one on another worker is told by their packets: it is 0 here. `layers` is what is known of
    /// each source's, and the sources returned, both by [`Source::index`].
    pub fn add(
        &mut self,
        id: ParticipantId,
        role: MediaRole,
        origin: Origin,
        session: u64,
        layers: [LayerInfo; 4],
    ) -> [SourceKey; 4] {
        let sources = Source::ALL.map(|source| {
            self.sources.insert(RoutedSource {
                owner: id,
                source,
                origin,
                session,
                always_heard: role == MediaRole::Teacher,
                receivers: Vec::new(),
                info: layers[source.index()],
                layers: Default::default(),
                heard_at: None,
                began_at: None,
                is_resized: false,
                coded: LayerSet::ALL,
                told_interest: LayerSet::NONE,
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
    pub fn remove(&mut self, now: Instant, id: ParticipantId) -> Vec<Subscriber> {
        let Some(member) = self.members.remove(&id) else {
            return Vec::new();
        };
        self.count_remote_workers();
        let mut orphans = Vec::new();
        for source in member.sources {
            self.speakers.remove(source);
            if let Some(removed) = self.sources.remove(source) {
                orphans.extend(removed.receivers.iter().map(|receiver| receiver.slot));
            }
        }
        if let Origin::Local(participant) = member.origin {
            for source in self.sources.values_mut() {
                source.unsubscribe(now, |s| s.participant == participant);
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
        let front = self.speakers.front();
        let front = front.as_ref().filter(|_| slots == 1).filter(others);
        front
            .into_iter()
            .chain(self.speakers.chosen())
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
