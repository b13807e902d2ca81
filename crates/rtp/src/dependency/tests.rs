//! Descriptors of a browser and some made here, then properties.

use proptest::prelude::*;

use super::*;

/// A key frame's first packet of a browser that codes L3T3, and the next packets: each is whole.
const CHROMIUM: [&str; 7] = [
    "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926\
     e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601\
     df010d",
    "86017340fc",
    "46017340fc",
    "c3017540fc",
    "88017640fc",
    "48017640fc",
    "c2017840fc",
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(pair, 16).expect("digits")
    };
    digits.chunks(2).map(byte).collect()
}

/// Writes numbers of so many bits each, and fills the last byte.
fn packed(fields: &[(u32, usize)]) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    for (number, width) in fields {
        for bit in (0..*width).rev() {
            if at % 8 == 0 {
                bytes.push(0);
            }
            bytes[at / 8] |= (number >> bit & 1) as u8 * (0x80 >> (at % 8));
            at += 1;
        }
    }
    bytes
}

/// The mandatory fields, as numbers and widths.
fn mandatory(template: u32, number: u32) -> Vec<(u32, usize)> {
    vec![(1, 1), (0, 1), (template, 6), (number, 16)]
}

/// Two spatial layers, the upper of two temporal layers; two decode targets, one for each spatial
/// layer; templates are numbered from 62. `chains` protect them.
fn structure(chains: u32) -> Vec<(u32, usize)> {
    let mut fields = mandatory(62, 7);
    fields.extend([(1, 1), (0, 4)]);
    fields.extend([(62, 6), (1, 5)]);
    // Same layer again, next spatial layer, next temporal layer, no more.
    fields.extend([(0, 2), (2, 2), (1, 2), (3, 2)]);
    // The targets of each template: the first in both, the others in the second alone.
    fields.extend([
        (3, 2),
        (3, 2),
        (2, 2),
        (2, 2),
        (0, 2),
        (1, 2),
        (0, 2),
        (1, 2),
    ]);
    // References: none, one, two, none.
    fields.extend([(0, 1), (1, 1), (4, 4), (0, 1)]);
    fields.extend([(1, 1), (0, 4), (1, 1), (15, 4), (0, 1), (0, 1)]);
    // A number below three takes one bit if it is 0.
    match chains {
        0 => fields.push((0, 1)),
        1 => fields.extend([(2, 2)]),
        _ => fields.extend([(3, 2), (0, 1), (1, 1)]),
    }
    fields.extend(vec![(9, 4); 4 * chains as usize]);
    fields
}

fn with_sizes(mut fields: Vec<(u32, usize)>, sizes: &[(u32, u32)]) -> Vec<u8> {
    fields.push((u32::from(!sizes.is_empty()), 1));
    let sizes = sizes
        .iter()
        .flat_map(|(width, height)| [width - 1, height - 1]);
    fields.extend(sizes.map(|size| (size, 16)));
    packed(&fields)
}

#[test]
fn what_a_browser_sends_is_read() {
    let key_frame = DependencyDescriptor::parse(&bytes(CHROMIUM[0]), None).expect("whole");
    let structure = key_frame.structure.expect("a key frame has one");
    assert_eq!(structure.target_count(), 9);
    assert_eq!(structure.heights(), [67, 135, 270, 0]);
    assert_eq!(key_frame.active_targets, Some(0x1ff));
    assert_eq!(structure.spatial_layers(0x1ff), 0b111);
    assert_eq!(
        (key_frame.begins_frame, key_frame.frame_number),
        (true, 0x172)
    );
    let role = |spatial, temporal, needed_by, opens_above| Role {
        layer: Layer { spatial, temporal },
        needed_by,
        opens_above,
    };
    assert_eq!(key_frame.role, role(0, 0, 0b111, true));
    // Of an L3T3 the layers above need every frame below.
    for (hex, begins, ends, number, expected) in [
        (CHROMIUM[1], true, false, 0x173, role(1, 0, 0b110, true)),
        (CHROMIUM[2], false, true, 0x173, role(1, 0, 0b110, true)),
        (CHROMIUM[3], true, true, 0x175, role(0, 2, 0b111, false)),
        (CHROMIUM[4], true, false, 0x176, role(1, 2, 0b110, false)),
        (CHROMIUM[5], false, true, 0x176, role(1, 2, 0b110, false)),
        (CHROMIUM[6], true, true, 0x178, role(0, 1, 0b111, true)),
    ] {
        let read = DependencyDescriptor::parse(&bytes(hex), Some(&structure)).expect("whole");
        assert_eq!(
            (read.begins_frame, read.ends_frame),
            (begins, ends),
            "{hex}"
        );
        assert_eq!((read.frame_number, read.role), (number, expected), "{hex}");
        // The largest layer does not fit its line.
        let active = read.active_targets.expect("they say so");
        assert_eq!((active, structure.spatial_layers(active)), (0x3f, 0b011));
    }
}

#[test]
fn a_structure_is_read_with_any_chains_and_sizes() {
    for chains in [0, 1, 2] {
        for sizes in [&[][..], &[(320, 180), (640, 65_536)]] {
            let data = with_sizes(structure(chains), sizes);
            let read = DependencyDescriptor::parse(&data, None).expect("whole");
            let structure = read.structure.expect("it has one");
            assert_eq!((read.frame_number, read.active_targets), (7, Some(0b11)));
            let heights = if sizes.is_empty() {
                [0, 0]
            } else {
                [180, u16::MAX]
            };
            assert_eq!(structure.heights()[..2], heights, "{chains} chains");
            for (targets, layers) in [(0b00, 0b00), (0b01, 0b01), (0b10, 0b11), (0b11, 0b11)] {
                assert_eq!(structure.spatial_layers(targets), layers);
            }
            // What is cut short is refused, in every place.
            for len in 0..data.len() - 1 {
                let cut = DependencyDescriptor::parse(&data[..len], None);
                assert!(cut.is_err(), "{len} of {}: {cut:?}", data.len());
            }
        }
    }
}

#[test]
fn another_number_changes_nothing_else() {
    for hex in CHROMIUM {
        let before = bytes(hex);
        let mut after = before.clone();
        renumber(&mut after, 0xabcd);
        assert_eq!(frame_number(&after), Some(0xabcd), "{hex}");
        assert_eq!((after[0], &after[3..]), (before[0], &before[3..]));
    }
    assert_eq!(frame_number(&[0x80, 1]), None);
    renumber(&mut [0x80, 1], 5);
}

#[test]
fn templates_are_named_from_the_first_and_wrap() {
    let data = with_sizes(structure(0), &[]);
    let first = DependencyDescriptor::parse(&data, None).expect("whole");
    let known = first.structure.expect("it has one");
    let layer = |spatial, temporal| Ok(Layer { spatial, temporal });
    for (template, expected) in [
        (62, layer(0, 0)),
        (63, layer(0, 0)),
        (0, layer(1, 0)),
        (1, layer(1, 1)),
        (2, Err(ParseError::Structure)),
        (61, Err(ParseError::Structure)),
    ] {
        let data = packed(&mandatory(template, 9));
        let read = DependencyDescriptor::parse(&data, Some(&known));
        assert_eq!(read.map(|read| read.role.layer), expected, "{template}");
    }
    let data = packed(&mandatory(62, 9));
    let unknown = DependencyDescriptor::parse(&data, None);
    assert_eq!(
        unknown.map(|read| read.role.layer),
        Err(ParseError::Structure)
    );
}

#[test]
fn what_is_active_is_told_by_as_many_bits_as_there_are_targets() {
    let known = DependencyDescriptor::parse(&with_sizes(structure(0), &[]), None);
    let known = known.expect("whole").structure.expect("it has one");
    for (bits, layers) in [(0b01, 0b01), (0b10, 0b11)] {
        let mut fields = mandatory(63, 9);
        fields.extend([(0, 1), (1, 1), (0, 3), (bits, 2)]);
        let read = DependencyDescriptor::parse(&packed(&fields), Some(&known)).expect("whole");
        assert_eq!(read.active_targets, Some(bits));
        assert_eq!(known.spatial_layers(bits), layers);
    }
}

/// Decode targets of one spatial layer, one for each of three temporal layers, and a template of each.
fn one_layer(indications: [[u32; 3]; 3]) -> Structure {
    let mut fields = mandatory(0, 1);
    fields.extend([(1, 1), (0, 4), (0, 6), (2, 5)]);
    fields.extend([(1, 2), (1, 2), (3, 2)]);
    fields.extend(indications.as_flattened().iter().map(|of| (*of, 2)));
    // No references, chains or sizes.
    fields.extend([(0, 1), (0, 1), (0, 1), (0, 2), (0, 1)]);
    let read = DependencyDescriptor::parse(&packed(&fields), None).expect("whole");
    read.structure.expect("it has one")
}

#[test]
fn what_a_frame_opens_is_told_by_its_template_or_by_itself() {
    let structure = one_layer([[2, 2, 2], [0, 1, 2], [0, 0, 1]]);
    let opens = |template: u32, own: Option<[u32; 3]>| {
        let mut fields = mandatory(template, 2);
        if let Some(own) = own {
            fields.extend([(0, 2), (1, 1), (0, 2)]);
            fields.extend(own.map(|of| (of, 2)));
        }
        let read = DependencyDescriptor::parse(&packed(&fields), Some(&structure));
        read.expect("whole").role.opens_above
    };
    for (template, own, expected) in [
        (0, None, true),
        (1, None, true),
        // There is nothing above it.
        (2, None, false),
        (0, Some([2, 2, 2]), true),
        // The layers above go on from what was before it: both, or one of them.
        (0, Some([2, 3, 3]), false),
        (0, Some([2, 2, 3]), false),
        (0, Some([2, 3, 2]), false),
        (0, Some([3, 2, 2]), true),
        (1, Some([0, 2, 3]), false),
        (2, Some([0, 0, 2]), false),
    ] {
        assert_eq!(opens(template, own), expected, "{template} with {own:?}");
    }
}

#[test]
fn what_a_frame_is_needed_by_is_told_by_itself_where_it_says_so() {
    let data = with_sizes(structure(0), &[]);
    let first = DependencyDescriptor::parse(&data, None).expect("whole");
    let known = first.structure.expect("it has one");
    for (own, expected) in [
        (None, 0b11),
        (Some([1, 0]), 0b01),
        (Some([0, 3]), 0b10),
        (Some([0, 0]), 0b00),
    ] {
        let mut fields = mandatory(62, 9);
        if let Some(own) = own {
            // What is active is told before that.
            fields.extend([(0, 1), (1, 1), (1, 1), (0, 2), (3, 2)]);
            fields.extend(own.map(|of| (of, 2)));
        }
        let read = DependencyDescriptor::parse(&packed(&fields), Some(&known));
        assert_eq!(read.expect("whole").role.needed_by, expected, "{own:?}");
    }
}

#[test]
fn more_layers_or_templates_than_can_be_are_refused() {
    let check = |steps: &[u32]| {
        let mut fields = mandatory(0, 1);
        fields.extend([(1, 1), (0, 4), (0, 6), (0, 5)]);
        fields.extend(steps.iter().map(|step| (*step, 2)));
        // All that follows is zeros: no target, reference, chain or size.
        let mut data = packed(&fields);
        data.extend([0; 64]);
        DependencyDescriptor::parse(&data, None).is_ok()
    };
    let times = |step: u32, count: usize| {
        let mut steps = vec![step; count];
        steps.push(3);
        steps
    };
    assert!(check(&times(2, MAX_SPATIAL - 1)));
    assert!(!check(&times(2, MAX_SPATIAL)));
    assert!(check(&times(1, MAX_TEMPORAL - 1)));
    assert!(!check(&times(1, MAX_TEMPORAL)));
    assert!(check(&times(0, MAX_TEMPLATES - 1)));
    assert!(!check(&times(0, MAX_TEMPLATES)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        data in proptest::collection::vec(any::<u8>(), 0..256),
    ) {
        let known = DependencyDescriptor::parse(&bytes(CHROMIUM[0]), None).expect("whole");
        for known in [None, known.structure] {
            if let Ok(read) = DependencyDescriptor::parse(&data, known.as_ref()) {
                prop_assert!(usize::from(read.role.layer.spatial) < MAX_SPATIAL);
                prop_assert!(usize::from(read.role.layer.temporal) < MAX_TEMPORAL);
            }
        }
    }
}
