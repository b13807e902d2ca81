//! RTP headers as a light bot needs them: read in place, written with what was negotiated.
//!
//! Invariant: no byte of a packet is looked at beyond what its own lengths allow.

/// The numbers every offer of a light bot names; Chromium's.
pub(super) mod number {
    pub(in crate::light) const OPUS: u8 = 111;
    pub(in crate::light) const VP8: u8 = 96;
    pub(in crate::light) const RTX: u8 = 97;
    pub(in crate::light) const AUDIO_LEVEL: u8 = 1;
    pub(in crate::light) const TRANSPORT_CC: u8 = 3;
    pub(in crate::light) const MID: u8 = 4;
    pub(in crate::light) const RID: u8 = 10;
    pub(in crate::light) const REPAIRED_RID: u8 = 11;
}

/// RFC 8285 §4.2: extensions of one-byte headers.
const ONE_BYTE_PROFILE: u16 = 0xbede;
const FIXED_BYTES: usize = 12;

/// What a packet says of itself (RFC 3550 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

/// The header, how long it is, and the transport-wide number it carries.
pub(super) fn read(packet: &[u8]) -> Option<(Header, usize, Option<u16>)> {
    let word = |at: usize| Some(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]));
    let long = |at: usize| Some(u32::from(word(at)?) << 16 | u32::from(word(at + 2)?));
    let (first, second) = (*packet.first()?, *packet.get(1)?);
    let header = Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: word(2)?,
        timestamp: long(4)?,
        ssrc: long(8)?,
    };
    let mut length = FIXED_BYTES + 4 * usize::from(first & 0x0f);
    let mut number = None;
    if first & 0x10 != 0 {
        let (profile, words) = (word(length)?, word(length + 2)?);
        let end = length + 4 + 4 * usize::from(words);
        if profile == ONE_BYTE_PROFILE {
            number = transport_number(packet.get(length + 4..end)?);
        }
        length = end;
    }
    (length <= packet.len()).then_some((header, length, number))
}

fn transport_number(mut extensions: &[u8]) -> Option<u16> {
    while let Some((&head, rest)) = extensions.split_first() {
        // §4.2: zero is padding; a length of 0 means one byte.
        if head == 0 {
            extensions = rest;
            continue;
        }
        let length = usize::from(head & 0x0f) + 1;
        let (data, rest) = rest.split_at_checked(length)?;
        if head >> 4 == number::TRANSPORT_CC {
            return Some(u16::from_be_bytes(data.try_into().ok()?));
        }
        extensions = rest;
    }
    None
}

/// A packet: header, these extensions, payload.
pub(super) fn write(header: &Header, extensions: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FIXED_BYTES + 48 + payload.len());
    out.push(0x80 | u8::from(!extensions.is_empty()) << 4);
    out.push(u8::from(header.marker) << 7 | header.payload_type);
    out.extend(header.sequence.to_be_bytes());
    out.extend(header.timestamp.to_be_bytes());
    out.extend(header.ssrc.to_be_bytes());
    if !extensions.is_empty() {
        let bytes: usize = extensions.iter().map(|(_, data)| 1 + data.len()).sum();
        let words = bytes.div_ceil(4);
        out.extend(ONE_BYTE_PROFILE.to_be_bytes());
        out.extend(u16::try_from(words).unwrap_or(0).to_be_bytes());
        for (id, data) in extensions {
            out.push(id << 4 | (data.len() as u8).wrapping_sub(1) & 0x0f);
            out.extend(*data);
        }
        out.resize(out.len() + 4 * words - bytes, 0);
    }
    out.extend(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        marker: true,
        payload_type: number::VP8,
        sequence: 0xfffe,
        timestamp: 7,
        ssrc: 0xdead_beef,
    };

    #[test]
    fn what_is_written_is_read() {
        let extensions: [(u8, &[u8]); 3] = [
            (number::MID, b"1"),
            (number::TRANSPORT_CC, &[1, 2]),
            (number::RID, b"q"),
        ];
        let packet = write(&HEADER, &extensions, b"picture");
        let (header, length, transport) = read(&packet).expect("RTP");
        assert_eq!((header, transport), (HEADER, Some(0x0102)));
        assert_eq!(&packet[length..], b"picture");
        let plain = write(&HEADER, &[], b"");
        assert_eq!(read(&plain), Some((HEADER, 12, None)));
    }

    #[test]
    fn a_packet_cut_anywhere_is_refused_or_shorter() {
        let packet = write(&HEADER, &[(number::TRANSPORT_CC, &[1, 2])], b"");
        for end in 0..packet.len() {
            assert_eq!(read(&packet[..end]), None, "{end}");
        }
    }
}
