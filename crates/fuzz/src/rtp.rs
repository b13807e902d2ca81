//! A decrypted RTP packet with its extensions.

use homeroom_rtp::extension::{AudioLevel, parse_mid, parse_transport_wide_sequence};
use homeroom_rtp::packet::MAX_EXTENSIONS;
use homeroom_rtp::{RtpHeader, RtpPacket, classify, rtx, write_header};

/// What is parsed adds up to the packet, and its header survives being written again.
pub fn rtp(data: &[u8]) {
    classify(data);
    let header = RtpHeader::parse(data);
    let Ok(packet) = RtpPacket::parse(data) else {
        return;
    };
    assert_eq!(header, Ok(*packet), "padding does not change the header");
    let total = packet.header_len() + packet.payload().len() + packet.padding_len();
    assert_eq!(
        total,
        data.len(),
        "every byte is header, payload or padding"
    );

    let extensions: Vec<_> = packet.extensions().collect();
    assert!(extensions.len() <= MAX_EXTENSIONS);
    for extension in &extensions {
        assert!(packet.extension(extension.id).is_some());
        AudioLevel::parse(extension.data);
        parse_mid(extension.data);
        parse_transport_wide_sequence(extension.data);
    }
    rtx::split_osn(packet.payload());

    let writable = |id: u8, len: usize| (1..15).contains(&id) && (1..=16).contains(&len);
    let kept: Vec<_> = extensions
        .into_iter()
        .filter(|kept| writable(kept.id, kept.data.len()))
        .collect();
    let mut written = [0; 512];
    let len = write_header(&mut written, &packet.fields(), &kept);
    let again = RtpHeader::parse(&written[..len]).expect("what we write is well-formed");
    assert_eq!(again.fields(), packet.fields());
    assert!(again.extensions().eq(kept));
}
