//! The web page, embedded in the binary and compressed at build time.
//!
//! Invariant: the page itself is never cached, and what it names (files with a hash in their name)
//! for ever; so a new release is seen at once and costs one small request when nothing changed.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use memory_serve::CacheControl;

/// Where the build puts files with a hash in their names.
const HASHED: &str = "/assets/";

/// Routes of the page and its files.
pub(crate) fn router() -> Router {
    memory_serve::load!()
        .index_file(Some("/index.html"))
        .add_alias("/l/{code}", "/index.html")
        .add_alias("/me", "/index.html")
        .add_alias("/school", "/index.html")
        .add_alias("/school/{*page}", "/index.html")
        .enable_brotli(true)
        .enable_gzip(true)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Long)
        .into_router()
        .layer(middleware::from_fn(revalidate_unhashed))
}

/// An icon keeps its name when it changes.
async fn revalidate_unhashed(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with(HASHED);
    let mut response = next.run(request).await;
    if !hashed {
        let no_cache = HeaderValue::from_static("no-cache");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, no_cache);
    }
    response
}
