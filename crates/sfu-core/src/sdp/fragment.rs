//! The piece of SDP that an ICE restart or a late candidate travels in (RFC 8840 §9).
//!
//! Of what comes we need only the credentials: where the client is, its own checks say. Of ours
//! everything is there at once, as we gather nothing.
//!
//! Invariant: reading is bounded like an offer's; a fragment that exists has both halves of valid
//! credentials or none, one value everywhere.

use super::answer::write_candidates;
use super::lines::{self, Document};
use super::offer::agree;
use super::transport::{credentials, read_ice};
use super::{IceCredentials, SdpError};
use std::fmt::Write;
use std::net::SocketAddr;

/// Longest fragment, in bytes: some fifty candidates.
pub const MAX_FRAGMENT_BYTES: usize = 8 * 1024;

/// What of a fragment concerns us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The client's credentials: new ones are a restart; absent where it only adds candidates.
    pub ice: Option<IceCredentials>,
}

impl Fragment {
    /// Reads a fragment: the attributes of a session and of m-lines, without the rest of either.
    ///
    /// # Errors
    /// What is wrong with it; `TooLong` over [`MAX_FRAGMENT_BYTES`].
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > MAX_FRAGMENT_BYTES {
            return Err(SdpError::TooLong);
        }
        // A fragment is a description that begins in its middle.
        let whole = format!("v=0\n{text}");
        Self::of_document(&lines::read(&whole)?)
    }

    /// The same of a whole offer: of the line that owns its bundle.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_offer(sdp: &str) -> Result<Self, SdpError> {
        let document = lines::read(sdp)?;
        let mut groups = document.session.values("group");
        let owner = groups.find_map(|group| group.strip_prefix("BUNDLE ")?.split(' ').next());
        let mut lines = document.media.iter();
        let owner = lines.find(|line| line.attributes.value("mid") == owner);
        let owner = owner.map_or(&document.session, |line| &line.attributes);
        let ice = Some(read_ice(&document, owner)?);
        Ok(Self { ice })
    }

    fn of_document(document: &Document<'_>) -> Result<Self, SdpError> {
        let sections = document.media.iter().map(|media| &media.attributes);
        let (mut ufrag, mut pwd) = (None, None);
        for attributes in sections.chain([&document.session]) {
            agree(&mut ufrag, attributes.value("ice-ufrag")).ok_or(SdpError::TransportConflict)?;
            agree(&mut pwd, attributes.value("ice-pwd")).ok_or(SdpError::TransportConflict)?;
        }
        let ice = match (ufrag, pwd) {
            (None, None) => None,
            (ufrag, pwd) => Some(credentials(
                ufrag.unwrap_or_default(),
                pwd.unwrap_or_default(),
            )?),
        };
        Ok(Self { ice })
    }
}

/// Our half of a restart.
#[must_use]
pub fn write_fragment(ice: &IceCredentials, candidates: &[SocketAddr]) -> String {
    let IceCredentials { ufrag, pwd } = ice;
    let mut text = String::new();
    write!(
        text,
        "a=ice-lite\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"
    )
    .and_then(|()| write_candidates(&mut text, candidates))
    .expect("writing to a String cannot fail");
    text
}

#[cfg(test)]
mod tests {
    use super::super::SyntaxProblem;
    use super::*;

    const RESTART: &str =
        "a=ice-options:trickle\r\na=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n";

    fn ufrag(text: &str) -> Result<Option<String>, SdpError> {
        Fragment::parse(text).map(|fragment| fragment.ice.map(|ice| ice.ufrag))
    }

    #[test]
    fn credentials_are_found_wherever_they_stand() {
        assert_eq!(ufrag(RESTART), Ok(Some("ysXw".into())));
        let in_line = format!("a=group:BUNDLE 0 1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n{RESTART}");
        assert_eq!(ufrag(&in_line), Ok(Some("ysXw".into())));
        let twice = format!("{RESTART}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{RESTART}");
        assert_eq!(ufrag(&twice), Ok(Some("ysXw".into())));
        let candidate = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
            a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n";
        assert_eq!(ufrag(candidate), Ok(None));
        assert_eq!(ufrag(""), Ok(None));
    }

    #[test]
    fn halves_contradictions_and_rubbish_are_refused() {
        let other = RESTART.replace("ysXw", "ysXv");
        for (text, error) in [
            ("a=ice-ufrag:ysXw".to_owned(), SdpError::BadIceCredentials),
            (RESTART.replace("ysXw", "ys"), SdpError::BadIceCredentials),
            (
                RESTART.replace("vw5", "v\u{e9}5"),
                SdpError::BadIceCredentials,
            ),
            (
                format!("{RESTART}m=audio 9 X 0\r\n{other}"),
                SdpError::TransportConflict,
            ),
            ("x".repeat(MAX_FRAGMENT_BYTES + 1), SdpError::TooLong),
        ] {
            assert_eq!(ufrag(&text), Err(error), "{text:.40}");
        }
        let not_sdp = ufrag("{\"candidate\": 1}");
        let problem = SyntaxProblem::NotALine;
        assert_eq!(not_sdp, Err(SdpError::Syntax { line: 2, problem }));
    }

    #[test]
    fn an_offers_are_those_of_the_line_that_owns_the_bundle() {
        let line = |mid: &str, ufrag: &str| {
            let ice = RESTART.replace("ysXw", ufrag);
            format!("m=audio 9 X 0\r\na=mid:{mid}\r\n{ice}")
        };
        let (a, b) = (line("a", "aaaa"), line("b", "bbbb"));
        let of = |sdp: String| Fragment::of_offer(&sdp).map(|f| f.ice.map(|ice| ice.ufrag));
        let offer = |first: &str| format!("v=0\r\na=group:BUNDLE {first} c\r\n{a}{b}");
        assert_eq!(of(offer("a")), Ok(Some("aaaa".into())));
        assert_eq!(of(offer("b")), Ok(Some("bbbb".into())));
        let session = format!("v=0\r\n{RESTART}m=audio 9 X 0\r\na=mid:a\r\n");
        assert_eq!(of(session), Ok(Some("ysXw".into())));
        assert_eq!(of("v=0\r\n".into()), Err(SdpError::BadIceCredentials));
    }

    #[test]
    fn ours_can_be_read_back() {
        let ice = IceCredentials {
            ufrag: "srvr".into(),
            pwd: "x".repeat(24),
        };
        let text = write_fragment(&ice, &[SocketAddr::from(([192, 0, 2, 1], 10_000))]);
        assert!(text.contains("192.0.2.1 10000 typ host"), "{text}");
        assert_eq!(Fragment::parse(&text), Ok(Fragment { ice: Some(ice) }));
    }
}
