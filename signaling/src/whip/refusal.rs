//! How a no looks to a program: a status it acts on, and a problem (RFC 9457) that its user reads.
//!
//! Invariant: it holds nothing that was sent, no name and no token; what passes by itself says when
//! to try again.

use crate::media::ForeignOffer;
use crate::registry::FindError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use homeroom_protocol::{ClosedReason, ErrorCode};
use serde::Serialize;

/// When to try again, in seconds, where that may help.
const RETRY_AFTER_S: &str = "5";

/// Why nothing was done.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: ErrorCode,
    detail: String,
}

#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    code: ErrorCode,
    detail: &'a str,
}

impl Refused {
    pub fn of(code: ErrorCode, detail: &str) -> Self {
        let status = match code {
            ErrorCode::LessonNotFound => StatusCode::NOT_FOUND,
            ErrorCode::BadToken | ErrorCode::BadTicket => StatusCode::UNAUTHORIZED,
            ErrorCode::NotAllowed | ErrorCode::LessonLocked => StatusCode::FORBIDDEN,
            ErrorCode::TooFast => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Full | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            // Well-formed, and not what we can do (RFC 9725 §4.4.2, §4.4.3).
            ErrorCode::BadOffer => StatusCode::NOT_ACCEPTABLE,
            ErrorCode::BadMessage
            | ErrorCode::UnsupportedVersion
            | ErrorCode::BadName
            | ErrorCode::ShareBusy => StatusCode::BAD_REQUEST,
        };
        Self::with(status, code, detail)
    }

    fn with(status: StatusCode, code: ErrorCode, detail: &str) -> Self {
        let detail = detail.to_owned();
        Self {
            status,
            code,
            detail,
        }
    }

    /// The body is not SDP.
    pub fn malformed(detail: &str) -> Self {
        Self::with(StatusCode::BAD_REQUEST, ErrorCode::BadOffer, detail)
    }

    pub fn wrong_type(expected: &'static str) -> Self {
        let detail = format!("the body must be {expected}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::with(status, ErrorCode::BadMessage, &detail)
    }

    pub fn too_long() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::with(status, ErrorCode::BadMessage, "the body is too long")
    }

    pub fn too_late() -> Self {
        let status = StatusCode::REQUEST_TIMEOUT;
        Self::with(
            status,
            ErrorCode::BadMessage,
            "the body did not come in time",
        )
    }

    /// RFC 6585 §3.
    pub fn unconditional() -> Self {
        let status = StatusCode::PRECONDITION_REQUIRED;
        Self::with(status, ErrorCode::BadMessage, "If-Match is missing")
    }

    /// RFC 9110 §13.1.1.
    pub fn outdated() -> Self {
        let status = StatusCode::PRECONDITION_FAILED;
        Self::with(status, ErrorCode::BadMessage, "not the session's ETag")
    }

    /// There is no such session, or no more.
    pub fn gone() -> Self {
        let detail = "there is no such session";
        Self::with(StatusCode::NOT_FOUND, ErrorCode::LessonNotFound, detail)
    }

    /// The room closed the door.
    pub fn closed(reason: ClosedReason) -> Self {
        match reason {
            ClosedReason::Removed | ClosedReason::TurnedAway => {
                Self::of(ErrorCode::NotAllowed, "put out of this lesson")
            }
            ClosedReason::Left
            | ClosedReason::LessonEnded
            | ClosedReason::Replaced
            | ClosedReason::Error => Self::gone(),
            ClosedReason::ServerStopping | ClosedReason::TooSlow => {
                Self::of(ErrorCode::Unavailable, "try again")
            }
        }
    }
}

impl From<FindError> for Refused {
    fn from(error: FindError) -> Self {
        let code = match &error {
            FindError::NotFound => ErrorCode::LessonNotFound,
            FindError::Full => ErrorCode::Full,
            FindError::Stopping => ErrorCode::Unavailable,
            FindError::Store(_) => {
                return Self::of(error.into_refusal().code(), "the lesson cannot be read");
            }
        };
        Self::of(code, &error.to_string())
    }
}

impl From<ForeignOffer> for Refused {
    fn from(error: ForeignOffer) -> Self {
        match error {
            ForeignOffer::Unreadable(why) => Self::malformed(&why),
            ForeignOffer::Unusable(why) => Self::of(ErrorCode::BadOffer, &why),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem {
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
        };
        let text = serde_json::to_string(&problem).unwrap_or_default();
        let kind = "application/problem+json";
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], text).into_response();
        let headers = response.headers_mut();
        let passes = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if passes.contains(&self.status) {
            let after = HeaderValue::from_static(RETRY_AFTER_S);
            headers.insert(header::RETRY_AFTER, after);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
