//! Links that open something, and their QR codes.
//!
//! Invariant: a token stands after `#`, so that no server's log and no referrer ever has it.

use super::problem::{Answer, Refused};
use crate::tokens;
use homeroom_protocol::school::QrPath;
use homeroom_store::{Door, TokenHash};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Light modules around a code (ISO/IEC 18004 §6.3.8).
const QUIET_ZONE: usize = 4;

/// A new token and the door it opens.
pub(super) fn draw(expires_ms: u64) -> (String, Door) {
    let token = tokens::new_token();
    let door = Door {
        token: TokenHash::of(&token),
        expires_ms,
    };
    (token, door)
}

/// The link to somebody's account.
pub(super) fn invitation_url(public_url: &str, token: &str) -> String {
    format!("{public_url}/school#invite={token}")
}

/// A student's personal link.
pub(super) fn personal_url(public_url: &str, token: &str) -> String {
    format!("{public_url}/me#{token}")
}

/// A link as a path to be filled: one rectangle for each run of dark modules.
pub(super) fn qr(url: &str) -> Answer<QrPath> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M);
    let code = code.map_err(|_| Refused::internal("a link is too long for a QR code"))?;
    let width = code.width();
    let colors = code.into_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, length) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                write!(path, "M{left} {top}h{length}v1h-{length}z")
                    .expect("a String takes any text");
            }
            x += run.len();
        }
    }
    let size = u32::try_from(width + 2 * QUIET_ZONE).unwrap_or(u32::MAX);
    Ok(QrPath { size, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_framed_and_has_its_three_corners() {
        let qr = qr("https://school.example/me#0a1b2c3d4e5f60718293a4b5c6d7e8f9").expect("fits");
        let last = qr.size - 4 - 7;
        for corner in ["M4 4h7v1h-7z".to_owned(), format!("M{last} 4h7v1h-7z")] {
            assert!(qr.path.contains(&corner), "{corner} in {}", qr.path);
        }
        assert!(qr.path.contains(&format!("M4 {last}h7v1h-7z")));
    }
}
