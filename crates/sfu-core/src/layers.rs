//! The spatial layers of a source: which there are, which arrive, and which one a picture of some
//! height needs.
//!
//! Layer 0 is the smallest (RFC 8853 lets a sender order them as it likes; see `sdp`'s simulcast).
//! A source that is one stream has layer 0 alone, unless its codec puts several into one (VP9).
//!
//! Invariant: pure; a [`LayerSet`] holds only layers below [`MAX_LAYERS`].

use crate::bounds::MAX_LAYERS;

/// The highest temporal layer there can be: VP8 numbers them in two bits (RFC 7741 §4.2).
pub const MAX_TEMPORAL: u8 = 3;
/// A layer is tall enough for a tile when it has three quarters of its pixels: the step up would
/// cost four times the bits, and a browser scales that much without anybody seeing it.
const TALL_ENOUGH: (u32, u32) = (3, 4);
/// Heights in pixels until key frames tell: what a 720p camera gives.
const USUAL_HEIGHTS: [u16; MAX_LAYERS] = [180, 360, 720];

/// A set of spatial layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct LayerSet(u8);

impl LayerSet {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every layer there can be.
    pub const ALL: Self = Self((1 << MAX_LAYERS) - 1);

    /// One layer.
    #[must_use]
    pub const fn of(layer: u8) -> Self {
        Self::NONE.with(layer)
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, layer: u8) -> Self {
        Self((self.0 | 1 << layer) & Self::ALL.0)
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, layer: u8) -> Self {
        Self(self.0 & !(1 << layer))
    }

    /// Those of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this that `other` has not.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it holds a layer.
    #[must_use]
    pub const fn contains(self, layer: u8) -> bool {
        self.0 & (1 << layer) != 0
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its layers, smallest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u8> {
        (0..MAX_LAYERS as u8).filter(move |layer| self.contains(*layer))
    }
}

/// What a receiver is to be shown of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The spatial layer.
    pub spatial: u8,
    /// The highest temporal layer.
    pub temporal: u8,
}

/// How soon a slot must take less than it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurry {
    /// When the smaller layer has begun.
    No,
    /// At the next frame: the base layer of what is shown must do until the smaller one has begun.
    Base,
    /// At once: the line carries nothing of what is shown, and voices come first.
    Stop,
}

impl Target {
    /// All of a source that is one stream.
    pub const WHOLE: Self = Self {
        spatial: 0,
        temporal: MAX_TEMPORAL,
    };
}

/// What is known of a source's layers. It crosses to other workers, who cannot see it for
/// themselves: only wanted layers come to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerInfo {
    /// How many the offer has.
    pub count: u8,
    /// Which of them arrive.
    pub living: LayerSet,
    /// Their heights in pixels, as their key frames said; 0 is unknown.
    pub heights: [u16; MAX_LAYERS],
    /// All of them are parts of one stream, the first.
    pub share_stream: bool,
}

impl LayerInfo {
    /// Nothing has arrived of the layers an offer has.
    #[must_use]
    pub const fn of(count: u8) -> Self {
        Self {
            count,
            living: LayerSet::NONE,
            heights: [0; MAX_LAYERS],
            share_stream: false,
        }
    }

    /// The same of layers that share a stream: how many a sender makes, it may change as it goes.
    #[must_use]
    pub const fn in_one_stream() -> Self {
        Self {
            share_stream: true,
            ..Self::of(MAX_LAYERS as u8)
        }
    }

    /// The stream that carries a layer.
    #[must_use]
    pub const fn stream_of(&self, layer: u8) -> u8 {
        if self.share_stream { 0 } else { layer }
    }

    /// The streams that carry some layers.
    #[must_use]
    pub const fn streams_of(&self, layers: LayerSet) -> LayerSet {
        match self.share_stream && !layers.is_empty() {
            true => LayerSet::of(0),
            false => layers,
        }
    }

    /// The layer of a stream's packet, which says which of the stream's own layers it is of.
    #[must_use]
    pub const fn layer_of(&self, stream: u8, own: u8) -> u8 {
        match self.share_stream {
            true if own < MAX_LAYERS as u8 => own,
            true => MAX_LAYERS as u8 - 1,
            false => stream,
        }
    }

    /// The highest layer there is.
    #[must_use]
    pub const fn top(&self) -> u8 {
        self.count.saturating_sub(1)
    }

    /// The smallest layer that is tall enough for a picture of `max_height` pixels; 0 is any size.
    #[must_use]
    pub fn layer_for(&self, max_height: u16) -> u8 {
        let (tall, enough) = TALL_ENOUGH;
        let is_enough = |layer: &u8| {
            let height = match self.heights[usize::from(*layer)] {
                0 => USUAL_HEIGHTS[usize::from(*layer)],
                known => known,
            };
            max_height != 0 && u32::from(height) * enough >= u32::from(max_height) * tall
        };
        (0..self.top()).find(is_enough).unwrap_or(self.top())
    }

    /// What to show while `wanted` does not arrive: the best below it that does, else the smallest
    /// above. `None`: it does arrive, or nothing does.
    #[must_use]
    pub fn fallback(&self, wanted: u8) -> Option<u8> {
        if self.living.contains(wanted) {
            return None;
        }
        let below = self.living.iter().rev().find(|layer| *layer < wanted);
        below.or_else(|| self.living.iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_gets_the_smallest_layer_that_is_tall_enough() {
        let camera = LayerInfo::of(3);
        let square = LayerInfo {
            heights: [120, 240, 480],
            ..camera
        };
        let pair = LayerInfo::of(2);
        let single = LayerInfo::of(1);
        let rows = [
            (camera, 1, 0),
            (camera, 180, 0),
            (camera, 240, 0),
            (camera, 241, 1),
            (camera, 480, 1),
            (camera, 481, 2),
            (camera, u16::MAX, 2),
            (camera, 0, 2),
            (square, 160, 0),
            (square, 161, 1),
            (square, 321, 2),
            (pair, 240, 0),
            (pair, 241, 1),
            (pair, 0, 1),
            (single, 90, 0),
            (single, 0, 0),
        ];
        for (info, height, layer) in rows {
            assert_eq!(info.layer_for(height), layer, "{height} of {info:?}");
        }
    }

    #[test]
    fn what_does_not_arrive_is_stood_in_for() {
        let set = |layers: &[u8]| layers.iter().fold(LayerSet::NONE, |s, l| s.with(*l));
        let rows: [(&[u8], u8, Option<u8>); 8] = [
            (&[], 2, None),
            (&[0, 1, 2], 2, None),
            (&[0, 1], 2, Some(1)),
            (&[0], 2, Some(0)),
            (&[0, 2], 1, Some(0)),
            (&[2], 1, Some(2)),
            (&[1, 2], 0, Some(1)),
            (&[0], 0, None),
        ];
        for (living, wanted, fallback) in rows {
            let info = LayerInfo {
                living: set(living),
                ..LayerInfo::of(3)
            };
            assert_eq!(info.fallback(wanted), fallback, "{living:?} for {wanted}");
        }
    }

    #[test]
    fn a_set_holds_no_layer_beyond_the_bound() {
        assert_eq!(LayerSet::NONE.with(MAX_LAYERS as u8), LayerSet::NONE);
        assert_eq!(LayerSet::ALL.without(1).iter().collect::<Vec<_>>(), [0, 2]);
        assert_eq!(
            LayerSet::of(1).and(LayerSet::of(2)).minus(LayerSet::of(1)),
            LayerSet::of(2)
        );
    }
}
