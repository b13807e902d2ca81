//! What answers say, and what they leave out.

use super::*;

#[test]
fn the_session_is_lite_and_passive_and_says_it_once() {
    let answer = answer("t=0 0", "t=0 0");
    let fingerprint = format!("\r\na=fingerprint:sha-256 AB{}\r\n", ":AB".repeat(31));
    for once in [
        "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\n",
        "\r\na=ice-lite\r\n",
        "\r\na=ice-options:ice2\r\n",
        "\r\na=group:BUNDLE a b c d\r\n",
        &fingerprint,
        "\r\na=setup:passive\r\n",
        "\r\na=ice-ufrag:ours\r\na=ice-pwd:secret\r\n",
        "\r\na=candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host\r\n",
        "\r\na=candidate:2 1 udp 2130706175 2001:db8::1 10000 typ host\r\n",
        "\r\na=candidate:3 1 udp 2130705919 192.0.2.9 10000 typ host\r\na=end-of-candidates\r\n",
    ] {
        assert_eq!(answer.matches(once).count(), 1, "{once:?} in {answer}");
    }
    assert!(
        section(&answer, "a").contains("a=ice-ufrag"),
        "the first line owns the transport"
    );
}

#[test]
fn a_send_line_is_mirrored() {
    let answer = answer("t=0 0", "t=0 0");
    assert_eq!(
        section(&answer, "b"),
        "video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:b\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
         a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
         a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    );
}

#[test]
fn a_slot_is_a_stream_of_its_own() {
    let answer = answer("t=0 0", "t=0 0");
    assert_eq!(
        section(&answer, "c"),
        "audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:c\r\na=sendonly\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
         a=msid:audio-0 audio-0\r\na=ssrc:1000 cname:homeroom\r\n"
    );
    assert!(section(&answer, "d").ends_with(
        "a=msid:video-0 video-0\r\na=ssrc:1001 cname:homeroom\r\na=ssrc:2001 cname:homeroom\r\n\
         a=ssrc-group:FID 1001 2001\r\n"
    ));
}

#[test]
fn opus_keeps_fec_and_the_clients_dtx_and_drops_stereo() {
    let line = |answer: &str| {
        section(answer, "a")
            .lines()
            .find(|l| l.starts_with("a=fmtp"))
            .map(str::to_owned)
    };
    let with = line(&answer("t=0 0", "t=0 0"));
    assert_eq!(
        with.as_deref(),
        Some("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1")
    );
    let without = line(&answer(";usedtx=1", ""));
    assert_eq!(
        without.as_deref(),
        Some("a=fmtp:111 minptime=10;useinbandfec=1")
    );
}

/// What a line is named for decides what its sender is asked for, not what it offers.
#[test]
fn a_low_rate_microphone_is_asked_for_few_and_small_packets() {
    let sdp = format!(
        "{}{LOW_LINE}",
        changed("BUNDLE a b c d\n", "BUNDLE a b c d e\n")
    );
    let named = Layout {
        microphone_low: mid("e"),
        ..layout()
    };
    let offer = Offer::parse(&sdp, &named).expect("a good offer");
    let up: Vec<_> = offer.up.iter().map(|up| (up.source, up.is_low)).collect();
    assert_eq!(
        up,
        [
            (Source::Microphone, false),
            (Source::Camera, false),
            (Source::Microphone, true)
        ]
    );
    let answer = answer_to(&offer);
    assert_eq!(
        section(&answer, "e"),
        "audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:e\r\na=recvonly\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\n\
         a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=16000\r\na=ptime:60\r\n"
    );
    assert_eq!(answer.matches("a=ptime").count(), 1, "{answer}");
    let refuse = |sdp: &str, problem| {
        let purpose = Purpose::LowMicrophone;
        let refused = Err(SdpError::Line { purpose, problem });
        assert_eq!(Offer::parse(sdp, &named), refused);
    };
    refuse(&changed("t=0 0", "t=0 0"), LineProblem::UnknownMid);
    let backwards = sdp.replace("a=mid:e\na=sendonly", "a=mid:e\na=recvonly");
    refuse(&backwards, LineProblem::WrongDirection);
    let picture = sdp.replace(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:e",
        "m=video 9 UDP/TLS/RTP/SAVPF 111\na=mid:e",
    );
    refuse(&picture, LineProblem::WrongKind);
}

const LOW_LINE: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:e
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
";

#[test]
fn without_rtx_in_the_offer_there_is_none_in_the_answer() {
    let sdp = OFFER.replace(" 97 96", " 96").replace("96 97", "96");
    let offer = parse(&sdp).expect("a good offer");
    let answer = answer_to(&offer);
    assert_eq!(offer.payload_types, payload_types(111, (96, None), None));
    assert!(!offer.has_rtx());
    assert!(
        !answer.contains("rtx") && !answer.contains("FID"),
        "{answer}"
    );
}

/// RFC 3264 §6: as many m-lines as the offer, in its order; the unknown ones with port 0.
#[test]
fn unused_lines_are_refused_in_their_place() {
    let answer = answer(
        "m=video 0 UDP",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:data\nm=audio 9 X 0 8\nm=video 0 UDP",
    );
    let heads: Vec<&str> = answer
        .lines()
        .filter(|line| line.starts_with("m="))
        .collect();
    assert_eq!(
        heads,
        [
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
            "m=audio 0 X 0",
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        ]
    );
    assert!(section(&answer, "data").ends_with("a=mid:data\r\na=inactive\r\n"));
    assert!(answer.contains("a=group:BUNDLE a b c d\r\n"));
}
