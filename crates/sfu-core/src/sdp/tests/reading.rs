//! Good offers, and what we take from them.

use super::*;
use crate::{SlotKind, Source};

#[test]
fn reads_every_part() {
    let offer = parse(OFFER).expect("a good offer");
    assert_eq!(
        (offer.ice.ufrag.as_str(), offer.ice.pwd.as_str()),
        ("user", "a+long/enough+password")
    );
    assert_eq!(offer.fingerprint.as_slice(), (0..32).collect::<Vec<u8>>());
    assert_eq!(
        offer.payload_types,
        payload_types(111, (96, Some(97)), None)
    );
    let ids = ExtensionIds {
        mid: Some(4),
        audio_level: Some(1),
        transport_cc: Some(3),
        ..ExtensionIds::default()
    };
    assert_eq!(offer.extensions, ids);
    let up = |source, mid: &str, ssrc, rtx_ssrc| UpLine {
        source,
        is_low: false,
        mid: mid.to_owned(),
        ssrc,
        rtx_ssrc,
        rids: Vec::new(),
        has_layers: false,
        nack: source == Source::Camera,
    };
    assert_eq!(
        offer.up,
        [
            up(Source::Microphone, "a", Some(100), None),
            up(Source::Camera, "b", Some(200), Some(201))
        ]
    );
    let down = |slot, mid: &str| DownLine {
        transport_wide: false,
        slot,
        mid: mid.to_owned(),
    };
    assert_eq!(
        offer.down,
        [down(SlotKind::Audio(0), "c"), down(SlotKind::Video(0), "d")]
    );
}

#[test]
fn a_slot_reports_arrivals_if_it_reads_the_number_and_says_so() {
    let id =
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n";
    let feedback = "a=rtcp-fb:96 transport-cc\n";
    for (lines, expected) in [
        (format!("{id}{feedback}"), true),
        (id.to_owned(), false),
        (feedback.to_owned(), false),
        (format!("{id}a=rtcp-fb:97 transport-cc\n"), false),
    ] {
        let offer = parse(&changed("a=mid:d\n", &format!("a=mid:d\n{lines}")));
        let offer = offer.expect("a good offer");
        let reports = offer.down.iter().map(|line| line.transport_wide);
        assert_eq!(reports.collect::<Vec<_>>(), [false, expected], "{lines}");
    }
}

#[test]
fn earlier_packets_go_along_if_every_audio_slot_takes_them() {
    let slot = "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:c\n";
    let with_red = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\na=mid:c\n";
    let send = "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:a\n";
    let send_with_red = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\na=mid:a\n";
    for (line, with, lines, expected) in [
        (
            slot,
            with_red,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n",
            Some(63),
        ),
        (
            slot,
            with_red,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 111\n",
            Some(63),
        ),
        (
            slot,
            with_red,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 111/9\n",
            None,
        ),
        (
            slot,
            with_red,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 9/9\n",
            None,
        ),
        (slot, with_red, "a=rtpmap:63 red/48000/2\n", None),
        (
            slot,
            with_red,
            "a=rtpmap:63 red/8000\na=fmtp:63 111/111\n",
            None,
        ),
        (
            slot,
            slot,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n",
            None,
        ),
        (
            send,
            send_with_red,
            "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n",
            None,
        ),
    ] {
        let sdp = OFFER.replace(line, &format!("{with}{lines}"));
        let offer = parse(&sdp).expect("a good offer");
        assert_eq!(offer.red, expected, "{with}{lines}");
        let answer = answer_to(&offer);
        let in_answer =
            section(&answer, "c").contains("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
        assert_eq!(in_answer, expected.is_some(), "{answer}");
        assert!(!section(&answer, "a").contains("red"), "we do not take it");
    }
    // A number that means something else already.
    let taken = "m=audio 9 UDP/TLS/RTP/SAVPF 111 96\na=mid:c\n\
                 a=rtpmap:96 red/48000/2\na=fmtp:96 111/111\n";
    let offer = parse(&OFFER.replace(slot, taken)).expect("a good offer");
    assert_eq!(offer.red, None);
}

#[test]
fn reads_what_browsers_write() {
    let chromium = payload_types(111, (96, Some(97)), None);
    let types = |main, rtx| CodecTypes {
        main,
        rtx: Some(rtx),
    };
    let chromium_all = payload_types(111, (96, Some(97)), Some((108, Some(109))));
    let chromium_all = chromium_all.with(Codec::Vp9, types(98, 99));
    let firefox = payload_types(109, (120, Some(124)), None);
    let firefox_all = firefox.with(Codec::Vp9, types(121, 125));
    let (chromium_av1, firefox_av1) = (Some(types(45, 46)), Some(types(99, 100)));
    let chromium_ids = ExtensionIds {
        mid: Some(4),
        audio_level: Some(1),
        transport_cc: Some(3),
        rid: Some(10),
        repaired_rid: Some(11),
        ..ExtensionIds::default()
    };
    let firefox_ids = ExtensionIds {
        mid: Some(3),
        audio_level: Some(1),
        transport_cc: Some(7),
        ..ExtensionIds::default()
    };
    // Who offers AV1 without its descriptors is sent none.
    for (sdp, cameras, received, av1, extensions) in [
        (CHROMIUM, 9, chromium, None, chromium_ids),
        (
            CHROMIUM_EVERY_CODEC,
            1,
            chromium_all,
            chromium_av1,
            chromium_ids,
        ),
        (FIREFOX, 9, firefox, None, firefox_ids),
        (
            FIREFOX_EVERY_CODEC,
            1,
            firefox_all,
            firefox_av1,
            firefox_ids,
        ),
    ] {
        let payload_types = av1.map_or(received, |av1| received.with(Codec::Av1, av1));
        let offer = Offer::parse(sdp, &browser_layout(cameras)).expect("a browser's offer");
        assert_eq!(offer.payload_types, payload_types);
        assert_eq!(offer.received, received);
        assert_eq!(offer.extensions, extensions);
        assert_eq!(
            offer.up.iter().map(|line| line.source).collect::<Vec<_>>(),
            Source::ALL
        );
        assert!(offer.up.iter().all(|line| line.ssrc.is_some()));
        assert!(
            offer
                .up
                .iter()
                .all(|line| line.rtx_ssrc.is_some() == line.source.is_video())
        );
        assert_eq!(offer.down.len(), 3 + cameras + 2);
        let answer = answer_to(&offer);
        assert_eq!(answer.matches("\r\na=recvonly\r\n").count(), 4);
        assert_eq!(
            answer.matches("\r\na=sendonly\r\n").count(),
            offer.down.len()
        );
    }
}

#[test]
fn both_line_endings_are_read() {
    let crlf = OFFER.replace('\n', "\r\n");
    assert_eq!(parse(&crlf), parse(OFFER));
    assert!(parse(&crlf).is_ok());
}

#[test]
fn a_good_offer_may_vary() {
    for (from, to) in [
        ("a=setup:actpass", "a=setup:active"),
        ("a=sendonly", "a=sendrecv"),
        ("a=recvonly", "a=sendrecv"),
        ("a=sendonly\n", ""),
        ("a=extmap:1 ", "a=extmap:14 "),
        ("sha-256 00", "SHA-256 00"),
        (
            "a=fingerprint:sha-256",
            "a=fingerprint:sha-1 00:11\na=fingerprint:sha-256",
        ),
        (
            "a=group:BUNDLE a",
            "a=group:LS a b\na=group:BUNDLE z\na=group:BUNDLE a",
        ),
        ("a=ssrc:100 cname:x\n", ""),
        ("a=ice-ufrag:user", "a=ice-ufrag:u+/9"),
    ] {
        assert!(
            parse(&changed(from, to)).is_ok(),
            "{from:?} -> {to:?}: {:?}",
            parse(&changed(from, to))
        );
    }
}

#[test]
fn the_password_is_not_printed() {
    let offer = parse(OFFER).expect("a good offer");
    assert!(!format!("{offer:?}").contains("a+long"));
}
