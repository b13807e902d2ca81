//! Dependency descriptors as a browser writes them for L1T3, L2T3_KEY and L3T3_KEY (AV1 RTP, appendix
//! A): decode targets are all pairs of a spatial and a temporal layer.
//!
//! Invariant: structures of different layers number their templates differently, as they must.

/// Temporal layers.
const TEMPORAL: u32 = 3;
/// Templates of a spatial layer: of key frames, and of each temporal layer.
const TEMPLATES: u32 = 1 + TEMPORAL;
/// What a frame is to a decode target.
const NOT_PRESENT: u32 = 0;
const DISCARDABLE: u32 = 1;
const SWITCH: u32 = 2;
const REQUIRED: u32 = 3;

/// What a descriptor is to say of a packet.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    pub number: u16,
    pub spatial: u8,
    pub temporal: u8,
    /// Spatial layers of the last structure, and those of them that are coded.
    pub layers: u8,
    pub coded: u8,
    /// How many of its source's layers are in other streams, and smaller.
    pub smaller: u8,
    pub is_key_frame: bool,
    /// Higher temporal layers can begin after it.
    pub opens: bool,
    pub begins: bool,
    pub ends: bool,
}

impl Described {
    pub fn write(self) -> Vec<u8> {
        let mut bits = Bits::default();
        let (spatial, temporal) = (u32::from(self.spatial), u32::from(self.temporal));
        let place = if self.is_key_frame { 0 } else { 1 + temporal };
        bits.put(u32::from(self.begins), 1);
        bits.put(u32::from(self.ends), 1);
        let template = first_template(self.layers) + spatial * TEMPLATES + place;
        bits.put(template, 6);
        bits.put(self.number.into(), 16);
        let has_structure = self.is_key_frame && self.begins && self.spatial == 0;
        let has_active = self.coded < self.layers;
        let has_own = !self.is_key_frame && !self.opens && self.temporal == 0;
        if !(has_structure || has_active || has_own) {
            return bits.bytes;
        }
        for flag in [has_structure, has_active, has_own, false, false] {
            bits.put(u32::from(flag), 1);
        }
        let layers = u32::from(self.layers);
        if has_structure {
            write_structure(&mut bits, layers, self.smaller);
        }
        if has_active {
            let active = (1 << (u32::from(self.coded) * TEMPORAL)) - 1;
            bits.put(active, (layers * TEMPORAL) as usize);
        }
        if has_own {
            for (target, above) in targets(layers) {
                let indication = match target == spatial {
                    true if above > temporal => REQUIRED,
                    true => SWITCH,
                    false => NOT_PRESENT,
                };
                bits.put(indication, 2);
            }
        }
        bits.bytes
    }
}

fn first_template(layers: u8) -> u32 {
    16 * (u32::from(layers) - 1)
}

fn targets(layers: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..layers).flat_map(|spatial| (0..TEMPORAL).map(move |temporal| (spatial, temporal)))
}

fn write_structure(bits: &mut Bits, layers: u32, smaller: u8) {
    let count = layers * TEMPORAL;
    bits.put(first_template(layers as u8), 6);
    bits.put(count - 1, 5);
    for spatial in 0..layers {
        // A key frame's, then T0 of the same layer, T1, T2; the next is of another layer, or there is none.
        let last = if spatial + 1 == layers { 3 } else { 2 };
        for step in [0, 1, 1, last] {
            bits.put(step, 2);
        }
    }
    for spatial in 0..layers {
        for place in 0..TEMPLATES {
            for (target, temporal) in targets(layers) {
                let indication = match place.checked_sub(1) {
                    // A key frame's are needed above.
                    None if target < spatial => NOT_PRESENT,
                    None => SWITCH,
                    Some(own) if target != spatial || temporal < own => NOT_PRESENT,
                    Some(own) if temporal == own && own > 0 => DISCARDABLE,
                    Some(_) => SWITCH,
                };
                bits.put(indication, 2);
            }
        }
    }
    // No references.
    bits.put(0, (layers * TEMPLATES) as usize);
    // No chains: a number up to the targets' in as few bits as it takes.
    bits.put(0, (count + 1).ilog2() as usize);
    bits.put(1, 1);
    for layer in (0..layers).map(|layer| layer + u32::from(smaller)) {
        bits.put((320 << layer) - 1, 16);
        bits.put((180 << layer) - 1, 16);
    }
}

/// Writes the highest bit of each number first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn put(&mut self, number: u32, width: usize) {
        for bit in (0..width).rev() {
            if self.at.is_multiple_of(8) {
                self.bytes.push(0);
            }
            self.bytes[self.at / 8] |= (number >> bit & 1) as u8 * (0x80 >> (self.at % 8));
            self.at += 1;
        }
    }
}
