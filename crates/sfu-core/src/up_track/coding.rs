//! Which layers of its one stream a sender codes, as its dependency descriptors tell.
//!
//! Invariant: what a later frame has told is not taken back by one that comes late.

use crate::layers::LayerSet;
use homeroom_rtp::dependency::{DependencyDescriptor, Structure};
use homeroom_rtp::sequence::is_newer;

/// What is known of one stream.
#[derive(Default)]
pub struct Coding {
    /// The last structure; none before the first, as most streams have none.
    structure: Option<Box<Structure>>,
    /// The newest frame that told.
    told_by: Option<u16>,
}

impl Coding {
    /// Notes a descriptor; the layers that are coded from its frame on, if it says so.
    pub fn note(&mut self, data: &[u8]) -> Option<LayerSet> {
        let read = DependencyDescriptor::parse(data, self.structure.as_deref()).ok()?;
        let active = read.active_targets?;
        let is_late = |told_by: u16| is_newer(told_by, read.frame_number);
        if self.told_by.is_some_and(is_late) {
            return None;
        }
        self.told_by = Some(read.frame_number);
        if let Some(new) = read.structure {
            match &mut self.structure {
                Some(structure) => **structure = new,
                None => self.structure = Some(Box::new(new)),
            }
        }
        let layers = self.structure.as_ref()?.spatial_layers(active);
        let layers = (0..u8::BITS as u8).filter(|layer| layers & 1 << layer != 0);
        let layers = layers.fold(LayerSet::NONE, LayerSet::with);
        // Who codes none sends none.
        Some(layers).filter(|layers| !layers.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three layers and as many decode targets, each on its own; templates are the layers'.
    const STRUCTURE: [u8; 9] = [0x80, 0x00, 0x09, 0x80, 0x02, 0xaf, 0xf3, 0xc3, 0x00];
    /// A later frame of the base layer, of which two targets are active.
    const FEWER: [u8; 4] = [0xc0, 0x00, 0x0a, 0x43];

    fn set(layers: &[u8]) -> Option<LayerSet> {
        let layers = layers.iter().copied();
        Some(layers.fold(LayerSet::NONE, LayerSet::with))
    }

    #[test]
    fn the_newest_frame_that_tells_counts() {
        let mut coding = Coding::default();
        assert_eq!(coding.note(&FEWER), None, "of what is unknown");
        assert_eq!(coding.note(&STRUCTURE), set(&[0, 1, 2]));
        assert_eq!(coding.note(&FEWER), set(&[0, 1]));
        assert_eq!(coding.note(&STRUCTURE), None, "it is late");
        assert_eq!(coding.note(&[0xc0, 0x00, 0x0b]), None, "it says nothing");
        assert_eq!(coding.note(&[]), None);
        // Numbers wrap.
        let mut structure = STRUCTURE;
        for number in [0x7000u16, 0xe000, 0x0001] {
            structure[1..3].copy_from_slice(&number.to_be_bytes());
            assert_eq!(coding.note(&structure), set(&[0, 1, 2]), "{number:x}");
        }
        assert_eq!(coding.note(&FEWER), set(&[0, 1]));
    }
}
