//! Offers we refuse, one reason each, and the edge of every bound.

use super::*;
use crate::{SlotKind, Source};

/// A session-level direction is the default of every line (RFC 8866 §6.7).
#[test]
fn session_direction_is_inherited() {
    let sdp = OFFER
        .replace("a=sendonly\n", "")
        .replace("t=0 0\n", "t=0 0\na=sendonly\n");
    assert!(parse(&sdp).is_ok());
    let sdp = sdp.replace("a=recvonly\n", "");
    let purpose = Purpose::Down(SlotKind::Audio(0));
    let problem = LineProblem::WrongDirection;
    assert_eq!(parse(&sdp), Err(SdpError::Line { purpose, problem }));
}

#[test]
fn what_concerns_the_whole_offer_is_checked() {
    use SdpError as E;
    for (from, to, expected) in [
        ("a=mid:b", "a=mid:a", E::DuplicateMid),
        (
            "a=group:BUNDLE a b c d",
            "a=group:BUNDLE a b c",
            E::NotBundled,
        ),
        (
            "a=group:BUNDLE a b c d",
            "a=group:BUNDLE a b\na=group:BUNDLE c d",
            E::NotBundled,
        ),
        ("a=group:BUNDLE a b c d\n", "", E::NotBundled),
        (
            "a=group:BUNDLE a",
            "a=group:BUNDLE z a",
            E::TaggedLineUnused,
        ),
        ("t=0 0", "t=0 0\na=ice-lite", E::PeerIsLite),
        ("a=ice-ufrag:user\n", "", E::BadIceCredentials),
        ("a=ice-ufrag:user", "a=ice-ufrag:use", E::BadIceCredentials),
        ("a=ice-ufrag:user", "a=ice-ufrag:us:r", E::BadIceCredentials),
        (
            "a=ice-pwd:a+long/enough+password\n",
            "",
            E::BadIceCredentials,
        ),
        (
            "a=ice-pwd:a+long/enough+password",
            "a=ice-pwd:tooshort",
            E::BadIceCredentials,
        ),
        (
            "fingerprint:sha-256",
            "fingerprint:sha-1",
            E::NoSha256Fingerprint,
        ),
        (":1E:1F", ":1E", E::NoSha256Fingerprint),
        (":1E:1F", ":1E:1F:20", E::NoSha256Fingerprint),
        (":1E:1F", ":1E:1G", E::NoSha256Fingerprint),
        (":1E:1F", ":1E:+F", E::NoSha256Fingerprint),
        ("a=setup:actpass", "a=setup:passive", E::BadSetup),
        ("a=setup:actpass\n", "", E::BadSetup),
        ("a=mid:b", "a=mid:b\na=setup:active", E::TransportConflict),
        (
            "audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:c\na=recvonly\na=rtcp-mux\na=rtpmap:111",
            "audio 9 UDP/TLS/RTP/SAVPF 112\na=mid:c\na=recvonly\na=rtcp-mux\na=rtpmap:112",
            E::PayloadTypeConflict,
        ),
        ("96 97\na=mid:d", "96\na=mid:d", E::PayloadTypeConflict),
        (
            "a=mid:d",
            "a=mid:d\na=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid",
            E::ExtensionConflict,
        ),
        ("a=extmap:4", "a=extmap:1", E::ExtensionConflict),
        ("a=extmap:3/sendrecv", "a=extmap:4", E::ExtensionConflict),
        ("a=ssrc:100", "a=ssrc:201", E::DuplicateSsrc),
        ("FID 200 201", "FID 200 200", E::DuplicateSsrc),
    ] {
        assert_eq!(
            parse(&changed(from, to)),
            Err(expected),
            "{from:?} -> {to:?}"
        );
    }
}

#[test]
fn opus_and_vp8_may_not_share_a_number() {
    let sdp = OFFER.replace("111", "96");
    assert_eq!(parse(&sdp), Err(SdpError::PayloadTypeConflict));
}

#[test]
fn ice_is_that_of_the_line_that_owns_the_bundle() {
    let other = "a=ice-ufrag:other\na=ice-pwd:another+long+password+";
    let ufrag = |mid: &str| {
        let mid = format!("a=mid:{mid}");
        let sdp = changed(&mid, &format!("{mid}\n{other}"));
        parse(&sdp).map(|offer| offer.ice.ufrag)
    };
    assert_eq!(ufrag("a"), Ok("other".to_owned()));
    assert_eq!(ufrag("b"), Ok("user".to_owned()), "what b would have alone");
}

#[test]
fn fingerprints_must_agree() {
    let other = format!("a=mid:b\na=fingerprint:sha-256 FF{}", ":00".repeat(31));
    assert_eq!(
        parse(&changed("a=mid:b", &other)),
        Err(SdpError::TransportConflict)
    );
}

#[test]
fn each_used_line_is_checked() {
    use LineProblem as P;
    let microphone = Purpose::Up(Source::Microphone);
    let camera = Purpose::Up(Source::Camera);
    let (voice, face) = (
        Purpose::Down(SlotKind::Audio(0)),
        Purpose::Down(SlotKind::Video(0)),
    );
    for (from, to, purpose, problem) in [
        ("a=mid:b", "a=mid:x", camera, P::UnknownMid),
        ("a=mid:c\n", "", voice, P::UnknownMid),
        ("m=audio", "m=video", microphone, P::WrongKind),
        ("m=audio", "m=application", microphone, P::WrongKind),
        ("a=sendonly", "a=recvonly", microphone, P::WrongDirection),
        ("a=sendonly", "a=inactive", microphone, P::WrongDirection),
        ("a=recvonly", "a=sendonly", voice, P::WrongDirection),
        ("m=audio 9", "m=audio 0", microphone, P::Disabled),
        (
            "UDP/TLS/RTP/SAVPF 96 97\na=mid:d",
            "RTP/AVP 96 97\na=mid:d",
            face,
            P::WrongProtocol,
        ),
        ("a=rtcp-mux\n", "", microphone, P::NoRtcpMux),
        ("opus/48000/2", "opus/48000", microphone, P::CodecMissing),
        ("SAVPF 111", "SAVPF 110", microphone, P::CodecMissing),
        (
            "a=rtpmap:96 VP8",
            "a=rtpmap:96 H264",
            camera,
            P::CodecMissing,
        ),
        (
            "SAVPF 98 99 97 96",
            "SAVPF 98 99 97",
            camera,
            P::CodecMissing,
        ),
        ("FID 200 201", "FID 200", camera, P::BadSsrc),
        ("FID 200 201", "FID 200 x", camera, P::BadSsrc),
        ("a=ssrc:100", "a=ssrc:4294967296", microphone, P::BadSsrc),
        (
            "SAVPF 96 97\na=mid:d\na=recvonly\na=rtcp-mux\na=rtpmap:96 VP8/90000",
            "SAVPF 96 97\na=mid:d\na=recvonly\na=rtcp-mux\na=rtpmap:96 VP9/90000",
            face,
            P::CodecMissing,
        ),
    ] {
        assert_eq!(
            parse(&changed(from, to)),
            Err(SdpError::Line { purpose, problem }),
            "{from:?} -> {to:?}"
        );
    }
}

#[test]
fn payload_types_that_collide_with_rtcp_are_refused() {
    for (number, usable) in [
        ("63", true),
        ("64", false),
        ("95", false),
        ("127", true),
        ("128", false),
    ] {
        let result = parse(&OFFER.replace("111", number));
        assert_eq!(result.is_ok(), usable, "{number}: {result:?}");
    }
}

#[test]
fn extension_ids_we_cannot_write_count_as_absent() {
    for id in ["0", "15", "255", "x", "1/recvonly", "1/sendonly"] {
        let offer = parse(&changed("a=extmap:1 ", &format!("a=extmap:{id} "))).expect("still good");
        assert_eq!(offer.extensions.audio_level, None, "{id}");
    }
}

#[test]
fn the_layout_must_fit() {
    let refuse = |change: fn(&mut Layout), expected| {
        let mut layout = layout();
        change(&mut layout);
        assert_eq!(Offer::parse(OFFER, &layout), Err(expected));
    };
    let line = |purpose, problem| SdpError::Line { purpose, problem };
    let screen = Purpose::Up(Source::Screen);
    refuse(
        |l| l.screen = mid("b"),
        line(screen, LineProblem::UsedTwice),
    );
    refuse(
        |l| l.screen = mid("zz"),
        line(screen, LineProblem::UnknownMid),
    );
    refuse(
        |l| l.screen = mid(""),
        line(screen, LineProblem::UnknownMid),
    );
    let second = Purpose::Down(SlotKind::Audio(1));
    refuse(
        |l| l.audio_slots.push("c".to_owned()),
        line(second, LineProblem::UsedTwice),
    );
    refuse(
        |l| l.audio_slots.push("a".to_owned()),
        line(second, LineProblem::UsedTwice),
    );
    refuse(
        |l| l.audio_slots = vec!["c".to_owned(); MAX_AUDIO_SLOTS + 1],
        SdpError::TooManySlots,
    );
    refuse(
        |l| l.video_slots = vec!["d".to_owned(); MAX_VIDEO_SLOTS + 1],
        SdpError::TooManySlots,
    );
    refuse(|l| *l = Layout::default(), SdpError::NothingUsed);
}

fn check_syntax(sdp: &str, line: usize, problem: SyntaxProblem) {
    assert_eq!(parse(sdp), Err(SdpError::Syntax { line, problem }));
}

#[test]
fn text_that_is_not_sdp_is_refused() {
    use SyntaxProblem as P;
    check_syntax("", 1, P::NotVersionZero);
    check_syntax("hello", 1, P::NotVersionZero);
    check_syntax("v=1\n", 1, P::NotVersionZero);
    check_syntax("v=0\n\n", 2, P::NotALine);
    check_syntax("v=0\nattribute=x\n", 2, P::NotALine);
    check_syntax("v=0\na=x\u{0}y\n", 2, P::NotALine);
    check_syntax("v=0\na=x\ry\n", 2, P::NotALine);
    for line in [
        "m=audio",
        "m=audio 9",
        "m=audio 9 X",
        "m=audio x X 1",
        "m=audio 65536 X 1",
        "m= 9 X 1",
        "m=audio 9 X  1",
        "m=audio 9 X é",
    ] {
        check_syntax(&format!("v=0\n{line}\n"), 2, P::BadMediaLine);
    }
    for mid in ["", "a b", "é", &"x".repeat(MAX_MID_BYTES + 1)] {
        check_syntax(&format!("v=0\nm=audio 9 X 1\na=mid:{mid}\n"), 2, P::BadMid);
    }
}

/// Each bound holds at its edge: so much is read, one more is refused.
#[test]
fn bounds() {
    use SyntaxProblem as P;
    let with = |extra: &str| OFFER.replacen("t=0 0\n", &format!("t=0 0\n{extra}"), 1);
    let line = |bytes: usize| format!("a={}\n", "x".repeat(bytes - 2));
    assert!(parse(&with(&line(MAX_LINE_BYTES))).is_ok());
    check_syntax(&with(&line(MAX_LINE_BYTES + 1)), 5, P::TooLong);

    let own = 5; // attributes of the session in OFFER
    assert!(parse(&with(&"a=x\n".repeat(MAX_ATTRIBUTES - own))).is_ok());
    check_syntax(
        &with(&"a=x\n".repeat(MAX_ATTRIBUTES - own + 1)),
        MAX_ATTRIBUTES + 5,
        P::TooManyAttributes,
    );

    let more_lines = |count| format!("{OFFER}{}", "m=audio 0 X 0\n".repeat(count));
    assert!(parse(&more_lines(MAX_MEDIA_LINES - 4)).is_ok());
    let last = OFFER.lines().count() + MAX_MEDIA_LINES - 4 + 1;
    check_syntax(&more_lines(MAX_MEDIA_LINES - 3), last, P::TooManyMediaLines);

    let formats = |count| format!("{OFFER}m=audio 0 X{}\n", " 0".repeat(count));
    assert!(parse(&formats(MAX_FORMATS)).is_ok());
    check_syntax(
        &formats(MAX_FORMATS + 1),
        OFFER.lines().count() + 1,
        P::TooManyFormats,
    );

    let longest_mid = "x".repeat(MAX_MID_BYTES);
    assert!(parse(&format!("{OFFER}m=audio 0 X 0\na=mid:{longest_mid}\n")).is_ok());

    let missing = MAX_OFFER_BYTES - OFFER.len();
    let mut sdp = with(&"b=x\n".repeat(missing / 4 - 1));
    sdp.push_str(&format!(
        "b={}\n",
        "x".repeat(MAX_OFFER_BYTES - sdp.len() - 3)
    ));
    assert_eq!(sdp.len(), MAX_OFFER_BYTES);
    assert!(parse(&sdp).is_ok());
    sdp.insert(sdp.len() - 1, 'x');
    assert_eq!(parse(&sdp), Err(SdpError::TooLong));
}
