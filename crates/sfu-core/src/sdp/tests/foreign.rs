//! Offers of programs that publish: one codec that is not VP8, one kind of media alone.

use super::*;

/// [`OFFER`] of a camera and a microphone alone, in this layout.
fn published(from: &str, to: &str, layout: &Layout) -> Result<Offer, SdpError> {
    Offer::parse(&changed(from, to), layout)
}

#[test]
fn one_kind_alone_can_be_published() {
    let voice = Layout {
        microphone: mid("a"),
        ..Layout::default()
    };
    let offer = published("BUNDLE a b", "BUNDLE a b", &voice).expect("a voice alone");
    assert_eq!(offer.payload_types.of(Codec::Vp8), None);
    let answer = answer_to(&offer);
    assert!(section(&answer, "a").contains("opus/48000/2"), "{answer}");
    assert!(section(&answer, "b").starts_with("video 0 "), "{answer}");
    let picture = Layout {
        camera: mid("b"),
        ..Layout::default()
    };
    let offer = published("BUNDLE a b", "BUNDLE b a", &picture).expect("a picture alone");
    assert_eq!(offer.payload_types.of(Codec::Opus), None);
    assert!(section(&answer_to(&offer), "b").contains("VP8/90000"));
}

#[test]
fn a_client_that_names_a_transport_for_each_line_finds_ours_on_each() {
    let line = |mid: &str| format!("a=mid:{mid}\na=ice-ufrag:only{mid}\na=ice-pwd:{mid:0>22}");
    let sdp = OFFER
        .replace("a=mid:a", &line("a"))
        .replace("a=mid:b", &line("b"));
    let offer = parse(&sdp).expect("an offer we can answer");
    assert_eq!(offer.ice.ufrag, "onlya");
    let answer = answer_to(&offer);
    for mid in ["a", "b", "c", "d"] {
        let section = section(&answer, mid);
        assert!(section.contains("a=ice-ufrag:ours\r\na=ice-pwd:secret\r\na=setup:passive"));
        assert_eq!(section.contains("a=candidate:"), mid == "a", "{section}");
    }
}

#[test]
fn a_camera_in_h264_alone_can_be_published() {
    let layout = Layout {
        microphone: mid("a"),
        camera: mid("b"),
        ..Layout::default()
    };
    let h264 = "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1";
    let offer = published("a=rtpmap:96 VP8/90000", h264, &layout).expect("what OBS offers");
    let types = offer.payload_types.of(Codec::H264).expect("is taken");
    assert_eq!((types.main, offer.payload_types.of(Codec::Vp8)), (96, None));
    assert!(section(&answer_to(&offer), "b").contains("H264/90000"));
}

#[test]
fn a_line_whose_only_codec_must_be_done_without_is_refused() {
    // The slot's VP8 is 96 with RTX; so must be whatever else the offer has.
    let h264 = "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1";
    let refused = parse(&changed("a=rtpmap:96 VP8/90000", h264));
    let purpose = Purpose::Up(Source::Camera);
    let problem = LineProblem::CodecMissing;
    assert_eq!(refused, Err(SdpError::Line { purpose, problem }));
}
