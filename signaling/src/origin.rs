//! Whose page is talking: only our own may open a socket or change anything.
//!
//! Invariant: a request that names an `Origin` passes only when it is exactly the host it was sent
//! to (RFC 6454 §7). Programs that are no browser send none, and need a token like everybody.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses foreign pages wherever they could do harm: sockets, and any method but reading.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let opens_socket = request.headers().contains_key(header::UPGRADE);
    let guarded = !reads || opens_socket;
    if guarded && !is_own(request.headers(), request.uri()) {
        return (StatusCode::FORBIDDEN, "foreign origin").into_response();
    }
    next.run(request).await
}

fn is_own(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    // HTTP/2 carries the host in the URI, HTTP/1.1 in its header.
    let host = uri
        .authority()
        .map(|authority| authority.as_str())
        .or_else(|| headers.get(header::HOST)?.to_str().ok());
    let origin = origin.to_str().ok().and_then(authority_of);
    let same = matches!((origin, host), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
    same && origins.next().is_none()
}

/// `host[:port]` of an origin; nothing may follow it.
fn authority_of(origin: &str) -> Option<&str> {
    let rest = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.contains(['/', '@', '?', '#'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_own_host_passes() {
        let table = [
            (None, true),
            (Some("https://192.0.2.1:8443"), true),
            (Some("HTTPS://192.0.2.1:8443"), false),
            (Some("https://192.0.2.1"), false),
            (Some("https://192.0.2.1:8080"), false),
            (Some("https://192.0.2.1:8443.evil.example"), false),
            (Some("https://evil.example"), false),
            (Some("https://192.0.2.1:8443/"), false),
            (Some("https://evil@192.0.2.1:8443"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "192.0.2.1:8443".parse().expect("a value"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a value"));
            }
            assert_eq!(
                is_own(&headers, &Uri::from_static("/")),
                expected,
                "{origin:?}"
            );
        }
    }

    #[test]
    fn http_2_names_the_host_in_the_uri() {
        let uri = Uri::from_static("https://school.example/api/lessons");
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ORIGIN,
            "https://school.example".parse().expect("a value"),
        );
        assert!(is_own(&headers, &uri));
        headers.append(
            header::ORIGIN,
            "https://evil.example".parse().expect("a value"),
        );
        assert!(!is_own(&headers, &uri), "one origin, not two");
    }
}
