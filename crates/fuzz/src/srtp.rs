//! SRTP and SRTCP as they come from the network, then the same bytes as if they were authentic.

use homeroom_rtp::{RtpHeader, RtpPacket};
use homeroom_sfu_core::transport::srtp::{
    MAX_OVERHEAD, SrtpKeys, SrtpOpener, SrtpProfile, SrtpSealer,
};

/// Nothing forged is opened; what is sealed opens to the same bytes and goes on to the parsers.
pub fn srtp(data: &[u8]) {
    for profile in [SrtpProfile::AeadAes128Gcm, SrtpProfile::AesCm128HmacSha1_80] {
        forged(data, profile);
        authentic_rtp(data, profile);
        authentic_rtcp(data, profile);
    }
}

fn keys(profile: SrtpProfile, is_client: bool) -> SrtpKeys {
    let block = vec![7; 2 * (profile.key_len() + profile.salt_len())];
    SrtpKeys::from_exporter(profile, &block, is_client).expect("a block of the right length")
}

fn session(profile: SrtpProfile) -> (SrtpSealer, SrtpOpener) {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    let sealer = SrtpSealer::new(&keys(profile, true), provider.crypto()).expect("supported");
    let opener = SrtpOpener::new(&keys(profile, false), provider.crypto()).expect("supported");
    (sealer, opener)
}

fn forged(data: &[u8], profile: SrtpProfile) {
    let (_, mut opener) = session(profile);
    let mut packet = data.to_vec();
    if let Ok(header) = RtpHeader::parse(data) {
        let (ssrc, seq) = (header.ssrc(), header.sequence_number());
        assert!(
            opener
                .open_rtp(&mut packet, header.header_len(), ssrc, seq)
                .is_err()
        );
    }
    packet.copy_from_slice(data);
    assert!(opener.open_rtcp(&mut packet).is_err());
}

fn authentic_rtp(data: &[u8], profile: SrtpProfile) {
    let Ok(header) = RtpHeader::parse(data) else {
        return;
    };
    let (header_len, ssrc, seq) = (header.header_len(), header.ssrc(), header.sequence_number());
    let (mut sealer, mut opener) = session(profile);
    let mut packet = [data, &[0; MAX_OVERHEAD]].concat();
    let sealed_len = sealer
        .seal_rtp(&mut packet, data.len(), header_len, seq.into())
        .expect("there is room");
    let sealed = &mut packet[..sealed_len];
    let opened = opener
        .open_rtp(sealed, header_len, ssrc, seq)
        .expect("authentic");
    assert_eq!((opened.index, &sealed[..opened.len]), (seq.into(), data));
    if let Ok(packet) = RtpPacket::parse(data) {
        crate::vp8(packet.payload());
    }
}

fn authentic_rtcp(data: &[u8], profile: SrtpProfile) {
    if data.len() < 8 {
        return;
    }
    let (mut sealer, mut opener) = session(profile);
    let mut packet = [data, &[0; MAX_OVERHEAD]].concat();
    let sealed_len = sealer
        .seal_rtcp(&mut packet, data.len())
        .expect("there is room");
    let sealed = &mut packet[..sealed_len];
    let len = opener.open_rtcp(sealed).expect("authentic");
    assert_eq!(&sealed[..len], data);
    crate::rtcp(data);
}
