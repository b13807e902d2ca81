//! Retransmission payloads (RFC 4588 §4): the original sequence number, then the original payload.
//!
//! Invariant: a payload of only padding (a probe) has no original sequence number and is not an error.

/// Bytes that a retransmission adds before the original payload.
pub const OSN_LEN: usize = 2;

/// Splits a retransmission into the original sequence number and the original payload.
pub fn split_osn(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (osn, original) = payload.split_first_chunk::<OSN_LEN>()?;
    Some((u16::from_be_bytes(*osn), original))
}

/// Writes the original sequence number in front of a payload and returns [`OSN_LEN`].
///
/// # Panics
/// If `buf` is shorter than [`OSN_LEN`].
pub fn write_osn(buf: &mut [u8], original_sequence_number: u16) -> usize {
    buf[..OSN_LEN].copy_from_slice(&original_sequence_number.to_be_bytes());
    OSN_LEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn osn_round_trips() {
        let mut payload = *b"..media";
        assert_eq!(write_osn(&mut payload, 0xfffe), OSN_LEN);
        assert_eq!(split_osn(&payload), Some((0xfffe, b"media".as_slice())));
    }

    #[test]
    fn a_probe_without_payload_has_no_osn() {
        assert_eq!(split_osn(&[]), None);
        assert_eq!(split_osn(&[1]), None);
    }
}
