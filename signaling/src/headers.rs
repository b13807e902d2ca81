//! The headers every answer carries, whichever route gave it.
//!
//! Invariant: a page from this server runs only this server's files, talks only to this server, and
//! is never framed; a test asks every route.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The list, as sent. `connect-src 'self'` covers the WebSocket of the same host (CSP Level 3).
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; \
             img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
             manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        PERMISSIONS_POLICY,
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=(), \
             payment=()",
        ),
    ),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
];

/// Adds the list to an answer.
pub(crate) async fn add(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, value);
    }
    response
}
