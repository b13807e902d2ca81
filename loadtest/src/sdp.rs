//! The few lines of SDP a bot reads by itself: who is on which m-line, and under which numbers.
//!
//! Invariant: reads only; the peer connection's own parser decides what is valid.

use std::collections::BTreeMap;
use std::net::SocketAddr;

/// RFC 6464.
pub const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// RFC 9143 §15.
pub const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// One m-line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub mid: String,
    /// Streams it announces.
    pub ssrcs: Vec<u32>,
    /// Header extensions by URI.
    pub extensions: BTreeMap<String, u8>,
}

/// The m-lines of a description, in order.
#[must_use]
pub fn sections(sdp: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in sdp.lines() {
        if line.starts_with("m=") {
            sections.push(Section::default());
        } else if let Some(section) = sections.last_mut() {
            read_attribute(line, section);
        }
    }
    sections
}

/// The first candidate's address (RFC 8839 §5.1).
#[must_use]
pub fn candidate(sdp: &str) -> Option<SocketAddr> {
    let line = sdp
        .lines()
        .find_map(|line| line.strip_prefix("a=candidate:"))?;
    let mut words = line.split(' ').skip(4);
    let ip = words.next()?.parse().ok()?;
    Some(SocketAddr::new(ip, words.next()?.parse().ok()?))
}

/// The description with every candidate at this address instead.
#[must_use]
pub fn redirect(sdp: &str, to: SocketAddr) -> String {
    let line = |line: &str| {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if line.starts_with("a=candidate:") && words.len() > 5 {
            words[4] = to.ip().to_string();
            words[5] = to.port().to_string();
        }
        words.join(" ") + "\r\n"
    };
    sdp.lines().map(line).collect()
}

fn read_attribute(line: &str, section: &mut Section) {
    if let Some(mid) = line.strip_prefix("a=mid:") {
        section.mid = mid.trim().to_owned();
    } else if let Some(value) = line.strip_prefix("a=ssrc:") {
        let ssrc = value.split(' ').next().and_then(|n| n.parse().ok());
        section
            .ssrcs
            .extend(ssrc.filter(|s| !section.ssrcs.contains(s)));
    } else if let Some(value) = line.strip_prefix("a=extmap:") {
        let mut words = value.split_whitespace();
        let id = words
            .next()
            .and_then(|id| id.split('/').next()?.parse().ok());
        if let (Some(id), Some(uri)) = (id, words.next()) {
            section.extensions.insert(uri.to_owned(), id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_lines_are_read_in_order() {
        let sdp = "v=0\r\na=mid:none\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
                   a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
                   m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ssrc:5 cname:x\r\n\
                   a=ssrc:5 msid:a b\r\na=ssrc:6 cname:x\r\na=extmap:x y\r\n";
        let read = sections(sdp);
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].mid.as_str(), read[1].mid.as_str()), ("0", "1"));
        assert_eq!(read[0].extensions.get(AUDIO_LEVEL_URI), Some(&3));
        assert_eq!(read[1].ssrcs, [5, 6]);
        assert!(read[1].extensions.is_empty());
    }

    #[test]
    fn the_first_candidate_is_where_media_goes() {
        let sdp = "v=0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 10001 typ host\r\n";
        assert_eq!(candidate(sdp), "127.0.0.1:10001".parse().ok());
        assert_eq!(candidate("v=0\r\na=candidate:1 1 udp\r\n"), None);
        let elsewhere = "192.0.2.1:7".parse().expect("an address");
        assert_eq!(candidate(&redirect(sdp, elsewhere)), Some(elsewhere));
    }
}
