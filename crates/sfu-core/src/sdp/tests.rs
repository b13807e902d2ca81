//! What offers are read as, which are refused and why, and what the answers say.
//!
//! The fixtures are offers that browsers made; whether browsers take our answers is proven end to
//! end. Each case here changes one thing in [`OFFER`], the smallest offer with every purpose.

mod answers;
mod codecs;
mod foreign;
mod reading;
mod refusals;
mod simulcast;

use super::*;
use crate::Layout;
use proptest::prelude::*;

const CHROMIUM: &str = include_str!("fixtures/chromium-desktop.sdp");
const CHROMIUM_EVERY_CODEC: &str = include_str!("fixtures/chromium-every-codec.sdp");
const FIREFOX: &str = include_str!("fixtures/firefox-desktop.sdp");
const FIREFOX_EVERY_CODEC: &str = include_str!("fixtures/firefox-every-codec.sdp");

const OFFER: &str = "\
v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE a b c d
a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
a=ice-ufrag:user
a=ice-pwd:a+long/enough+password
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:a
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;stereo=1;usedtx=1
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=ssrc:100 cname:x
m=video 0 UDP/TLS/RTP/SAVPF 98 99 97 96
a=mid:b
a=bundle-only
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=2
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtcp-fb:98 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:* nack pli
a=extmap:3/sendrecv http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=ssrc-group:FID 200 201
a=ssrc:200 cname:x
a=ssrc:201 cname:x
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:c
a=recvonly
a=rtcp-mux
a=rtpmap:111 OPUS/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 97
a=mid:d
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
";

fn payload_types(opus: u8, vp8: (u8, Option<u8>), h264: Option<(u8, Option<u8>)>) -> PayloadTypes {
    let types = |(main, rtx)| CodecTypes { main, rtx };
    let needed = PayloadTypes::default()
        .with(Codec::Opus, types((opus, None)))
        .with(Codec::Vp8, types(vp8));
    h264.map_or(needed, |h264| needed.with(Codec::H264, types(h264)))
}

fn mid(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Fits [`OFFER`].
fn layout() -> Layout {
    Layout {
        microphone: mid("a"),
        camera: mid("b"),
        audio_slots: vec!["c".to_owned()],
        video_slots: vec!["d".to_owned()],
        ..Layout::default()
    }
}

/// Fits the browsers' offers: four sources, three voices, cameras, the screen and its sound.
fn browser_layout(cameras: usize) -> Layout {
    let mids = |range: std::ops::Range<usize>| range.map(|index| index.to_string()).collect();
    Layout {
        microphone: mid("0"),
        microphone_low: None,
        camera: mid("1"),
        screen: mid("2"),
        screen_audio: mid("3"),
        audio_slots: mids(4..7),
        video_slots: mids(7..7 + cameras),
        screen_slot: Some((7 + cameras).to_string()),
        screen_audio_slot: Some((8 + cameras).to_string()),
    }
}

fn parse(sdp: &str) -> Result<Offer, SdpError> {
    Offer::parse(sdp, &layout())
}

/// The answer to [`OFFER`] with one change.
fn answer(from: &str, to: &str) -> String {
    let offer = parse(&changed(from, to)).expect("the changed offer is still good");
    answer_to(&offer)
}

fn answer_to(offer: &Offer) -> String {
    let ice = IceCredentials {
        ufrag: "ours".to_owned(),
        pwd: "secret".to_owned(),
    };
    let ssrcs = |index: u32| SlotSsrc {
        ssrc: 1000 + index,
        rtx_ssrc: Some(2000 + index),
    };
    let slot_ssrcs: Vec<_> = (0..).take(offer.down.len()).map(ssrcs).collect();
    let candidates = [
        "192.0.2.1:10000",
        "[2001:db8::1]:10000",
        "[::ffff:192.0.2.9]:10000",
    ];
    offer.answer(&LocalDescription {
        ice: &ice,
        fingerprint: [0xAB; 32],
        candidates: &candidates.map(|text| text.parse().expect("an address")),
        session_id: 7,
        cname: "homeroom",
        slot_ssrcs: &slot_ssrcs,
    })
}

fn changed(from: &str, to: &str) -> String {
    assert!(OFFER.contains(from), "the offer of the tests has {from:?}");
    OFFER.replacen(from, to, 1)
}

/// The section of an answer that has this mid.
fn section<'a>(answer: &'a str, mid: &str) -> &'a str {
    let marker = format!("a=mid:{mid}\r\n");
    let mut sections = answer.split("m=").skip(1);
    sections
        .find(|section| section.contains(&marker))
        .expect("the answer has this mid")
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(v=0\n)?([a-z]=[ -~\u{80}-\u{ff}\r\n]{0,40}\n?){0,30}") {
        let _ = parse(&text);
    }

    /// Damaged real offers: what is still accepted must still be answerable, line for line.
    #[test]
    fn damage_never_breaks_the_answer(
        sdp in prop::sample::select(vec![OFFER, CHROMIUM, FIREFOX]),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..200, "[ -~\n]{0,20}"), 1..4),
    ) {
        let mut sdp = sdp.to_owned();
        for (at, length, replacement) in cuts {
            let start = at.index(sdp.len());
            let end = (start + length).min(sdp.len());
            sdp.replace_range(start..end, &replacement);
        }
        let layout = if sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:a") { layout() } else { browser_layout(9) };
        if let Ok(offer) = Offer::parse(&sdp, &layout) {
            let lines = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
            prop_assert_eq!(lines(&answer_to(&offer)), lines(&sdp));
        }
    }
}
