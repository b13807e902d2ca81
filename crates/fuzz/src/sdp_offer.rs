//! An offer, with the layouts that our own client names its m-lines by and those that a program that
//! publishes or plays must mean; and the same text as the fragment of an ICE restart.

use std::net::SocketAddr;
use std::ops::Range;

use homeroom_sfu_core::Layout;
use homeroom_sfu_core::sdp::{
    Fragment, IceCredentials, LocalDescription, MAX_MEDIA_LINES, MAX_OFFER_BYTES, Offer, SlotSsrc,
};

/// Longest text of an error, in bytes: it goes back to the client and into the log.
const MAX_ERROR_BYTES: usize = 512;
/// Longest answer, in bytes, for each m-line of the offer; the session's part counts as one.
const MAX_ANSWER_BYTES_PER_LINE: usize = 2_048;

/// An offer is refused with a short reason, or answered line for line.
pub fn sdp_offer(data: &[u8]) {
    let Ok(sdp) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(error) = Fragment::parse(sdp) {
        assert!(error.to_string().len() <= MAX_ERROR_BYTES, "{error}");
    }
    let foreign = [Layout::of_publisher(sdp), Layout::of_player(sdp)];
    let foreign = foreign.into_iter().filter_map(Result::ok);
    for layout in [layout(9), layout(4)].into_iter().chain(foreign) {
        match Offer::parse(sdp, &layout) {
            Ok(offer) => check_answer(sdp, &offer),
            Err(error) => assert!(error.to_string().len() <= MAX_ERROR_BYTES, "{error}"),
        }
    }
}

/// Four things to send, three voices, so many cameras, the screen and its sound.
pub(crate) fn layout(cameras: usize) -> Layout {
    let mid = |number: usize| Some(number.to_string());
    let mids = |range: Range<usize>| range.map(|number| number.to_string()).collect();
    Layout {
        microphone: mid(0),
        microphone_low: None,
        camera: mid(1),
        screen: mid(2),
        screen_audio: mid(3),
        audio_slots: mids(4..7),
        video_slots: mids(7..7 + cameras),
        screen_slot: mid(7 + cameras),
        screen_audio_slot: mid(8 + cameras),
    }
}

fn check_answer(sdp: &str, offer: &Offer) {
    assert!(sdp.len() <= MAX_OFFER_BYTES);
    let slot_ssrcs: Vec<_> = (1..)
        .take(offer.down.len())
        .map(|ssrc| SlotSsrc {
            ssrc,
            rtx_ssrc: Some(ssrc + 1_000),
        })
        .collect();
    let answer = offer.answer(&LocalDescription {
        ice: &IceCredentials {
            ufrag: "srvr".to_owned(),
            pwd: "x".repeat(22),
        },
        fingerprint: [7; 32],
        candidates: &[SocketAddr::from(([192, 0, 2, 1], 10_000))],
        session_id: 1,
        cname: "homeroom",
        slot_ssrcs: &slot_ssrcs,
    });
    let media_lines = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
    let lines = media_lines(&answer);
    assert_eq!(
        lines,
        media_lines(sdp),
        "every m-line is answered (RFC 3264 §6)"
    );
    assert!(lines <= MAX_MEDIA_LINES);
    assert!(
        answer.len() <= (lines + 1) * MAX_ANSWER_BYTES_PER_LINE,
        "{} bytes",
        answer.len()
    );
    assert!(
        answer
            .split_terminator("\r\n")
            .all(|line| !line.contains(['\r', '\n']))
    );
}
