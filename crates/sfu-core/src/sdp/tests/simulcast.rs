//! Lines that offer layers: what is taken of them, and what is answered.

use super::*;

const MID: &str = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n";
const RID: &str = "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n";
const REPAIRED: &str = "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\n";
const LAYERS: &str = "a=rid:q send\na=rid:h send\na=rid:f send\na=simulcast:send q;h;f\n";

/// The offer with more lines in the camera's section.
fn offer(lines: &[&str]) -> Offer {
    let lines = format!("a=bundle-only\n{}", lines.concat());
    parse(&changed("a=bundle-only\n", &lines)).expect("a good offer")
}

#[test]
fn layers_are_taken_and_answered_in_their_order() {
    let offer = offer(&[MID, RID, REPAIRED, LAYERS]);
    let camera = &offer.up[1];
    assert_eq!(camera.rids, ["q", "h", "f"]);
    // The SSRCs that stand there too are of nobody knows which layer.
    assert_eq!((camera.ssrc, camera.rtx_ssrc), (None, None));
    assert_eq!(offer.extensions.rid, Some(10));
    assert_eq!(offer.extensions.repaired_rid, Some(11));
    let answer = answer_to(&offer);
    let camera = section(&answer, "b");
    assert!(
        camera.ends_with(
            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
             a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
             a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
             a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
             a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n"
        ),
        "{camera}"
    );
    assert_eq!(answer.matches("simulcast").count(), 1);
}

#[test]
fn each_layers_key_frames_are_asked_for_by_themselves() {
    let asked = "a=fmtp:96 x-google-per-layer-pli=1\r\n";
    let answer = answer_to(&offer(&[MID, RID, REPAIRED, LAYERS]));
    assert!(section(&answer, "b").contains(asked), "{answer}");
    assert_eq!(answer.matches("per-layer-pli").count(), 1, "{answer}");
    // Of one stream there is nothing to choose from.
    assert!(!answer_to(&offer(&[MID, RID])).contains("per-layer-pli"));
}

#[test]
fn of_what_is_offered_only_what_is_understood_is_taken() {
    let rids = |names: &[&str]| {
        let lines = names.iter().map(|name| format!("a=rid:{name} send\n"));
        lines.collect::<String>()
    };
    let rows: [(&str, &str, &[&str]); 11] = [
        (&rids(&["q", "h"]), "send q;h", &["q", "h"]),
        (&rids(&["q", "h"]), "recv x;y send q;h", &["q", "h"]),
        // Alternatives, and layers that begin paused.
        (&rids(&["q", "h"]), "send ~q;h,i", &["q", "h"]),
        (
            &rids(&["1", "2", "3", "4"]),
            "send 1;2;3;4",
            &["1", "2", "3"],
        ),
        // Named twice, or by no `a=rid`, or by one that receives.
        (&rids(&["q", "h"]), "send q;q;h", &["q", "h"]),
        (&rids(&["q", "h"]), "send q;x;h", &["q", "h"]),
        ("a=rid:q send\na=rid:h recv\n", "send q;h", &[]),
        // One is none.
        (&rids(&["q"]), "send q", &[]),
        (&rids(&["q", "h"]), "recv q;h", &[]),
        (&rids(&["q", "a name that is too long"]), "send q;a", &[]),
        (&rids(&["q", "h"]), "send", &[]),
    ];
    for (rid, simulcast, expected) in rows {
        let simulcast = format!("a=simulcast:{simulcast}\n");
        let offer = offer(&[MID, RID, rid, &simulcast]);
        assert_eq!(offer.up[1].rids, expected, "{simulcast}");
        let answered = answer_to(&offer).contains("a=simulcast:recv");
        assert_eq!(answered, !expected.is_empty(), "{simulcast}");
    }
}

#[test]
fn layers_whose_packets_cannot_be_told_apart_are_one_stream() {
    for lines in [&[MID, LAYERS][..], &[RID, LAYERS], &[LAYERS]] {
        let offer = offer(lines);
        assert!(offer.up[1].rids.is_empty(), "{lines:?}");
        assert_eq!(offer.up[1].ssrc, Some(200));
        assert!(!answer_to(&offer).contains("simulcast"));
    }
}

#[test]
fn a_slot_has_no_layers() {
    let lines = format!("a=mid:d\n{MID}{RID}{LAYERS}");
    let offer = parse(&changed("a=mid:d\n", &lines)).expect("a good offer");
    assert!(!answer_to(&offer).contains("simulcast"));
}
