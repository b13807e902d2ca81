//! Sixteen-bit sequence numbers that wrap about every minute of video.
//!
//! Invariant: both functions agree: of two numbers less than half the circle apart, the newer one
//! unwraps to the larger index.

/// One turn of the sequence circle.
const TURN: u64 = 1 << 16;

/// Whether `seq` comes after `than` on the circle; at exactly half a turn it does not.
pub fn is_newer(seq: u16, than: u16) -> bool {
    (seq.wrapping_sub(than) as i16) > 0
}

/// The index nearest to `reference` whose low 16 bits are `seq`.
///
/// There is nothing before index 0: there the next one up is taken.
pub fn unwrap(reference: u64, seq: u16) -> u64 {
    let distance = seq.wrapping_sub(reference as u16) as i16;
    match reference.checked_add_signed(distance.into()) {
        Some(index) => index,
        None => reference
            .wrapping_add_signed(distance.into())
            .wrapping_add(TURN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_looks_across_the_wrap() {
        for (seq, than, expected) in [
            (1, 0, true),
            (0, 1, false),
            (0, 0, false),
            (0, u16::MAX, true),
            (u16::MAX, 0, false),
            (0x7fff, 0, true),
            (0x8000, 0, false),
            (0, 0x8000, false),
        ] {
            assert_eq!(is_newer(seq, than), expected, "{seq} after {than}");
        }
    }

    #[test]
    fn unwrap_takes_the_nearest_index() {
        for (reference, seq, expected) in [
            (0, 0, 0),
            (0, 1, 1),
            (65_535, 0, 65_536),
            (65_536, 65_535, 65_535),
            (65_536 + 10, 65_530, 65_530),
            (3 * 65_536 + 40_000, 39_999, 3 * 65_536 + 39_999),
            // Nothing lies before index 0.
            (0, 65_535, 65_535),
            (5, 40_000, 40_000),
        ] {
            assert_eq!(unwrap(reference, seq), expected, "{seq} near {reference}");
        }
    }
}
