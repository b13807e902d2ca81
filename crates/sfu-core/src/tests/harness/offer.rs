//! The offer of a client: the m-lines in the order that the web client makes them.

use crate::model::{Layout, Source};
use crate::sdp::{IceCredentials, Offer};
use std::fmt::Write;

/// Header extension and payload type numbers, as Chromium gives them.
pub const AUDIO_LEVEL_ID: u8 = 1;
pub const TRANSPORT_CC_ID: u8 = 3;
pub const MID_ID: u8 = 4;
pub const RID_ID: u8 = 10;
pub const REPAIRED_RID_ID: u8 = 11;
pub const DEPENDENCY_ID: u8 = 12;
/// The mid of the low-rate microphone.
pub const LOW_MID: u8 = b'l';
pub const OPUS: u8 = 111;
pub const RED: u8 = 63;
pub const VP8: u8 = 96;
pub const VP8_RTX: u8 = 97;
pub const H264: u8 = 102;
pub const H264_RTX: u8 = 103;
pub const VP9: u8 = 98;
pub const VP9_RTX: u8 = 99;
pub const AV1: u8 = 45;
pub const AV1_RTX: u8 = 46;

/// What an offer says of who makes it.
pub struct OfferOf<'a> {
    pub ice: &'a IceCredentials,
    pub fingerprint: [u8; 32],
    /// SSRC of the first source; the others count on, RTX is a hundred up. The screen announces
    /// none, so that its packets are told apart by their mid.
    pub first_ssrc: u32,
    pub video_slots: usize,
    /// Layers of the camera; if more than one, their packets alone tell their SSRCs.
    pub layers: u8,
    /// Likewise of two of the screen.
    pub has_slides: bool,
    pub has_h264: bool,
    pub has_vp9: bool,
    pub has_av1: bool,
    /// A last line sends the microphone at its low rate; its packets tell whose they are.
    pub has_low: bool,
    /// It reports when each packet of its slots arrived.
    pub reports_arrivals: bool,
    /// Of its slots it uses one for a voice and those for cameras.
    pub is_player: bool,
}

impl OfferOf<'_> {
    pub fn parse(&self) -> Offer {
        Offer::parse(&self.text(), &self.layout()).expect("an offer we can answer")
    }

    fn layout(&self) -> Layout {
        let cameras = self.video_slots;
        let mids = |range: std::ops::Range<usize>| range.map(|mid| mid.to_string()).collect();
        Layout {
            microphone: Some("0".to_owned()),
            microphone_low: self.has_low.then(|| char::from(LOW_MID).to_string()),
            camera: Some("1".to_owned()),
            screen: Some("2".to_owned()),
            screen_audio: Some("3".to_owned()),
            audio_slots: mids(if self.is_player { 4..5 } else { 4..7 }),
            video_slots: mids(7..7 + cameras),
            screen_slot: (!self.is_player).then(|| (7 + cameras).to_string()),
            screen_audio_slot: (!self.is_player).then(|| (8 + cameras).to_string()),
        }
    }

    fn text(&self) -> String {
        let mids = 9 + self.video_slots;
        let mut sdp = String::from("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
        sdp += "a=group:BUNDLE";
        for mid in 0..mids {
            let _ = write!(sdp, " {mid}");
        }
        if self.has_low {
            let _ = write!(sdp, " {}", char::from(LOW_MID));
        }
        let hex = self.fingerprint.map(|byte| format!("{byte:02X}")).join(":");
        let (ufrag, pwd) = (&self.ice.ufrag, &self.ice.pwd);
        let _ = write!(
            sdp,
            "\r\na=fingerprint:sha-256 {hex}\r\na=setup:actpass\r\n"
        );
        let _ = write!(sdp, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n");
        for mid in 0..mids {
            let is_video = matches!(mid, 1 | 2) || (7..mids - 1).contains(&mid);
            let section = if is_video { VIDEO } else { AUDIO };
            let is_slot = mid >= 4;
            let section = match is_slot && !is_video {
                true => &with_red(section),
                false => section,
            };
            for line in section.split_inclusive('\n') {
                if !(is_slot && !self.reports_arrivals && line.ends_with("transport-cc\r\n")) {
                    sdp += line;
                }
            }
            let direction = if mid < 4 { "sendonly" } else { "recvonly" };
            if is_video && self.has_h264 {
                sdp = sdp.replace("SAVPF 96 97\r\n", "SAVPF 96 97 102 103\r\n");
                sdp += H264_LINES;
            }
            if is_video && self.has_vp9 {
                sdp = sdp.replace("SAVPF 96 97", "SAVPF 98 99 96 97");
                sdp += VP9_LINES;
            }
            if is_video && self.has_av1 {
                sdp = sdp
                    .replace("SAVPF 96 97", "SAVPF 45 46 96 97")
                    .replace("SAVPF 98 99", "SAVPF 45 46 98 99");
                sdp += AV1_LINES;
            }
            if is_video && (self.has_vp9 || self.has_av1) {
                sdp += DEPENDENCY_LINE;
            }
            let _ = write!(sdp, "a=mid:{mid}\r\na={direction}\r\n");
            if mid == 1 && self.layers > 1 {
                sdp += LAYERS;
            } else if mid == 2 && self.has_slides {
                sdp += &LAYERS.replace("a=rid:h send\r\n", "").replace("h;", "");
            } else if mid < 2 {
                self.announce(&mut sdp, Source::ALL[mid]);
            }
        }
        if self.has_low {
            let mid = char::from(LOW_MID);
            let _ = write!(sdp, "{AUDIO}a=mid:{mid}\r\na=sendonly\r\n");
        }
        sdp
    }

    fn announce(&self, sdp: &mut String, source: Source) {
        let ssrc = self.first_ssrc + u32::from(source as u8);
        if source.is_video() {
            let rtx = ssrc + 100;
            let _ = write!(
                sdp,
                "a=ssrc-group:FID {ssrc} {rtx}\r\na=ssrc:{rtx} cname:c\r\n"
            );
        }
        let _ = write!(sdp, "a=ssrc:{ssrc} cname:c\r\n");
    }
}

/// An audio section whose receiver takes earlier packets with each.
fn with_red(audio: &str) -> String {
    let red = format!("a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {OPUS}/{OPUS}\r\n");
    audio.replace("SAVPF 111", &format!("SAVPF 111 {RED}")) + &red
}

const AUDIO: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-mux\r\n\
a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack\r\n\
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";

const LAYERS: &str = "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n";

const H264_LINES: &str = "a=rtpmap:102 H264/90000\r\n\
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
a=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\na=rtcp-fb:102 transport-cc\r\n\
a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";

const VP9_LINES: &str = "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n\
a=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 transport-cc\r\n\
a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n";

const AV1_LINES: &str = "a=rtpmap:45 AV1/90000\r\n\
a=fmtp:45 level-idx=5;profile=0;tier=0\r\n\
a=rtcp-fb:45 nack\r\na=rtcp-fb:45 nack pli\r\na=rtcp-fb:45 transport-cc\r\n\
a=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\n";

const DEPENDENCY_LINE: &str = "a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\r\n";

const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 transport-cc\r\n\
a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";
