//! The RFCs' vectors, both directions against an independent implementation, then what an attacker
//! or a bad link does: replays, forgeries, too many streams, loss and reordering over a wrap.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use rtc_crypto::RTCCryptoProvider;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::cipher::Cipher;
use super::gcm::Gcm;
use super::replay::span;
use super::*;

const PROFILES: [SrtpProfile; 2] = [SrtpProfile::AeadAes128Gcm, SrtpProfile::AesCm128HmacSha1_80];
const SSRC: u32 = 0xcafe_babe;
const HEADER_LEN: usize = 12;

fn provider() -> Arc<dyn RTCCryptoProvider> {
    rtc_crypto::default_provider().expect("ring is compiled in")
}

fn exporter_block(profile: SrtpProfile) -> Vec<u8> {
    (0..2 * (profile.key_len() + profile.salt_len()) as u8).collect()
}

fn keys(profile: SrtpProfile, is_client: bool) -> SrtpKeys {
    SrtpKeys::from_exporter(profile, &exporter_block(profile), is_client).expect("a whole block")
}

/// What we seal, our peer opens.
fn session(profile: SrtpProfile) -> (SrtpSealer, SrtpOpener) {
    let provider = provider();
    let sealer =
        SrtpSealer::new(&keys(profile, true), provider.crypto()).expect("the profile is supported");
    let opener = SrtpOpener::new(&keys(profile, false), provider.crypto())
        .expect("the profile is supported");
    (sealer, opener)
}

fn rtp(ssrc: u32, seq: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&seq.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 1]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

fn rtcp(ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

fn seal_rtp(sealer: &mut SrtpSealer, plain: &[u8], index: u64) -> Vec<u8> {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + MAX_OVERHEAD, 0);
    let len = sealer
        .seal_rtp(&mut packet, plain.len(), HEADER_LEN, index)
        .expect("there is room");
    packet.truncate(len);
    packet
}

fn seal_rtcp(sealer: &mut SrtpSealer, plain: &[u8]) -> Vec<u8> {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + MAX_OVERHEAD, 0);
    let len = sealer
        .seal_rtcp(&mut packet, plain.len())
        .expect("there is room");
    packet.truncate(len);
    packet
}

/// Opens a packet the way the transport does: SSRC and sequence number from its header.
fn open_rtp(opener: &mut SrtpOpener, sealed: &[u8]) -> Result<(u64, Vec<u8>), SrtpError> {
    let mut packet = sealed.to_vec();
    let header = homeroom_rtp::RtpHeader::parse(sealed).expect("a well-formed header");
    let (header_len, ssrc, seq) = (header.header_len(), header.ssrc(), header.sequence_number());
    let opened = opener.open_rtp(&mut packet, header_len, ssrc, seq)?;
    packet.truncate(opened.len);
    Ok((opened.index, packet))
}

fn open_rtcp(opener: &mut SrtpOpener, sealed: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = sealed.to_vec();
    let len = opener.open_rtcp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

// Keys.

#[test]
fn what_the_client_seals_the_server_opens_and_back() {
    for profile in PROFILES {
        for is_client in [true, false] {
            let provider = provider();
            let mut sealer =
                SrtpSealer::new(&keys(profile, is_client), provider.crypto()).expect("supported");
            let mut opener =
                SrtpOpener::new(&keys(profile, !is_client), provider.crypto()).expect("supported");
            let plain = rtp(SSRC, 7, b"media");
            let sealed = seal_rtp(&mut sealer, &plain, 7);
            assert_eq!(open_rtp(&mut opener, &sealed), Ok((7, plain)));

            let mut own_opener =
                SrtpOpener::new(&keys(profile, is_client), provider.crypto()).expect("supported");
            assert_eq!(
                open_rtp(&mut own_opener, &sealed),
                Err(SrtpError::NotAuthentic)
            );
        }
    }
}

#[test]
fn an_exporter_block_of_another_length_is_refused() {
    for profile in PROFILES {
        let block = exporter_block(profile);
        for len in (0..block.len()).chain([block.len() + 1]) {
            let block = vec![1; len];
            assert!(
                SrtpKeys::from_exporter(profile, &block, true).is_none(),
                "{profile:?} {len}"
            );
        }
    }
}

#[test]
fn printing_keys_shows_no_key() {
    let shown = format!("{:?}", keys(SrtpProfile::AeadAes128Gcm, true));
    assert_eq!(
        shown,
        "SrtpKeys { profile: AeadAes128Gcm, local: MasterKey(secret), remote: MasterKey(secret) }"
    );
}

/// RFC 3711 appendix B.3.
#[test]
fn session_keys_are_derived_as_the_rfc_says() {
    let profile = SrtpProfile::AesCm128HmacSha1_80;
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let master = MasterKey::new(profile, &key, &salt).expect("the profile's lengths");
    let provider = provider();
    let derive = |label| {
        master
            .derive::<94>(provider.crypto(), label)
            .expect("supported")
    };
    assert_eq!(
        derive(keys::RTP.encryption)[..16],
        hex("C61E7A93744F39EE10734AFE3FF7A087")
    );
    assert_eq!(
        derive(keys::RTP.salt)[..14],
        hex("30CBBC08863D8C85D49DB34A9AE1")
    );
    assert_eq!(
        derive(keys::RTP.authentication)[..],
        hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF7227098
             6371C10C9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2")
    );
}

// Vectors.

/// RFC 7714 §16.1 and §17.1 give session keys, not master keys.
fn rfc7714_cipher() -> Gcm {
    let key = hex("000102030405060708090a0b0c0d0e0f")
        .try_into()
        .expect("16 bytes");
    let salt = hex("517569642070726f2071756f")
        .try_into()
        .expect("12 bytes");
    Gcm::new(provider().crypto(), &key, salt).expect("supported")
}

#[test]
fn rtp_is_sealed_as_rfc_7714_shows() {
    let plain = hex("8040f17b8041f8d35501a0b2
         47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
    let sealed = hex("8040f17b8041f8d35501a0b2
         f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
         899d7f27beb16a9152cf765ee4390cce");
    let mut packet = plain.clone();
    packet.resize(sealed.len(), 0);
    let mut cipher = rfc7714_cipher();
    assert_eq!(
        cipher.seal_rtp(&mut packet, plain.len(), 12, 0x5501_a0b2, 0xf17b),
        Ok(sealed.len())
    );
    assert_eq!(packet, sealed);
    assert_eq!(
        cipher.open_rtp(&mut packet, 12, 0x5501_a0b2, 0xf17b),
        Ok(plain.len())
    );
    assert_eq!(packet[..plain.len()], plain);
}

#[test]
fn rtcp_is_sealed_as_rfc_7714_shows() {
    let plain = hex("81c8000d4d6172734e5450314e545032525450200000042a0000e930
         4c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");
    let sealed = hex("81c8000d4d617273
         63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b
         c84aa45896cf4d2fc5abf87245d9eade800005d4");
    let mut packet = plain.clone();
    packet.resize(sealed.len(), 0);
    let mut cipher = rfc7714_cipher();
    assert_eq!(
        cipher.seal_rtcp(&mut packet, plain.len(), 0x4d61_7273, 0x5d4),
        Ok(sealed.len())
    );
    assert_eq!(packet, sealed);
    assert_eq!(cipher.rtcp_word(&packet), Some(0x8000_05d4));
    assert_eq!(
        cipher.open_rtcp(&mut packet, 0x4d61_7273, 0x5d4),
        Ok(plain.len())
    );
    assert_eq!(packet[..plain.len()], plain);
}

/// RFC 3711 has no whole packets; these are the ones that libsrtp checks itself with.
#[test]
fn aes_cm_packets_are_sealed_as_libsrtp_seals_them() {
    let profile = SrtpProfile::AesCm128HmacSha1_80;
    let key = hex("e1f97a0d3e018be0d64fa32c06de4139");
    let salt = hex("0ec675ad498afeebb6960b3aabe6");
    let master = MasterKey::new(profile, &key, &salt).expect("the profile's lengths");
    let keys = SrtpKeys {
        profile,
        local: master.clone(),
        remote: master,
    };
    let mut sealer = SrtpSealer::new(&keys, provider().crypto()).expect("supported");

    let plain = hex("800f1234decafbadcafebabe abababababababababababababababab");
    let sealed =
        hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
    assert_eq!(seal_rtp(&mut sealer, &plain, 0x1234), sealed);

    sealer.next_rtcp_index = 1;
    let plain = hex("81c8000bcafebabe abababababababababababababababab");
    let sealed =
        hex("81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798");
    assert_eq!(seal_rtcp(&mut sealer, &plain), sealed);
}

// Against an independent implementation.

fn oracle(profile: SrtpProfile, master_of_client: bool) -> Context {
    let block = exporter_block(profile);
    let (keys, salts) = block.split_at(2 * profile.key_len());
    let (client_key, server_key) = keys.split_at(profile.key_len());
    let (client_salt, server_salt) = salts.split_at(profile.salt_len());
    let (key, salt) = if master_of_client {
        (client_key, client_salt)
    } else {
        (server_key, server_salt)
    };
    let profile = match profile {
        SrtpProfile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpProfile::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    Context::new(key, salt, profile, None, None, provider().crypto()).expect("supported")
}

/// First sequence numbers of which half reach the wrap within a few packets.
fn around_the_wrap() -> impl Strategy<Value = u16> {
    prop_oneof![any::<u16>(), 65_520..=u16::MAX]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_oracle_opens_what_we_seal(
        ssrc: u32,
        first in around_the_wrap(),
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20),
    ) {
        for profile in PROFILES {
            let (mut sealer, _) = session(profile);
            let mut oracle = oracle(profile, true);
            for (index, payload) in (u64::from(first)..).zip(&payloads) {
                let plain = rtp(ssrc, index as u16, payload);
                let sealed = seal_rtp(&mut sealer, &plain, index);
                prop_assert_eq!(&oracle.decrypt_rtp(&sealed).expect("authentic")[..], &plain[..]);

                let plain = rtcp(ssrc, payload);
                let sealed = seal_rtcp(&mut sealer, &plain);
                prop_assert_eq!(&oracle.decrypt_rtcp(&sealed).expect("authentic")[..], &plain[..]);
            }
        }
    }

    #[test]
    fn we_open_what_the_oracle_seals(
        ssrc: u32,
        first in around_the_wrap(),
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20),
    ) {
        for profile in PROFILES {
            let (_, mut opener) = session(profile);
            let mut oracle = oracle(profile, true);
            for (index, payload) in (u64::from(first)..).zip(&payloads) {
                let plain = rtp(ssrc, index as u16, payload);
                let sealed = oracle.encrypt_rtp(&plain).expect("well-formed");
                prop_assert_eq!(open_rtp(&mut opener, &sealed), Ok((index, plain)));

                let plain = rtcp(ssrc, payload);
                let sealed = oracle.encrypt_rtcp(&plain).expect("well-formed");
                prop_assert_eq!(open_rtcp(&mut opener, &sealed), Ok(plain));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_nor_leave_state(
        mut packet in prop::collection::vec(any::<u8>(), 0..80),
        header_len in 0..100_usize,
    ) {
        for profile in PROFILES {
            let (_, mut opener) = session(profile);
            prop_assert!(opener.open_rtp(&mut packet, header_len, 1, 2).is_err());
            prop_assert!(opener.open_rtcp(&mut packet).is_err());
            prop_assert_eq!((opener.rtp_streams.0.len(), opener.rtcp_streams.0.len()), (0, 0));
        }
    }

    #[test]
    fn the_window_lets_each_recent_index_through_once(
        start in 0..100_000_u64,
        steps in prop::collection::vec(-300..300_i64, 1..400),
    ) {
        let mut window = ReplayWindow::<3>::starting_at(start);
        let mut seen = BTreeSet::from([start]);
        let mut newest = start;
        let mut at = start;
        for step in steps {
            at = at.saturating_add_signed(step);
            let is_new = at > newest || newest - at < span(3) && !seen.contains(&at);
            prop_assert_eq!(window.check(at).is_ok(), is_new, "{} after {}", at, newest);
            if is_new {
                window.accept(at);
                seen.insert(at);
                newest = newest.max(at);
            }
        }
    }
}

// Wraps, loss, reordering.

#[test]
fn the_index_goes_on_over_a_wrap() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        for index in 65_530..65_545 {
            let plain = rtp(SSRC, index as u16, b"media");
            let sealed = seal_rtp(&mut sealer, &plain, index);
            assert_eq!(
                open_rtp(&mut opener, &sealed),
                Ok((index, plain)),
                "{profile:?} {index}"
            );
        }
    }
}

#[test]
fn loss_and_reordering_over_wraps_lose_nothing_else() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        for wrap in 1..4_u64 {
            let edge = wrap << 16;
            // Late packets of the turn before, after some of the new turn; gaps of hundreds.
            for index in [
                edge - 500,
                edge - 3,
                edge + 2,
                edge - 1,
                edge,
                edge - 400,
                edge + 300,
                edge - 2,
                edge + 20_000,
                edge + 40_000,
            ] {
                let plain = rtp(SSRC, index as u16, b"media");
                let sealed = seal_rtp(&mut sealer, &plain, index);
                // The first packet ever seen starts at rollover counter zero.
                assert_eq!(
                    open_rtp(&mut opener, &sealed),
                    Ok((index, plain)),
                    "{profile:?} {index}"
                );
            }
        }
    }
}

#[test]
fn a_packet_from_before_the_first_does_not_turn_the_counter() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let mut open = |index: u64| {
            let sealed = seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"media"), index);
            open_rtp(&mut opener, &sealed).map(|(index, _)| index)
        };
        assert_eq!(open(10), Ok(10));
        assert_eq!(open(65_000), Err(SrtpError::Replayed));
        assert_eq!(open(10 + MAX_STEP + 1), Err(SrtpError::Replayed));
        assert_eq!(open(10 + MAX_STEP), Ok(10 + MAX_STEP));
    }
}

// Replays.

#[test]
fn a_replayed_rtp_packet_is_refused() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let sealed =
            [5, 6].map(|index| seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"media"), index));
        for packet in &sealed {
            assert!(open_rtp(&mut opener, packet).is_ok());
        }
        for packet in &sealed {
            assert_eq!(open_rtp(&mut opener, packet), Err(SrtpError::Replayed));
        }
    }
}

#[test]
fn an_rtp_packet_may_be_late_by_less_than_the_span() {
    let (mut sealer, mut opener) = session(SrtpProfile::AeadAes128Gcm);
    let newest = 5_000;
    let mut open = |index: u64| {
        let sealed = seal_rtp(&mut sealer, &rtp(SSRC, index as u16, b"media"), index);
        open_rtp(&mut opener, &sealed).map(|(index, _)| index)
    };
    assert_eq!(open(newest), Ok(newest));
    assert_eq!(open(newest - RTP_REPLAY_SPAN), Err(SrtpError::Replayed));
    assert_eq!(
        open(newest - RTP_REPLAY_SPAN + 1),
        Ok(newest - RTP_REPLAY_SPAN + 1)
    );
    assert_eq!(RTP_REPLAY_SPAN, 1024);
}

#[test]
fn a_replayed_rtcp_packet_is_refused_and_a_late_one_is_not() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let sealed: Vec<_> = (0..=RTCP_REPLAY_SPAN)
            .map(|_| seal_rtcp(&mut sealer, &rtcp(SSRC, b"report")))
            .collect();
        let (oldest, newest) = (0, RTCP_REPLAY_SPAN as usize);
        assert!(open_rtcp(&mut opener, &sealed[newest]).is_ok());
        assert_eq!(
            open_rtcp(&mut opener, &sealed[newest]),
            Err(SrtpError::Replayed)
        );
        assert_eq!(
            open_rtcp(&mut opener, &sealed[oldest]),
            Err(SrtpError::Replayed)
        );
        assert!(open_rtcp(&mut opener, &sealed[oldest + 1]).is_ok());
    }
    assert_eq!(RTCP_REPLAY_SPAN, 128);
}

#[test]
fn a_jump_ahead_forgets_the_whole_window() {
    // Indices 63 and 255 share a bit of a window of three words.
    let mut window = ReplayWindow::<3>::starting_at(63);
    window.accept(320);
    assert_eq!(window.check(255), Ok(()));
}

// Forgeries.

#[test]
fn a_forged_packet_is_refused_and_leaves_no_state() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let sealed = seal_rtp(&mut sealer, &rtp(SSRC, 9, b"media"), 9);
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            let result = opener.open_rtp(&mut forged, HEADER_LEN, SSRC, 9);
            assert_eq!(
                result,
                Err(SrtpError::NotAuthentic),
                "{profile:?} byte {at}"
            );
        }
        assert_eq!(opener.rtp_streams.0.len(), 0);

        let sealed = seal_rtcp(&mut sealer, &rtcp(SSRC, b"report"));
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(
                opener.open_rtcp(&mut forged),
                Err(SrtpError::NotAuthentic),
                "{profile:?} byte {at}"
            );
        }
        assert_eq!(opener.rtcp_streams.0.len(), 0);
    }
}

#[test]
fn a_forged_jump_ahead_does_not_move_the_window() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let first = seal_rtp(&mut sealer, &rtp(SSRC, 100, b"media"), 100);
        let second = seal_rtp(&mut sealer, &rtp(SSRC, 101, b"media"), 101);
        assert!(open_rtp(&mut opener, &first).is_ok());
        let mut forged = second.clone();
        forged[2..4].copy_from_slice(&30_000_u16.to_be_bytes());
        assert_eq!(open_rtp(&mut opener, &forged), Err(SrtpError::NotAuthentic));
        assert!(open_rtp(&mut opener, &second).is_ok());
    }
}

#[test]
fn rtcp_in_the_clear_is_refused() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        let sealed = seal_rtcp(&mut sealer, &rtcp(SSRC, b"report"));
        let flag_at = match profile {
            SrtpProfile::AeadAes128Gcm => sealed.len() - 4,
            SrtpProfile::AesCm128HmacSha1_80 => sealed.len() - 14,
        };
        let mut clear = sealed.clone();
        clear[flag_at] &= 0x7f;
        assert_eq!(opener.open_rtcp(&mut clear), Err(SrtpError::NotEncrypted));
    }
}

// Bounds.

#[test]
fn one_stream_more_than_the_bound_is_refused() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = session(profile);
        for ssrc in 0..MAX_SSRCS as u32 {
            let sealed = seal_rtp(&mut sealer, &rtp(ssrc, 1, b"media"), 1);
            assert!(open_rtp(&mut opener, &sealed).is_ok());
            let sealed = seal_rtcp(&mut sealer, &rtcp(ssrc, b"report"));
            assert!(open_rtcp(&mut opener, &sealed).is_ok());
        }
        let one_more = seal_rtp(&mut sealer, &rtp(MAX_SSRCS as u32, 1, b"media"), 1);
        assert_eq!(
            open_rtp(&mut opener, &one_more),
            Err(SrtpError::TooManyStreams)
        );
        let one_more = seal_rtcp(&mut sealer, &rtcp(MAX_SSRCS as u32, b"report"));
        assert_eq!(
            open_rtcp(&mut opener, &one_more),
            Err(SrtpError::TooManyStreams)
        );

        let known = seal_rtp(&mut sealer, &rtp(0, 2, b"media"), 2);
        assert!(open_rtp(&mut opener, &known).is_ok(), "known streams go on");
    }
}

#[test]
fn a_packet_without_room_for_the_tag_is_not_touched() {
    for profile in PROFILES {
        let (mut sealer, _) = session(profile);
        let plain = rtp(SSRC, 1, b"media");
        let mut packet = plain.clone();
        packet.push(0);
        assert_eq!(
            sealer.seal_rtp(&mut packet, plain.len(), HEADER_LEN, 1),
            Err(SrtpError::NoRoom)
        );
        assert_eq!(packet[..plain.len()], plain);

        let plain = rtcp(SSRC, b"report");
        let mut packet = plain.clone();
        assert_eq!(
            sealer.seal_rtcp(&mut packet, plain.len()),
            Err(SrtpError::NoRoom)
        );
        assert_eq!(packet, plain);
    }
}

#[test]
fn no_packet_grows_by_more_than_the_overhead() {
    for profile in PROFILES {
        let (mut sealer, _) = session(profile);
        let plain = rtp(SSRC, 1, b"media");
        assert!(seal_rtp(&mut sealer, &plain, 1).len() <= plain.len() + MAX_OVERHEAD);
        let plain = rtcp(SSRC, b"report");
        assert!(seal_rtcp(&mut sealer, &plain).len() <= plain.len() + MAX_OVERHEAD);
    }
}

#[test]
fn a_key_stops_at_its_last_index() {
    for profile in PROFILES {
        let (mut sealer, _) = session(profile);
        let mut packet = rtp(SSRC, 0xffff, &[0; 40]);
        assert!(
            sealer
                .seal_rtp(&mut packet, 20, HEADER_LEN, MAX_RTP_INDEX)
                .is_ok()
        );
        assert_eq!(
            sealer.seal_rtp(&mut packet, 20, HEADER_LEN, MAX_RTP_INDEX + 1),
            Err(SrtpError::Exhausted)
        );

        sealer.next_rtcp_index = MAX_RTCP_INDEX;
        let mut packet = rtcp(SSRC, &[0; 40]);
        assert!(sealer.seal_rtcp(&mut packet, 20).is_ok());
        assert_eq!(sealer.seal_rtcp(&mut packet, 20), Err(SrtpError::Exhausted));
    }
}

#[test]
fn every_rtcp_packet_has_its_own_index() {
    let (mut sealer, _) = session(SrtpProfile::AeadAes128Gcm);
    let words = [0, 1, 2].map(|_| {
        let sealed = seal_rtcp(&mut sealer, &rtcp(SSRC, b"report"));
        sealed[sealed.len() - 4..].to_vec()
    });
    assert_eq!(words, [[0x80, 0, 0, 0], [0x80, 0, 0, 1], [0x80, 0, 0, 2]]);
}
