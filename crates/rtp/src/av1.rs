//! AV1's aggregation header, the first byte of each payload (AV1 RTP specification §4.4).
//!
//! Of what is behind it nothing is read: layers are told by the [dependency descriptor].
//!
//! Invariant: looks at one byte.
//!
//! [dependency descriptor]: crate::dependency

/// The first unit goes on from the packet before (Z).
const CONTINUES: u8 = 0x80;
/// The packet begins a coded video sequence (N).
const BEGINS_SEQUENCE: u8 = 0x08;

/// Whether a decoder that knows nothing can begin with this packet. A sequence cannot begin in the
/// middle of a unit: receivers drop what says so.
#[must_use]
pub fn begins_key_frame(payload: &[u8]) -> bool {
    let header = payload.first().copied().unwrap_or(0);
    header & (BEGINS_SEQUENCE | CONTINUES) == BEGINS_SEQUENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_can_begin_with_a_sequence() {
        let rows: [(&str, &[u8], bool); 7] = [
            ("nothing", &[], false),
            ("a sequence", &[0x08, 0x0a], true),
            ("one whose last unit goes on, of two", &[0x68], true),
            ("one that goes on itself", &[0x88, 0x0a], false),
            ("another frame", &[0x10, 0x32], false),
            ("a fragment", &[0xc0], false),
            ("bits that mean nothing yet", &[0x07], false),
        ];
        for (name, payload, begins) in rows {
            assert_eq!(begins_key_frame(payload), begins, "{name}");
        }
    }
}
