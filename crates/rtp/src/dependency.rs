//! The dependency descriptor: which layer a packet is of, whatever codec, and which layers its sender
//! codes (AV1 RTP specification, appendix A).
//!
//! Most packets name one of the templates that the last structure has, in three bytes; a key frame's
//! first packet brings the structure. What a frame refers to is passed over: to choose layers, it
//! suffices which decode targets it is part of, and which can begin with it.
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

/// A frame's place, and what other frames need it for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its place.
    pub layer: Layer,
    /// The spatial layers that cannot be shown without it, one bit each: those of the decode targets
    /// that it is part of.
    pub needed_by: u8,
    /// Who has it can go on with any higher temporal layer of its spatial layer: no later frame of
    /// theirs refers to one before it.
    pub opens_above: bool,
}

/// What a frame is to a decode target (A.8.3, table A.3). `0` is no part of it; what can be discarded,
/// and what is required, are no more to us than parts.
type Indication = u8;
const NOT_PRESENT: Indication = 0;
/// Whoever has the frame can go on with the target.
const SWITCH: Indication = 2;
/// What it is to each decode target, the first in the lowest two bits.
type Indications = u64;

const fn indication(all: Indications, target: usize) -> Indication {
    (all >> (2 * target) & 3) as Indication
}

/// What a sender's frames have in common until its next structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The number of the first template.
    first_template: u8,
    templates: [Role; MAX_TEMPLATES],
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
    /// Where the frame stands, and what it is needed for.
    pub role: Role,
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
    fn template(&self, id: u8) -> Option<Role> {
        let place = usize::from(id.wrapping_sub(self.first_template)) % MAX_TEMPLATES;
        let templates = self.templates.get(..usize::from(self.template_count))?;
        templates.get(place).copied()
    }

    /// The role of a frame of a layer that is this to the decode targets.
    fn role(&self, layer: Layer, all: Indications) -> Role {
        let targets = &self.targets[..usize::from(self.target_count)];
        let indications = (0..).map(|target| indication(all, target));
        let mut role = Role {
            layer,
            ..Role::default()
        };
        let (mut above, mut open) = (0, 0);
        for (target, indication) in targets.iter().zip(indications) {
            if indication != NOT_PRESENT {
                role.needed_by |= 1 << target.spatial;
            }
            if target.spatial == layer.spatial && target.temporal > layer.temporal {
                above += 1;
                open += u8::from(indication == SWITCH);
            }
        }
        role.opens_above = above > 0 && above == open;
        role
    }
}

/// The frame's number alone, which tells by what structure the rest is to be read.
#[must_use]
pub fn frame_number(data: &[u8]) -> Option<u16> {
    let (_, number) = data.get(..MANDATORY_BYTES)?.split_first_chunk::<1>()?;
    number
        .first_chunk()
        .map(|number| u16::from_be_bytes(*number))
}

/// Gives the frame another number. What it refers to is told by distances, so they stay.
pub fn renumber(data: &mut [u8], number: u16) {
    if let Some(place) = data.get_mut(1..MANDATORY_BYTES) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}

impl DependencyDescriptor {
    /// Reads the extension's data; `known` is the sender's last structure.
    pub fn parse(data: &[u8], known: Option<&Structure>) -> Result<Self, ParseError> {
        read(&mut Bits { data, at: 0 }, known)
    }
}

fn read(
    bits: &mut Bits<'_>,
    known: Option<&Structure>,
) -> Result<DependencyDescriptor, ParseError> {
    let begins_frame = bits.flag()?;
    let ends_frame = bits.flag()?;
    let template = bits.take(6)? as u8;
    let mut descriptor = DependencyDescriptor {
        begins_frame,
        ends_frame,
        frame_number: bits.take(16)? as u16,
        role: Role::default(),
        structure: None,
        active_targets: None,
    };
    let is_long = bits.data.len() > MANDATORY_BYTES;
    let flags = if is_long { bits.take(5)? } else { 0 };
    let has = |bit: u32| flags & bit != 0;
    if has(0x10) {
        let structure = read_structure(bits)?;
        let all = u32::MAX >> (MAX_TARGETS - usize::from(structure.target_count));
        descriptor.active_targets = Some(all);
        descriptor.structure = Some(structure);
    }
    // What follows is counted in the structure's decode targets.
    let structure = descriptor.structure.as_ref().or(known);
    let structure = structure.ok_or(ParseError::Structure)?;
    descriptor.role = structure.template(template).ok_or(ParseError::Structure)?;
    let targets = usize::from(structure.target_count);
    if has(0x08) {
        descriptor.active_targets = Some(bits.take(targets)?);
    }
    if has(0x04) {
        // Its own, in place of its template's. References and chains of its own stand behind them.
        let own = read_indications(bits, targets)?;
        descriptor.role = structure.role(descriptor.role.layer, own);
    }
    Ok(descriptor)
}

fn read_structure(bits: &mut Bits<'_>) -> Result<Structure, ParseError> {
    let first_template = bits.take(6)? as u8;
    let target_count = bits.take(5)? as u8 + 1;
    let mut structure = Structure {
        first_template,
        templates: [Role::default(); MAX_TEMPLATES],
        template_count: 0,
        targets: [Layer::default(); MAX_TARGETS],
        target_count,
        heights: [0; MAX_SPATIAL],
    };
    let spatial_layers = read_templates(bits, &mut structure)?;
    read_targets(bits, &mut structure)?;
    for _ in 0..structure.template_count {
        // What a template refers to.
        while bits.flag()? {
            bits.take(4)?;
        }
    }
    skip_chains(bits, &structure)?;
    if bits.flag()? {
        for layer in 0..spatial_layers {
            let _width = bits.take(16)?;
            let height = bits.take(16)?;
            structure.heights[layer] = height.saturating_add(1).min(u16::MAX.into()) as u16;
        }
    }
    Ok(structure)
}

/// The layers of the templates (A.8.3, `template_layers`); how many spatial layers they have.
fn read_templates(bits: &mut Bits<'_>, structure: &mut Structure) -> Result<usize, ParseError> {
    let mut layer = Layer::default();
    for template in &mut structure.templates {
        template.layer = layer;
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
            _ => return Ok(usize::from(layer.spatial) + 1),
        }
        let is_ours =
            usize::from(layer.spatial) < MAX_SPATIAL && usize::from(layer.temporal) < MAX_TEMPORAL;
        if !is_ours {
            return Err(ParseError::TooManyLayers);
        }
    }
    // More templates than can be named.
    Err(ParseError::TooManyLayers)
}

/// What each template is to each decode target, and those targets' highest layers: of all templates
/// that are in one (A.8.3, `template_dtis` and `decode_target_layers`).
fn read_targets(bits: &mut Bits<'_>, structure: &mut Structure) -> Result<(), ParseError> {
    let (count, templates) = (
        usize::from(structure.target_count),
        usize::from(structure.template_count),
    );
    let mut all: [Indications; MAX_TEMPLATES] = [0; MAX_TEMPLATES];
    for (own, template) in all.iter_mut().zip(&structure.templates[..templates]) {
        *own = read_indications(bits, count)?;
        for (number, target) in structure.targets[..count].iter_mut().enumerate() {
            if indication(*own, number) != NOT_PRESENT {
                target.spatial = target.spatial.max(template.layer.spatial);
                target.temporal = target.temporal.max(template.layer.temporal);
            }
        }
    }
    for (own, place) in all[..templates].iter().zip(0..) {
        structure.templates[place] = structure.role(structure.templates[place].layer, *own);
    }
    Ok(())
}

fn read_indications(bits: &mut Bits<'_>, targets: usize) -> Result<Indications, ParseError> {
    (0..targets).try_fold(0, |all, target| {
        Ok(all | Indications::from(bits.take(2)?) << (2 * target))
    })
}

fn skip_chains(bits: &mut Bits<'_>, structure: &Structure) -> Result<(), ParseError> {
    let targets = u32::from(structure.target_count);
    let chains = bits.take_below(targets + 1)?;
    if chains == 0 {
        return Ok(());
    }
    for _ in 0..targets {
        bits.take_below(chains)?;
    }
    for _ in 0..u32::from(structure.template_count) * chains {
        bits.take(4)?;
    }
    Ok(())
}

/// Reads from the front of a slice, the highest bit of each byte first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, 32 at most, as a number.
    fn take(&mut self, count: usize) -> Result<u32, ParseError> {
        let end = self.at + count;
        if end > 8 * self.data.len() {
            return Err(ParseError::Truncated);
        }
        let bit = |at: usize| u32::from(self.data[at / 8] >> (7 - at % 8) & 1);
        let number = (self.at..end).fold(0, |number, at| number << 1 | bit(at));
        self.at = end;
        Ok(number)
    }

    fn flag(&mut self) -> Result<bool, ParseError> {
        Ok(self.take(1)? == 1)
    }

    /// A number below `count`, in as few bits as it takes (A.8.1, `ns(n)`).
    fn take_below(&mut self, count: u32) -> Result<u32, ParseError> {
        let width = (u32::BITS - count.leading_zeros()) as usize;
        let spare = (1 << width) - count;
        let number = self.take(width - 1)?;
        if number < spare {
            return Ok(number);
        }
        Ok((number << 1) + self.take(1)? - spare)
    }
}

#[cfg(test)]
mod tests;
