//! What participants and Janus say to each other of their media: the same m-lines as at our own
//! door, each in a description of a transport that either sends or receives.
//!
//! Invariant: we are the active side in DTLS, and all candidates are in the description.

use crate::endpoint::Local;
use crate::media::{Numbers, Track};
use crate::offer::{Section, describe, section, transport};
use anyhow::{Context, Result};
use std::net::SocketAddr;

/// The offer of who sends these.
pub fn offer(local: &Local, at: SocketAddr, tracks: &[Track]) -> String {
    let sections = tracks.iter().enumerate().map(|(mid, track)| {
        let section_of = Section::sends(track.shape.is_video(), Some(track.ssrc));
        (mid.to_string(), section(&section_of))
    });
    describe(&active(local, at), &sections.collect::<Vec<_>>())
}

/// The answer of who receives everything that is offered.
///
/// # Errors
/// When the offer has media, or numbers for it, that we have not.
pub fn answer(local: &Local, at: SocketAddr, offer: &str) -> Result<String> {
    let sections: Result<Vec<_>> = offer.split("\r\nm=").skip(1).map(slot_for).collect();
    Ok(describe(&active(local, at), &sections?))
}

/// The slot for an m-line of the offer, which begins behind `m=`; its mid comes first.
fn slot_for(offered: &str) -> Result<(String, String)> {
    let Numbers { opus, vp8, .. } = Numbers::OURS;
    let mut words = offered.split_whitespace();
    let (media, number) = (
        words.next(),
        words.nth(2).and_then(|word| word.parse::<u8>().ok()),
    );
    let is_video = match (media, number) {
        (Some("video"), Some(number)) if number == vp8 => true,
        (Some("audio"), Some(number)) if number == opus => false,
        _ => anyhow::bail!(
            "unknown media: {}",
            offered.lines().next().unwrap_or_default()
        ),
    };
    let mid = offered.lines().find_map(|line| line.strip_prefix("a=mid:"));
    let mid = mid.context("an m-line without a mid")?.trim().to_owned();
    Ok((mid, section(&Section::receives(is_video))))
}

fn active(local: &Local, at: SocketAddr) -> String {
    let (ip, port) = (at.ip(), at.port());
    // The priority of RFC 8445 §5.1.2.1 for a host's only address.
    let candidate = format!("1 1 udp 2130706431 {ip} {port} typ host");
    let transport = transport(local, "active");
    format!("{transport}a=candidate:{candidate}\r\na=end-of-candidates\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Shape;
    use crate::offer::{read_remote, track};
    use homeroom_sfu_core::sdp::IceCredentials;

    fn local() -> Local {
        let ice = IceCredentials {
            ufrag: "ours".to_owned(),
            pwd: "aPasswordOf22Letters/ab".to_owned(),
        };
        let fingerprint = [7; 32];
        Local { ice, fingerprint }
    }

    #[test]
    fn an_offer_says_what_is_sent_and_where_from() {
        let now = std::time::Instant::now();
        let tracks = [Shape::CAMERA_720P, Shape::VOICE].map(|shape| track(shape, 1, now));
        let at = SocketAddr::from(([127, 1, 0, 5], 4_000));
        let offer = offer(&local(), at, &tracks);
        assert_eq!(offer.matches("a=sendonly\r\na=rtcp-mux\r\n").count(), 2);
        assert_eq!(offer.matches("a=setup:active\r\n").count(), 2);
        assert!(offer.contains("a=group:BUNDLE 0 1\r\n"), "{offer}");
        assert!(
            offer.contains(&format!("a=ssrc:{} ", tracks[0].ssrc)),
            "{offer}"
        );
        let read = read_remote(&offer).expect("complete");
        assert_eq!((read.address, read.fingerprint), (at, [7; 32]));
    }

    #[test]
    fn an_offer_is_answered_line_by_line() {
        let at = SocketAddr::from(([127, 1, 0, 5], 4_000));
        let offer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\na=sendonly\r\n\
                     m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendonly\r\na=mid:a\r\n";
        let answer = answer(&local(), at, offer).expect("known media");
        assert!(answer.contains("a=group:BUNDLE v a\r\n"), "{answer}");
        let lines: Vec<_> = answer
            .lines()
            .filter(|line| line.starts_with("m="))
            .collect();
        let video = "m=video 9 UDP/TLS/RTP/SAVPF 96 97";
        assert_eq!(lines, [video, "m=audio 9 UDP/TLS/RTP/SAVPF 111"]);
        assert_eq!(answer.matches("a=recvonly\r\n").count(), 2);
        assert_eq!(answer.matches("a=end-of-candidates\r\n").count(), 2);
    }

    #[test]
    fn media_of_other_numbers_is_refused() {
        let at = SocketAddr::from(([127, 1, 0, 5], 4_000));
        let lines = [
            "m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:0\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n",
        ];
        for line in lines {
            let offer = format!("v=0\r\n{line}");
            assert!(answer(&local(), at, &offer).is_err(), "{line}");
        }
    }
}
