//! The dependency descriptor: which layer a packet is of, whatever codec, and which layers its sender
//! codes (AV1 RTP specification, appendix A).
//!
//! Most packets name one of the templates that the last structure has, in three bytes; a key frame's
//! first packet brings the structure. What a frame refers to is passed over: to choose layers, the
//! templates' layers and the decode targets suffice.
//!
//! Invariant: a [`Structure`] exists only if all of it was there; every loop over what a packet says
//! stops at [`MAX_TEMPLATES`], [`MAX_TARGETS`], or the packet's end.

use crate::ParseError;

/// Templates there can be: they are numbered in six bits.
pub const MAX_TEMPLATES: usize = 64;
/// Decode targets there can be: they are counted in five bits.
pub const MAX_TARGETS: usize = 32;
/// Spatial layers of a structure that we take.
pub const MAX_SPATIAL: usize = 4;
/// Temporal layers of one.
pub const MAX_TEMPORAL: usize = 8;

/// Bytes of the fields that are always there (A.8.2).
const MANDATORY_BYTES: usize = 3;

/// A frame's place among the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// The spatial layer.
    pub spatial: u8,
    /// The temporal layer.
    pub temporal: u8,
}

/// What a sender's frames have in common until its next structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The number of the first template.
    first_template: u8,
    templates: [Layer; MAX_TEMPLATES],
    template_count: u8,
    /// The highest layers of each decode target.
    targets: [Layer; MAX_TARGETS],
    target_count: u8,
    /// Heights in pixels by spatial layer; 0 where it does not say.
    heights: [u16; MAX_SPATIAL],
}

/// What a packet's descriptor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencyDescriptor {
    /// The packet begins a frame.
    pub begins_frame: bool,
    /// The packet ends a frame.
    pub ends_frame: bool,
    /// The frame's number, wrapping; frames of all layers are counted together.
    pub frame_number: u16,
    /// Where the frame stands.
    pub layer: Layer,
    /// What holds from this packet on.
    pub structure: Option<Structure>,
    /// The decode targets that are coded from this frame on, one bit each.
    pub active_targets: Option<u32>,
}

impl Structure {
    /// How many decode targets there are.
    #[must_use]
    pub const fn target_count(&self) -> u8 {
        self.target_count
    }

    /// The heights of its spatial layers in pixels, smallest first; 0 where it does not say.
    #[must_use]
    pub const fn heights(&self) -> [u16; MAX_SPATIAL] {
        self.heights
    }

    /// The spatial layers of some decode targets, one bit each.
    #[must_use]
    pub fn spatial_layers(&self, targets: u32) -> u8 {
        let count = usize::from(self.target_count);
        let is_in = |(number, _): &(usize, &Layer)| targets & 1 << number != 0;
        let of = self.targets[..count].iter().enumerate().filter(is_in);
        // A target has every layer up to its own.
        of.fold(0, |layers, (_, target)| {
            layers | ((2u8 << target.spatial) - 1)
        })
    }

    /// A template by the number that frames name it by.
    fn template(&self, id: u8) -> Option<Layer> {
        let place = usize::from(id.wrapping_sub(self.first_template)) % MAX_TEMPLATES;
        let templates = self.templates.get(..usize::from(self.template_count))?;
        templates.get(place).copied()
    }
}

impl DependencyDescriptor {
    /// Reads the extension's data; `known` is the sender's last structure.
    pub fn parse(data: &[u8], known: Option<&Structure>) -> Result<Self, ParseError> {
        let mut bits = Bits { data, at: 0 };
        let (descriptor, template) = read(&mut bits, known).ok_or(ParseError::Truncated)?;
        let structure = descriptor.structure.as_ref().or(known);
        let layer = structure.and_then(|structure| structure.template(template));
        Ok(Self {
            layer: layer.ok_or(ParseError::Structure)?,
            ..descriptor
        })
    }
}

/// The descriptor without its layer, and the template that tells it.
fn read(bits: &mut Bits<'_>, known: Option<&Structure>) -> Option<(DependencyDescriptor, u8)> {
    let begins_frame = bits.take(1)? == 1;
    let ends_frame = bits.take(1)? == 1;
    let template = bits.take(6)? as u8;
    let mut descriptor = DependencyDescriptor {
        begins_frame,
        ends_frame,
        frame_number: bits.take(16)? as u16,
        layer: Layer::default(),
        structure: None,
        active_targets: None,
    };
    if bits.data.len() > MANDATORY_BYTES {
        let (has_structure, has_active) = (bits.take(1)? == 1, bits.take(1)? == 1);
        // Whether the frame has decode targets, references and chains of its own: all of that
        // stands behind what we read.
        bits.take(3)?;
        if has_structure {
            let structure = read_structure(bits)?;
            let all = u32::MAX >> (MAX_TARGETS - usize::from(structure.target_count));
            descriptor.active_targets = Some(all);
            descriptor.structure = Some(structure);
        }
        if has_active {
            let structure = descriptor.structure.as_ref().or(known);
            // Of what is not known nothing can be active.
            let count = structure.map_or(0, |structure| structure.target_count);
            descriptor.active_targets = Some(bits.take(count.into())?).filter(|_| count > 0);
        }
    }
    Some((descriptor, template))
}

fn read_structure(bits: &mut Bits<'_>) -> Option<Structure> {
    let first_template = bits.take(6)? as u8;
    let target_count = bits.take(5)? as u8 + 1;
    let mut structure = Structure {
        first_template,
        templates: [Layer::default(); MAX_TEMPLATES],
        template_count: 0,
        targets: [Layer::default(); MAX_TARGETS],
        target_count,
        heights: [0; MAX_SPATIAL],
    };
    let spatial_layers = read_templates(bits, &mut structure)?;
    read_targets(bits, &mut structure)?;
    for _ in 0..structure.template_count {
        // What a template refers to.
        while bits.take(1)? == 1 {
            bits.take(4)?;
        }
    }
    skip_chains(bits, &structure)?;
    if bits.take(1)? == 1 {
        for layer in 0..spatial_layers {
            let _width = bits.take(16)?;
            let height = bits.take(16)?;
            structure.heights[layer] = height.saturating_add(1).min(u16::MAX.into()) as u16;
        }
    }
    Some(structure)
}

/// The layers of the templates (A.8.3, `template_layers`); how many spatial layers they have.
fn read_templates(bits: &mut Bits<'_>, structure: &mut Structure) -> Option<usize> {
    let mut layer = Layer::default();
    for template in &mut structure.templates {
        *template = layer;
        structure.template_count += 1;
        match bits.take(2)? {
            0 => {}
            1 => layer.temporal += 1,
            2 => {
                layer = Layer {
                    spatial: layer.spatial + 1,
                    temporal: 0,
                };
            }
            _ => return Some(usize::from(layer.spatial) + 1),
        }
        let is_ours =
            usize::from(layer.spatial) < MAX_SPATIAL && usize::from(layer.temporal) < MAX_TEMPORAL;
        if !is_ours {
            return None;
        }
    }
    // More templates than can be named.
    None
}

/// The highest layers of the decode targets: of all templates that are in one (A.8.3,
/// `template_dtis` and `decode_target_layers`).
fn read_targets(bits: &mut Bits<'_>, structure: &mut Structure) -> Option<()> {
    let count = usize::from(structure.target_count);
    for template in &structure.templates[..usize::from(structure.template_count)] {
        for target in &mut structure.targets[..count] {
            if bits.take(2)? != 0 {
                target.spatial = target.spatial.max(template.spatial);
                target.temporal = target.temporal.max(template.temporal);
            }
        }
    }
    Some(())
}

fn skip_chains(bits: &mut Bits<'_>, structure: &Structure) -> Option<()> {
    let targets = u32::from(structure.target_count);
    let chains = bits.take_below(targets + 1)?;
    if chains == 0 {
        return Some(());
    }
    for _ in 0..targets {
        bits.take_below(chains)?;
    }
    for _ in 0..u32::from(structure.template_count) * chains {
        bits.take(4)?;
    }
    Some(())
}

/// Reads from the front of a slice, the highest bit of each byte first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, 32 at most, as a number.
    fn take(&mut self, count: usize) -> Option<u32> {
        let end = self.at + count;
        if end > 8 * self.data.len() {
            return None;
        }
        let bit = |at: usize| u32::from(self.data[at / 8] >> (7 - at % 8) & 1);
        let number = (self.at..end).fold(0, |number, at| number << 1 | bit(at));
        self.at = end;
        Some(number)
    }

    /// A number below `count`, in as few bits as it takes (A.8.1, `ns(n)`).
    fn take_below(&mut self, count: u32) -> Option<u32> {
        let width = (u32::BITS - count.leading_zeros()) as usize;
        let spare = (1 << width) - count;
        let number = self.take(width - 1)?;
        if number < spare {
            return Some(number);
        }
        Some((number << 1) + self.take(1)? - spare)
    }
}

#[cfg(test)]
mod tests;
