//! Which packets of its source a slot shows: one spatial layer, and its temporal layers up to one.
//!
//! A change of spatial layer waits for a key frame of the new layer and goes on with the old one
//! until then, so nothing freezes. A change of temporal layers needs none: down at the next frame,
//! up at a frame that says it depends on nothing that was left out (RFC 7741 §4.2, Y; RFC 9628 §4.2,
//! U).
//!
//! Where the spatial layers share a stream (VP9), a slot is shown one of them and what that needs of
//! those below: in key frames all of them, and no more where each then goes on by itself (L3T3_KEY).
//!
//! Invariant: after a change of source or layer no picture passes before the first packet of a key
//! frame, and no frame of a temporal layer before one its layer can start with; so a decoder never
//! sees a reference it does not have. What is said of an index is said of it for ever: a late packet
//! is judged as it would have been in its place.

use crate::layers::{Hurry, LayerSet, MAX_TEMPORAL, Target};
use crate::packet_cache::MediaPacket;
use crate::picture::{Opens, Picture};

/// Temporal layers there can be.
const TEMPORAL_LAYERS: usize = MAX_TEMPORAL as usize + 1;

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Not of the layer that is shown.
    Drop,
    /// Of the layer that is shown, but left out: those after it close up.
    Skip,
    /// The first packet of a layer in this slot.
    Begin,
    /// Goes on.
    Forward,
}

/// The indices from and until which a temporal layer is shown: the last such stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    from: u64,
    until: u64,
}

impl Stretch {
    const NEVER: Self = Self { from: 0, until: 0 };
    const ALWAYS: Self = Self::since(0);

    const fn since(from: u64) -> Self {
        Self {
            from,
            until: u64::MAX,
        }
    }

    const fn is_open(self) -> bool {
        self.until == u64::MAX
    }
}

/// The state of one slot.
#[derive(Debug)]
pub struct LayerSelector {
    is_video: bool,
    /// All spatial layers come in one stream.
    shares_stream: bool,
    /// The spatial layer that is shown.
    current: Option<u8>,
    /// In a shared stream the index since which it is, and the layer before.
    since: (u64, Option<u8>),
    target: Target,
    /// Nothing is to be shown.
    is_paused: bool,
    hurry: Hurry,
    /// What may be shown while the target's layer does not arrive.
    fallback: Option<u8>,
    shown: [Stretch; TEMPORAL_LAYERS],
    /// Of the newest packet of the layer that is shown: its index, its timestamp, and whether it
    /// ended its frame.
    newest: (u64, u32, bool),
    /// Every temporal layer is as the target has it.
    is_settled: bool,
}

impl LayerSelector {
    /// Nothing is shown yet. Video begins with a key frame, audio with any packet.
    pub const fn new(is_video: bool) -> Self {
        Self {
            is_video,
            shares_stream: false,
            current: None,
            since: (0, None),
            target: Target::WHOLE,
            is_paused: false,
            hurry: Hurry::No,
            fallback: None,
            shown: [Stretch::ALWAYS; TEMPORAL_LAYERS],
            newest: (0, 0, false),
            is_settled: true,
        }
    }

    /// Whether all spatial layers come in one stream.
    pub const fn share_stream(&mut self, share: bool) {
        self.shares_stream = share;
    }

    /// Changes what is to be shown from the next point on at which it can be.
    /// A smaller layer waits for its key frame; `hurry` says what to do with a larger one until then.
    pub fn set_target(&mut self, target: Target, fallback: Option<u8>, hurry: Hurry) {
        let before = self.top_temporal();
        self.is_paused = false;
        self.target = target;
        self.fallback = fallback;
        self.hurry = hurry;
        if hurry == Hurry::Stop && self.is_too_large() {
            self.current = None;
        }
        self.is_settled &= self.top_temporal() == before;
    }

    /// The highest temporal layer to show of the layer that is shown.
    fn top_temporal(&self) -> u8 {
        match self.hurry != Hurry::No && self.is_too_large() {
            true => 0,
            false => self.target.temporal,
        }
    }

    fn is_too_large(&self) -> bool {
        let target = self.target.spatial;
        self.current.is_some_and(|layer| layer > target)
    }

    /// Shows nothing until there is a target again; then from a key frame on.
    pub const fn pause(&mut self) {
        self.is_paused = true;
        self.current = None;
    }

    /// Shows nothing until the next key frame.
    pub const fn lose_picture(&mut self) {
        self.current = None;
    }

    /// Whether nothing is to be shown.
    pub const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The spatial layer that is shown.
    pub const fn current(&self) -> Option<u8> {
        self.current
    }

    /// What is to be shown.
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The layers whose packets it has use for.
    pub fn layers(&self) -> LayerSet {
        if self.is_paused {
            return LayerSet::NONE;
        }
        // Where nothing is shown yet, the smallest layer comes soonest.
        let is_soonest = self.is_video && !self.shares_stream;
        let shown = self.current.or(is_soonest.then_some(0));
        let others = [shown, self.fallback].into_iter().flatten();
        others.fold(LayerSet::of(self.target.spatial), LayerSet::with)
    }

    /// Of a shared stream the layer that its next key frame is to begin.
    fn next_layer(&self) -> u8 {
        self.fallback.unwrap_or(self.target.spatial)
    }

    /// The layers of which a key frame, or any packet of a voice, would change what is shown.
    pub fn awaited(&self) -> LayerSet {
        if self.shares_stream {
            return match self.awaits(0) {
                true => LayerSet::of(self.next_layer()),
                false => LayerSet::NONE,
            };
        }
        let awaited = self.layers().iter().filter(|layer| self.awaits(*layer));
        awaited.fold(LayerSet::NONE, LayerSet::with)
    }

    /// Whether a key frame of this stream, or any packet of a voice's, would change what is shown.
    pub fn awaits(&self, layer: u8) -> bool {
        if self.shares_stream {
            return !self.is_paused && layer == 0 && self.current != Some(self.next_layer());
        }
        let is_first = self.is_video && layer == 0 && self.current.is_none();
        let is_wanted = self.target.spatial == layer || self.fallback == Some(layer) || is_first;
        !self.is_paused && is_wanted && self.current != Some(layer)
    }

    /// Reads a byte of each part that [`LayerSelector::decide`] needs.
    pub const fn touch(&self) -> u8 {
        let (newest, ..) = self.newest;
        newest as u8 ^ self.shown[0].from as u8 ^ self.shown[TEMPORAL_LAYERS - 1].until as u8
    }

    /// Decides about one packet.
    pub fn decide(&mut self, stream: u8, packet: &MediaPacket<'_>) -> Decision {
        if self.shares_stream {
            if let Some(begun) = self.begin_in_stream(packet) {
                return begun;
            }
        } else if self.current != Some(stream) {
            return self.decide_other(stream, packet);
        }
        // Audio, and padding: they belong to no frame.
        let Some(picture) = &packet.picture else {
            return Decision::Forward;
        };
        let (index, timestamp, ended) = self.newest;
        if packet.index > index {
            self.newest = (packet.index, packet.timestamp, packet.marker);
            if timestamp != packet.timestamp && !self.is_settled {
                // What is missing after a frame's end belongs to later ones.
                self.begin_frame(packet, if ended { index + 1 } else { packet.index });
            }
        }
        let shown = self.shown[usize::from(picture.temporal() & MAX_TEMPORAL)];
        let is_shown = (shown.from..shown.until).contains(&packet.index);
        if is_shown && (!self.shares_stream || self.needs(picture, packet.index)) {
            Decision::Forward
        } else {
            Decision::Skip
        }
    }

    /// A packet of a shared stream: whether nothing of it is shown yet, or it is the first that is.
    /// A key frame has every layer that the stream has, so it begins whichever is to be shown. One
    /// whose first packet came late has been decided about already.
    fn begin_in_stream(&mut self, packet: &MediaPacket<'_>) -> Option<Decision> {
        let (newest, ..) = self.newest;
        let is_late = self.current.is_some() && packet.index <= newest;
        if is_late || self.is_paused || !packet.begins_key_frame() {
            return self.current.is_none().then_some(Decision::Drop);
        }
        let coded = packet.picture.and_then(|picture| picture.structure());
        let top = coded.map_or(u8::MAX, |coded| coded.layers.saturating_sub(1));
        let next = self.next_layer().min(top);
        let before = self.current.replace(next);
        match before {
            Some(layer) if layer == next => {}
            Some(layer) => {
                self.since = (packet.index, Some(layer));
                self.is_settled = false;
            }
            None => {
                self.since = (packet.index, None);
                self.begin(packet);
                return Some(Decision::Begin);
            }
        }
        None
    }

    /// Whether a packet of a shared stream is part of what is shown at its index.
    fn needs(&self, picture: &Picture, index: u64) -> bool {
        let layer = self.layer_at(index);
        layer.is_some_and(|layer| picture.spatial() == layer || picture.is_below(layer))
    }

    /// The layer of a shared stream that is shown at an index.
    fn layer_at(&self, index: u64) -> Option<u8> {
        let (since, before) = self.since;
        if index < since { before } else { self.current }
    }

    /// Whether a packet is the last that is shown of its picture, though others follow it in the
    /// stream.
    pub fn is_last(&self, packet: &MediaPacket<'_>) -> bool {
        let ends = |picture: Picture| {
            picture.ends_layer() && self.layer_at(packet.index) == Some(picture.spatial())
        };
        self.shares_stream && packet.picture.is_some_and(ends)
    }

    /// A packet of another layer than the one that is shown.
    fn decide_other(&mut self, layer: u8, packet: &MediaPacket<'_>) -> Decision {
        let can_begin = !self.is_video || packet.begins_key_frame();
        if !can_begin || !self.awaits(layer) {
            return Decision::Drop;
        }
        self.current = Some(layer);
        self.begin(packet);
        Decision::Begin
    }

    /// The first packet of a stream that is shown.
    fn begin(&mut self, packet: &MediaPacket<'_>) {
        self.newest = (packet.index, packet.timestamp, packet.marker);
        // Nothing before a key frame is referred to after it.
        self.shown = [Stretch::NEVER; TEMPORAL_LAYERS];
        self.shown[..=usize::from(self.target.temporal & MAX_TEMPORAL)].fill(Stretch::ALWAYS);
        self.is_settled = true;
    }

    /// A new frame: what may change, changes here. `first` is its first index, or that of the first
    /// that is missing before it.
    fn begin_frame(&mut self, packet: &MediaPacket<'_>, first: u64) {
        let Some(picture) = &packet.picture else {
            return;
        };
        let is_key_frame = packet.begins_key_frame();
        self.is_settled = true;
        let top = self.top_temporal();
        for temporal in 1..TEMPORAL_LAYERS {
            let below_is_open = self.shown[temporal - 1].is_open();
            let stretch = &mut self.shown[temporal];
            let is_wanted = temporal <= usize::from(top);
            if stretch.is_open() && !is_wanted {
                stretch.until = first;
            } else if !stretch.is_open() && is_wanted {
                // A layer's later frames may refer to those below it, so they come back in order.
                let is_sync = match picture.opens() {
                    Opens::None => false,
                    Opens::Itself(itself) => usize::from(itself) == temporal,
                    Opens::Above(below) => usize::from(below) < temporal,
                };
                if is_key_frame || (is_sync && below_is_open) {
                    *stretch = Stretch::since(packet.index);
                } else {
                    self.is_settled = false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
