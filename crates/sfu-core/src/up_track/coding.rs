//! What a sender's dependency descriptors say of its stream: of each packet where it stands, and which
//! layers are coded.
//!
//! Invariant: what a later frame has told is not taken back by one that comes late; a packet is read by
//! the structure that was sent before it, the last or the one before that, and by no other.

use crate::layers::LayerSet;
use crate::picture::Described;
use homeroom_rtp::ParseError;
use homeroom_rtp::dependency::{DependencyDescriptor, Layer, Structure, frame_number};
use homeroom_rtp::sequence::unwrap;
use homeroom_rtp::vp9::{self, MAX_SIZES};

/// Below the number of a stream's first frame: what comes before it counts from there.
const FIRST_TURN: u64 = 1 << 16;

/// What a descriptor says.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Of its packet.
    pub described: Described,
    /// Which layers are coded from its frame on, if it says so.
    pub coded: Option<LayerSet>,
}

/// What is known of one stream.
#[derive(Default)]
pub struct Coding {
    /// The newest frame's number, counted on over its wraps.
    newest: Option<u64>,
    /// None before the first, as most streams have none.
    structures: Option<Box<Structures>>,
    /// The newest frame that told which layers are coded.
    told_by: Option<u64>,
}

/// The last structure and the one before, each with the number of the frame that brought it.
struct Structures {
    last: (u64, Structure),
    before: Option<(u64, Structure)>,
}

impl Structures {
    /// The one by which a frame was written.
    fn at(&self, number: u64) -> Option<&Structure> {
        let before = self.before.as_ref();
        let known = [Some(&self.last), before].into_iter().flatten();
        let mut of_frame = known.filter(|(since, _)| *since <= number);
        of_frame.next().map(|(_, structure)| structure)
    }

    fn keep(&mut self, number: u64, new: Structure) {
        let (last, _) = self.last;
        if number > last {
            self.before = Some(std::mem::replace(&mut self.last, (number, new)));
        } else if number < last && self.before.is_none_or(|(before, _)| before <= number) {
            self.before = Some((number, new));
        }
    }
}

impl Coding {
    /// Notes a descriptor, and reads it.
    pub fn note(&mut self, data: &[u8]) -> Result<Told, ParseError> {
        let number = frame_number(data).ok_or(ParseError::Truncated)?;
        let number = match self.newest {
            Some(newest) => unwrap(newest, number),
            None => FIRST_TURN + u64::from(number),
        };
        let structures = self.structures.as_deref();
        let known = structures.and_then(|structures| structures.at(number));
        let read = DependencyDescriptor::parse(data, known)?;
        let coded = read.structure.as_ref().or(known).zip(read.active_targets);
        let coded = coded.map(|(structure, active)| structure.spatial_layers(active));
        // Who codes none sends none.
        let coded = coded.filter(|coded| *coded != 0);
        self.newest = self.newest.max(Some(number));
        if let Some(new) = read.structure {
            self.keep(number, new);
        }
        let described = describe(&read, coded);
        let is_late = self.told_by.is_some_and(|told_by| number < told_by);
        let coded = coded.filter(|_| !is_late);
        if coded.is_some() {
            self.told_by = Some(number);
        }
        Ok(Told {
            described,
            coded: coded.map(layer_set),
        })
    }

    fn keep(&mut self, number: u64, new: Structure) {
        match &mut self.structures {
            Some(structures) => structures.keep(number, new),
            None => {
                let last = (number, new);
                let before = None;
                self.structures = Some(Box::new(Structures { last, before }));
            }
        }
    }
}

fn layer_set(layers: u8) -> LayerSet {
    let layers = (0..u8::BITS as u8).filter(|layer| layers & 1 << layer != 0);
    layers.fold(LayerSet::NONE, LayerSet::with)
}

/// What is to be known of a packet; `coded` are the spatial layers that are coded from it on, one bit
/// each.
fn describe(read: &DependencyDescriptor, coded: Option<u8>) -> Described {
    // A structure stands where a decoder can begin: in the first packet of a key frame's lowest layer.
    let begins = read.begins_frame && read.role.layer == Layer::default();
    let structure = read.structure.as_ref().filter(|_| begins).zip(coded);
    let structure = structure.map(|(structure, coded)| {
        let mut heights = [0; MAX_SIZES];
        heights.copy_from_slice(&structure.heights()[..MAX_SIZES]);
        vp9::Structure {
            layers: (u8::BITS - coded.leading_zeros()) as u8,
            heights,
        }
    });
    Described {
        number: Some(read.frame_number),
        role: read.role,
        begins_key_frame: structure.is_some(),
        ends_frame: read.ends_frame,
        structure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three layers and as many decode targets, each on its own; templates are the layers'.
    const STRUCTURE: [u8; 9] = [0x80, 0x00, 0x09, 0x80, 0x02, 0xaf, 0xf3, 0xc3, 0x00];
    /// A later frame of the base layer, of which two targets are active.
    const FEWER: [u8; 4] = [0xc0, 0x00, 0x0a, 0x43];

    fn coded(coding: &mut Coding, data: &[u8]) -> Option<LayerSet> {
        coding.note(data).ok()?.coded
    }

    fn set(layers: &[u8]) -> Option<LayerSet> {
        let layers = layers.iter().copied();
        Some(layers.fold(LayerSet::NONE, LayerSet::with))
    }

    #[test]
    fn the_newest_frame_that_tells_counts() {
        let mut coding = Coding::default();
        assert_eq!(coded(&mut coding, &FEWER), None, "of what is unknown");
        assert_eq!(coded(&mut coding, &STRUCTURE), set(&[0, 1, 2]));
        assert_eq!(coded(&mut coding, &FEWER), set(&[0, 1]));
        assert_eq!(coded(&mut coding, &STRUCTURE), None, "it is late");
        let says_nothing = [0xc0, 0x00, 0x0b];
        assert_eq!(coded(&mut coding, &says_nothing), None);
        assert_eq!(coded(&mut coding, &[]), None);
        // Numbers wrap, and the last that told may be more than half a turn back.
        let mut silent = says_nothing;
        for number in [0x7000u16, 0xe000, 0x0001, 0x7fff, 0xfffe, 0x7ffd, 0xfffc] {
            silent[1..].copy_from_slice(&number.to_be_bytes());
            assert_eq!(coded(&mut coding, &silent), None, "{number:x}");
        }
        let mut structure = STRUCTURE;
        for number in [0xfffd_u16, 0x0001, 0x7000, 0xe000, 0x0002] {
            structure[1..3].copy_from_slice(&number.to_be_bytes());
            let told = coded(&mut coding, &structure);
            assert_eq!(told, set(&[0, 1, 2]), "{number:x}");
        }
    }

    /// Templates of the same layers under other numbers, from 16 on.
    fn renumbered(number: u16) -> [u8; 9] {
        let mut structure = STRUCTURE;
        structure[1..3].copy_from_slice(&number.to_be_bytes());
        structure[0] |= 16;
        // Six bits after the five flags.
        structure[3] |= 16 >> 3;
        structure
    }

    #[test]
    fn a_packet_is_read_by_the_structure_before_it() {
        let mut coding = Coding::default();
        let spatial = |coding: &mut Coding, template: u8, number: u16| {
            let [high, low] = number.to_be_bytes();
            let read = coding.note(&[0xc0 | template, high, low]);
            read.map(|told| told.described.role.layer.spatial)
        };
        let unknown = Err(ParseError::Structure);
        assert_eq!(spatial(&mut coding, 1, 0xfff0), unknown);
        let mut first = STRUCTURE;
        first[1..3].copy_from_slice(&[0xff, 0xf0]);
        coding.note(&first).expect("whole");
        assert_eq!(spatial(&mut coding, 1, 0xfff1), Ok(1));
        // The next structure got lost.
        assert_eq!(spatial(&mut coding, 17, 0x0003), unknown);
        coding.note(&renumbered(0x0002)).expect("whole");
        let rows = [
            (17, 0x0003, Ok(1)),
            (18, 0x0004, Ok(2)),
            (1, 0x0005, unknown),
            // Late, of before.
            (2, 0xfff2, Ok(2)),
            (17, 0xfff2, unknown),
            (2, 0xffef, unknown),
        ];
        for (template, number, expected) in rows {
            let read = spatial(&mut coding, template, number);
            assert_eq!(read, expected, "{template} of {number:x}");
        }
        // What comes again changes nothing.
        coding.note(&first).expect("whole");
        assert_eq!(spatial(&mut coding, 17, 0x0006), Ok(1));
    }

    #[test]
    fn a_decoder_can_begin_where_a_structure_stands_in_the_first_packet_of_all() {
        let begins = |first: u8| {
            let mut structure = STRUCTURE;
            structure[0] = first;
            let described = Coding::default().note(&structure).expect("whole").described;
            let layers = described.structure.map(|structure| structure.layers);
            (described.begins_key_frame, described.ends_frame, layers)
        };
        assert_eq!(begins(0x80), (true, false, Some(3)));
        assert_eq!(begins(0xc0), (true, true, Some(3)));
        assert_eq!(begins(0x00), (false, false, None), "it goes on");
        assert_eq!(begins(0x81), (false, false, None), "of a layer above");
    }

    #[test]
    fn a_key_frame_has_the_layers_that_are_active_in_it() {
        let rows = [
            (0b001, Some(1)),
            (0b011, Some(2)),
            (0b111, Some(3)),
            (0, None),
        ];
        for (active, layers) in rows {
            // The flag of what is active; a bit for each target in the last two bits, and one more.
            let mut data = STRUCTURE.to_vec();
            data[3] |= 0x40;
            data[8] |= active >> 1;
            data.push(active << 7);
            let described = Coding::default().note(&data).expect("whole").described;
            let told = described.structure.map(|structure| structure.layers);
            assert_eq!(told, layers, "{active:b}");
        }
    }
}
