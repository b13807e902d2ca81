//! What the terminal shows once people can join.
//!
//! Invariant: but for the administrator's link it fits 80 columns, and the address in it works from a phone on the same network.

use crate::Running;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::fmt::Write;

/// Address, QR code, how to stop.
#[must_use]
pub fn banner(running: &Running) -> String {
    let mut text = String::from("\nHomeroom is running.\n\n");
    let url = &running.public_url;
    let mut line = |words: &str| {
        writeln!(text, "{words}").expect("writing to a String cannot fail");
    };
    line(&format!("  Everyone on this network:  {url}"));
    if let Some(http) = running.http_addr.filter(|addr| addr.ip().is_loopback()) {
        line(&format!(
            "  On this machine:           http://localhost:{}",
            http.port()
        ));
    }
    line("");
    if let Some(link) = &running.admin_link {
        line("To set up a school, open this link: it makes the administrator's account, once,");
        line("within a week. `homeroom admin` prints another.");
        line(&format!("\n  {link}\n"));
    }
    if let Some(code) = qr(url) {
        line(&code);
    }
    line("The browser warns about the certificate once, because this machine made it itself:");
    line("choose \"Advanced\", then \"Continue\". Press Ctrl-C to stop.");
    text
}

/// Light on dark, as most terminals are: scanners want dark modules on a light ground.
fn qr(url: &str) -> Option<String> {
    let code = QrCode::new(url).ok()?;
    let image = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Some(image)
}
