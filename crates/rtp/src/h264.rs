//! What a forwarder must know of an H.264 payload: whether a decoder can begin with it (RFC 6184
//! §5.2).
//!
//! Invariant: looks at NAL unit headers only, at each byte at most once.

use crate::cursor::Reader;

/// Bits of a NAL unit's first byte that tell its type (RFC 6184 §1.3).
const TYPE_MASK: u8 = 0x1f;
/// Types of NAL units and of what carries them (RFC 6184 §5.2, ITU-T H.264 table 7-1).
const SEQUENCE_PARAMETERS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// A fragment that begins its NAL unit (RFC 6184 §5.8).
const FU_START: u8 = 0x80;

/// Whether a decoder that knows nothing can begin with this packet: it brings the sequence
/// parameters, without which an IDR picture is of no use. Encoders of browsers send them before each
/// IDR picture, as nobody tells them who has just come.
#[must_use]
pub fn begins_key_frame(payload: &[u8]) -> bool {
    let mut reader = Reader(payload);
    let Some(header) = reader.u8() else {
        return false;
    };
    match header & TYPE_MASK {
        SEQUENCE_PARAMETERS => true,
        STAP_A => aggregates_parameters(reader),
        FU_A => reader
            .u8()
            .is_some_and(|fu| fu & FU_START != 0 && fu & TYPE_MASK == SEQUENCE_PARAMETERS),
        _ => false,
    }
}

/// Single-time aggregation: a size in two bytes before each unit (RFC 6184 §5.7.1).
fn aggregates_parameters(mut reader: Reader<'_>) -> bool {
    while let Some(unit) = reader.u16().and_then(|size| reader.take(size.into())) {
        match unit.first() {
            Some(header) if header & TYPE_MASK == SEQUENCE_PARAMETERS => return true,
            Some(_) => {}
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_can_begin_with_sequence_parameters() {
        // Headers with and without importance (NRI), and the sizes of an aggregate.
        let rows: [(&str, &[u8], bool); 17] = [
            ("nothing", &[], false),
            ("parameters", &[0x67, 0x42, 0xe0, 0x1f], true),
            ("parameters of no importance", &[0x07], true),
            ("picture parameters", &[0x68, 0xce], false),
            ("an IDR picture without parameters", &[0x65, 0x88], false),
            ("another picture", &[0x41, 0x9a], false),
            ("a delimiter", &[0x09, 0xf0], false),
            (
                "both parameters",
                &[0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68],
                true,
            ),
            ("after a delimiter", &[0x78, 0, 1, 0x09, 0, 1, 0x67], true),
            ("no parameters", &[0x78, 0, 1, 0x09, 0, 1, 0x65], false),
            ("an aggregate of nothing", &[0x78], false),
            ("a unit of nothing", &[0x78, 0, 0, 0, 1, 0x67], false),
            ("a unit cut short", &[0x78, 0, 9, 0x67], false),
            ("a size cut short", &[0x78, 0, 1, 0x09, 0], false),
            ("the first fragment of parameters", &[0x7c, 0x87], true),
            ("a later one", &[0x7c, 0x07], false),
            ("the first fragment of an IDR picture", &[0x7c, 0x85], false),
        ];
        for (name, payload, expected) in rows {
            assert_eq!(begins_key_frame(payload), expected, "{name}");
        }
        assert!(!begins_key_frame(&[0x7c]), "a fragment cut short");
    }
}
