//! H.264 and VP9 beside VP8: which of their formats are taken, and that they can always be done
//! without.

use super::*;

const H264: &str = "a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtcp-fb:102 nack pli
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
";

/// [`OFFER`] with H.264 on both video lines, or on the slot alone; each with one change.
fn offer(is_sent: bool, from: &str, to: &str) -> Offer {
    assert!(H264.contains(from), "the lines have {from:?}");
    let line = |sdp: &str, rest: &str, formats: &str, mid: &str| {
        let sdp = sdp.replacen(rest, formats, 1);
        let lines = H264.replacen(from, to, 1);
        sdp.replacen(
            &format!("a=mid:{mid}\n"),
            &format!("a=mid:{mid}\n{lines}"),
            1,
        )
    };
    let mut sdp = line(OFFER, "SAVPF 96 97", "SAVPF 96 97 102 103", "d");
    if is_sent {
        sdp = line(&sdp, "98 99 97 96", "102 98 99 97 96 103", "b");
    }
    parse(&sdp).expect("an offer we can answer")
}

fn h264(offer: &Offer) -> Option<(u8, Option<u8>)> {
    let types = offer.payload_types.of(Codec::H264)?;
    Some((types.main, types.rtx))
}

#[test]
fn it_is_answered_where_it_is_offered_and_as_it_is_preferred() {
    let offer = offer(true, "42e01f", "42e01f");
    assert_eq!(h264(&offer), Some((102, Some(103))));
    assert_eq!(offer.received, offer.payload_types);
    let answer = answer_to(&offer);
    let sent = section(&answer, "b");
    assert!(
        sent.starts_with("video 9 UDP/TLS/RTP/SAVPF 102 103 96 97\r\n"),
        "{sent}"
    );
    for line in [
        "a=rtpmap:102 H264/90000\r\n",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n",
        "a=rtcp-fb:102 nack pli\r\n",
        "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n",
    ] {
        assert!(sent.contains(line), "{line:?} in {sent}");
    }
    assert!(section(&answer, "d").starts_with("video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\n"));
}

#[test]
fn its_layers_key_frames_are_asked_for_by_themselves() {
    let layers = "a=rtcp-fb:102 nack pli
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=rid:q send
a=rid:h send
a=simulcast:send q;h";
    let answer = answer_to(&offer(true, "a=rtcp-fb:102 nack pli", layers));
    let asked = "profile-level-id=42e01f;x-google-per-layer-pli=1\r\n";
    assert!(section(&answer, "b").contains(asked), "{answer}");
    assert!(!section(&answer, "d").contains("per-layer-pli"), "{answer}");
}

#[test]
fn a_line_that_does_not_offer_it_is_answered_without() {
    let answer = answer_to(&offer(false, "42e01f", "42e01f"));
    assert!(!section(&answer, "b").contains("102"), "{answer}");
    assert!(section(&answer, "d").contains("H264"), "{answer}");
}

#[test]
fn a_slot_that_does_not_take_it_keeps_it_from_all_slots() {
    let sent_only = {
        let formats = OFFER.replacen("98 99 97 96", "102 98 99 97 96 103", 1);
        parse(&formats.replacen("a=mid:b\n", &format!("a=mid:b\n{H264}"), 1))
    };
    let offer = sent_only.expect("an offer we can answer");
    assert_eq!(h264(&offer), Some((102, Some(103))));
    assert_eq!(offer.received.of(Codec::H264), None);
    assert!(offer.received.of(Codec::Vp8).is_some());
}

#[test]
fn only_what_every_decoder_knows_is_taken() {
    for (from, to, is_taken) in [
        ("42e01f", "42e01f", true),
        ("42e01f", "42E02A", true),
        ("42e01f", "42001f", true),
        ("42e01f", "42e01e", false),
        ("42e01f", "4d001f", false),
        ("42e01f", "42e01f0", false),
        ("42e01f", "zz", false),
        ("packetization-mode=1;", "packetization-mode=0;", false),
        ("packetization-mode=1;", "", false),
        (";profile-level-id=42e01f", "", false),
        // As VP8 has RTX, it must have it too; and no number may be another's.
        ("apt=102", "apt=104", false),
        ("103 rtx/90000", "104 rtx/90000", false),
        ("H264/90000", "H265/90000", false),
    ] {
        let offer = offer(true, from, to);
        assert_eq!(h264(&offer).is_some(), is_taken, "{from:?} -> {to:?}");
        assert_eq!(answer_to(&offer).contains("H264"), is_taken, "{to:?}");
    }
}

#[test]
fn constrained_baseline_is_taken_before_baseline() {
    let baseline = "a=rtpmap:100 H264/90000\r\n\
        a=fmtp:100 packetization-mode=1;profile-level-id=42001f\r\n\
        a=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\na=rtpmap:102 H264/90000";
    let sdp = OFFER.replacen("SAVPF 96 97", "SAVPF 100 101 102 103 96 97", 1);
    let lines = H264.replacen("a=rtpmap:102 H264/90000", baseline, 1);
    let sdp = sdp.replacen("a=mid:d\n", &format!("a=mid:d\n{lines}"), 1);
    let offer = parse(&sdp).expect("an offer we can answer");
    assert_eq!(h264(&offer), Some((102, Some(103))));
}

#[test]
fn lines_that_disagree_about_it_do_without() {
    let sdp = OFFER
        .replacen("98 99 97 96", "104 98 99 97 96 105", 1)
        .replacen("SAVPF 96 97", "SAVPF 96 97 102 103", 1);
    let other = H264.replace("102", "104").replace("103", "105");
    let sdp = sdp
        .replacen("a=mid:b\n", &format!("a=mid:b\n{other}"), 1)
        .replacen("a=mid:d\n", &format!("a=mid:d\n{H264}"), 1);
    let offer = parse(&sdp).expect("an offer we can answer");
    assert_eq!(h264(&offer), None);
}

#[test]
fn earlier_packets_of_voices_never_go_under_one_of_its_numbers() {
    for (number, expected) in [(102, None), (103, None), (104, Some(104))] {
        let sdp = OFFER
            .replacen("SAVPF 96 97", "SAVPF 96 97 102 103", 1)
            .replacen("a=mid:d\n", &format!("a=mid:d\n{H264}"), 1);
        let slot = format!(
            "SAVPF 111 {number}\na=mid:c\n\
             a=rtpmap:{number} red/48000/2\na=fmtp:{number} 111/111\n"
        );
        let sdp = sdp.replacen("SAVPF 111\na=mid:c\n", &slot, 1);
        let offer = parse(&sdp).expect("an offer we can answer");
        assert_eq!(h264(&offer), Some((102, Some(103))));
        assert_eq!(offer.red, expected, "{number}");
        let answer = answer_to(&offer);
        assert_eq!(section(&answer, "c").contains("red"), expected.is_some());
    }
}

#[test]
fn a_number_tells_its_codec_and_whether_it_repairs() {
    let offer = offer(true, "42e01f", "42e01f");
    let rows = [
        (111, Some((Codec::Opus, false))),
        (96, Some((Codec::Vp8, false))),
        (97, Some((Codec::Vp8, true))),
        (102, Some((Codec::H264, false))),
        (103, Some((Codec::H264, true))),
        (98, None),
    ];
    for (number, expected) in rows {
        assert_eq!(offer.payload_types.find(number), expected, "{number}");
    }
}

const VP9: &str = "a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=2
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
";

#[test]
fn vp9_is_taken_in_the_profile_that_every_decoder_knows() {
    for (from, to, is_taken) in [
        ("profile-id=2", "profile-id=2", false),
        ("profile-id=2", "profile-id=0", true),
        ("a=fmtp:98 profile-id=2\n", "", true),
        ("profile-id=2", "x=1; profile-id=1", false),
    ] {
        let sdp = OFFER.replacen(VP9, &VP9.replacen(from, to, 1), 1);
        let offer = parse(&sdp).expect("an offer we can answer");
        let types = offer.payload_types.of(Codec::Vp9);
        assert_eq!(types.is_some(), is_taken, "{to:?}");
        let answer = answer_to(&offer);
        let sent = section(&answer, "b");
        assert_eq!(
            sent.contains("a=fmtp:98 profile-id=0\r\n"),
            is_taken,
            "{sent}"
        );
    }
}

#[test]
fn a_camera_that_prefers_vp9_and_is_one_stream_has_its_layers_in_it() {
    let profile = |sdp: &str| sdp.replacen("profile-id=2", "profile-id=0", 1);
    let layers = "a=mid:b\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n\
        a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n\
        a=rid:q send\na=rid:f send\na=simulcast:send q;f\n";
    for (sdp, has_layers) in [
        (OFFER.to_owned(), false),
        (profile(OFFER), true),
        (
            profile(&OFFER.replacen("98 99 97 96", "96 97 98 99", 1)),
            false,
        ),
        (profile(&OFFER.replacen("a=mid:b\n", layers, 1)), false),
    ] {
        let offer = parse(&sdp).expect("an offer we can answer");
        let is_layered: Vec<_> = offer.up.iter().map(|line| line.has_layers).collect();
        assert_eq!(is_layered, [false, has_layers], "{sdp}");
    }
}

const DESCRIPTOR: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// [`OFFER`] with a camera that is sent in AV1 of these parameters, and says what its packets are of.
fn av1_offer(parameters: &str, described: bool) -> String {
    let sdp = OFFER
        .replacen("VP9/90000", "AV1/90000", 1)
        .replacen("profile-id=2", parameters, 1)
        .replacen("a=fmtp:98 \n", "", 1);
    let extension = match described {
        true => format!("a=mid:b\na=extmap:12 {DESCRIPTOR}\n"),
        false => "a=mid:b\n".to_owned(),
    };
    sdp.replacen("a=mid:b\n", &extension, 1)
}

#[test]
fn av1_is_taken_in_the_profile_and_tier_that_every_decoder_knows() {
    for (parameters, level) in [
        ("level-idx=5;profile=0;tier=0", Some(5)),
        ("profile=0;level-idx=8", Some(8)),
        ("tier=0", Some(5)),
        ("", Some(5)),
        ("profile=0; level-idx=31", Some(31)),
        ("profile=0;level-idx=32", None),
        ("profile=0;level-idx=x", None),
        ("level-idx=5;profile=1;tier=0", None),
        ("level-idx=5;profile=0;tier=1", None),
        ("profile=x", None),
    ] {
        let offer = parse(&av1_offer(parameters, true)).expect("an offer we can answer");
        let types = offer.payload_types.of(Codec::Av1);
        let expected = level.map(|_| (98, Some(99)));
        let types = types.map(|types| (types.main, types.rtx));
        assert_eq!(types, expected, "{parameters:?}");
        let answer = answer_to(&offer);
        let sent = section(&answer, "b");
        match level {
            Some(level) => {
                let lines = format!(
                    "a=rtpmap:98 AV1/90000\r\na=fmtp:98 level-idx={level};profile=0;tier=0\r\n"
                );
                assert!(sent.contains(&lines), "{sent}");
            }
            None => assert!(!sent.contains("AV1"), "{sent}"),
        }
        // The slot does not take it.
        assert_eq!(offer.received.of(Codec::Av1), None);
    }
}

#[test]
fn a_camera_that_prefers_av1_has_its_layers_in_one_stream_if_its_packets_say_which() {
    for (sdp, has_layers, is_described) in [
        (av1_offer("profile=0", true), true, true),
        (av1_offer("profile=0", false), false, false),
        // It prefers what says it elsewhere.
        (
            av1_offer("profile=0", true).replacen("98 99 97 96", "96 97 98 99", 1),
            false,
            false,
        ),
    ] {
        let offer = parse(&sdp).expect("an offer we can answer");
        let is_layered: Vec<_> = offer.up.iter().map(|line| line.has_layers).collect();
        assert_eq!(is_layered, [false, has_layers], "{sdp}");
        let answer = answer_to(&offer);
        assert_eq!(
            section(&answer, "b").contains(DESCRIPTOR),
            is_described,
            "{sdp}"
        );
    }
}

#[test]
fn streams_of_av1_are_described_each() {
    let layers = "a=mid:b\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n\
        a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n\
        a=rid:s send\na=rid:f send\na=simulcast:send s;f\n";
    let sdp = av1_offer("profile=0", true).replacen("a=mid:b\n", layers, 1);
    let offer = parse(&sdp).expect("an offer we can answer");
    assert!(!offer.up[1].has_layers && offer.up[1].rids == ["s", "f"]);
    assert_eq!(offer.extensions.dependency, Some(12));
    let answer = answer_to(&offer);
    assert!(section(&answer, "b").contains(DESCRIPTOR), "{answer}");
}

#[test]
fn a_slot_takes_av1_with_its_descriptors_and_not_without() {
    let lines = "a=rtpmap:98 AV1/90000\na=rtpmap:99 rtx/90000\na=fmtp:99 apt=98\n";
    let extension = format!("a=extmap:12 {DESCRIPTOR}\n");
    for (offered, is_taken) in [(extension.as_str(), true), ("", false)] {
        let sdp = av1_offer("profile=0", true)
            .replacen("SAVPF 96 97", "SAVPF 96 97 98 99", 1)
            .replacen("a=mid:d\n", &format!("a=mid:d\n{lines}{offered}"), 1);
        let offer = parse(&sdp).expect("an offer we can answer");
        assert_eq!(offer.received.of(Codec::Av1).is_some(), is_taken);
        assert!(offer.received.of(Codec::Vp8).is_some());
        let answer = answer_to(&offer);
        assert_eq!(section(&answer, "d").contains(DESCRIPTOR), is_taken);
    }
}
