//! What comes with a call: its body, its query, and texts in them.
//!
//! Invariant: a body is read whole within its bound before anything is done, and what cannot be
//! read is a [`Problem`](homeroom_protocol::school::Problem) like every refusal.

use super::problem::{Answer, Refused};
use crate::names;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use homeroom_protocol::school::{
    MAX_EXTERNAL_ID_CHARS, MAX_LOGIN_CHARS, MAX_PAGE, MAX_PASSWORD_CHARS, MIN_LOGIN_CHARS,
    MIN_PASSWORD_CHARS, ProblemCode,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        let body = serde_json::from_slice(&bytes);
        body.map(Self)
            .map_err(|error| Refused::bad_request(format!("the body: {error}")))
    }
}

/// A body as it is.
pub(crate) struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let bytes = Bytes::from_request(request, state).await;
        bytes
            .map(Self)
            .map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Refused::because(ProblemCode::TooLong, "the body is too long")
                }
                _ => Refused::bad_request("the body cannot be read"),
            })
    }
}

/// A query.
pub(crate) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        query
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Refused::bad_request(format!("the query: {error}")))
    }
}

/// What is in the path beside the class.
pub(crate) struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Refused::not_found("thing"))
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Entries of a page when nobody says how many.
const PAGE: u32 = 50;

/// How many entries are wanted.
pub(crate) fn limit(wanted: Option<u32>) -> u32 {
    wanted.unwrap_or(PAGE).clamp(1, MAX_PAGE as u32)
}

/// Where the page before ended: a key and a number.
pub(crate) fn cursor<K: std::str::FromStr>(text: Option<&str>) -> Answer<Option<(K, i64)>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let parts = text.split_once('.').and_then(|(key, number)| {
        let number = number.parse().ok()?;
        Some((key.parse().ok()?, number))
    });
    parts
        .map(Some)
        .ok_or_else(|| Refused::bad_request("the cursor is not one of ours"))
}

/// Writes what [`cursor`] reads.
pub(crate) fn next_cursor(key: impl std::fmt::Display, number: i64) -> String {
    format!("{key}.{number}")
}

/// A name, cleaned; its runs of spaces are one.
pub(crate) fn name(text: &str, max_chars: usize) -> Answer<String> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    names::clean(&words.join(" "), max_chars).ok_or_else(|| {
        let detail = format!("a name has 1 to {max_chars} characters, no control characters");
        Refused::because(ProblemCode::BadName, detail)
    })
}

/// A name that may be left empty.
pub(crate) fn name_or_empty(text: &str, max_chars: usize) -> Answer<String> {
    match text.trim() {
        "" => Ok(String::new()),
        text => name(text, max_chars),
    }
}

/// A number of the school's own records; empty is none.
pub(crate) fn external_id(text: &str) -> Answer<Option<String>> {
    match text.trim() {
        "" => Ok(None),
        text => names::clean(text, MAX_EXTERNAL_ID_CHARS)
            .map(Some)
            .ok_or_else(|| Refused::bad_request("external_id is too long or cannot be shown")),
    }
}

/// A login in small letters.
pub(crate) fn login(text: &str) -> Answer<String> {
    let login = text.trim().to_lowercase();
    let letters = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
    let length = login.chars().count();
    if !(MIN_LOGIN_CHARS..=MAX_LOGIN_CHARS).contains(&length) || !login.chars().all(letters) {
        let detail = format!(
            "a login has {MIN_LOGIN_CHARS} to {MAX_LOGIN_CHARS} letters, digits or . _ - @"
        );
        return Err(Refused::because(ProblemCode::BadLogin, detail));
    }
    Ok(login)
}

/// A password long enough to be one.
pub(crate) fn password(text: &str) -> Answer<()> {
    let length = text.chars().count();
    if !(MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&length) {
        let detail =
            format!("a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters");
        return Err(Refused::because(ProblemCode::BadPassword, detail));
    }
    Ok(())
}
