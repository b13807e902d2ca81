//! Which protocol a datagram speaks, when STUN, DTLS, SRTP and SRTCP share one port.
//!
//! Invariant: the answer depends on the first two bytes only, so it is safe before authentication.

/// The protocols that meet on a participant's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatagramKind {
    /// A STUN message (first byte 0–3).
    Stun,
    /// A DTLS record (first byte 20–63).
    Dtls,
    /// A media packet.
    Rtp,
    /// A control packet.
    Rtcp,
}

/// Tells the protocol of a datagram, or `None` for what no peer of ours sends.
pub fn classify(datagram: &[u8]) -> Option<DatagramKind> {
    let (&first, rest) = datagram.split_first()?;
    match first {
        // RFC 7983 §7.
        0..=3 => Some(DatagramKind::Stun),
        20..=63 => Some(DatagramKind::Dtls),
        128..=191 => Some(media_kind(*rest.first()?)),
        _ => None,
    }
}

/// RFC 5761 §4: RTP payload types are chosen so that this byte tells RTCP apart.
fn media_kind(second: u8) -> DatagramKind {
    match second {
        192..=223 => DatagramKind::Rtcp,
        _ => DatagramKind::Rtp,
    }
}

#[cfg(test)]
mod tests {
    use super::{DatagramKind::*, classify};

    #[test]
    fn the_first_byte_tells_the_protocol() {
        for (first, expected) in [
            (0, Some(Stun)),
            (3, Some(Stun)),
            (4, None),
            (19, None),
            (20, Some(Dtls)),
            (63, Some(Dtls)),
            (64, None),
            (127, None),
            (128, Some(Rtp)),
            (191, Some(Rtp)),
            (192, None),
            (255, None),
        ] {
            assert_eq!(classify(&[first, 96]), expected, "first byte {first}");
        }
    }

    #[test]
    fn the_second_byte_tells_rtcp_from_rtp() {
        for (second, expected) in [
            (111, Rtp),
            (191, Rtp),
            (192, Rtcp),
            (200, Rtcp),
            (223, Rtcp),
            (224, Rtp),
        ] {
            assert_eq!(
                classify(&[0x80, second]),
                Some(expected),
                "second byte {second}"
            );
        }
    }

    #[test]
    fn too_short_to_tell_is_nothing() {
        assert_eq!(classify(&[]), None);
        assert_eq!(classify(&[0x80]), None);
    }
}
