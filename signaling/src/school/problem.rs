//! Refusals, as `application/problem+json` (RFC 9457).
//!
//! Invariant: what went wrong inside is logged and not told; a database that is away is told as
//! "try again".

use crate::http::Refusal;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use homeroom_protocol::ErrorCode;
use homeroom_protocol::school::{BadLine, LineProblem, Problem, ProblemCode};
use homeroom_store::{PlanError, SchoolError, StoreError};

/// Why a call was refused.
#[derive(Debug)]
pub(crate) struct Refused(Problem);

pub(crate) type Answer<T> = Result<T, Refused>;

impl Refused {
    pub fn because(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem {
            status: status(code).as_u16(),
            code,
            detail: detail.into(),
            lines: Vec::new(),
        })
    }

    pub fn lines(lines: Vec<BadLine>) -> Self {
        let mut refused = Self::because(
            ProblemCode::BadLines,
            "lines of the roster cannot be read; nothing was changed",
        );
        refused.0.lines = lines;
        refused
    }

    pub fn not_logged_in() -> Self {
        Self::because(
            ProblemCode::NotLoggedIn,
            "no token, or one that opens nothing any more",
        )
    }

    pub fn not_allowed() -> Self {
        Self::because(
            ProblemCode::NotAllowed,
            "this person or tool may not do that",
        )
    }

    pub fn not_found(what: &str) -> Self {
        Self::because(ProblemCode::NotFound, format!("there is no such {what}"))
    }

    pub fn too_fast() -> Self {
        Self::because(ProblemCode::TooFast, "too many tries: wait a little")
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::because(ProblemCode::BadRequest, detail)
    }

    pub fn internal(what: &str) -> Self {
        tracing::error!(what, "a call of the school failed");
        Self::because(ProblemCode::Internal, "the server's fault")
    }
}

const fn status(code: ProblemCode) -> StatusCode {
    match code {
        ProblemCode::BadRequest => StatusCode::BAD_REQUEST,
        ProblemCode::BadName
        | ProblemCode::BadLogin
        | ProblemCode::BadPassword
        | ProblemCode::BadLines => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemCode::NotLoggedIn | ProblemCode::WrongPassword => StatusCode::UNAUTHORIZED,
        ProblemCode::LinkUsed => StatusCode::GONE,
        ProblemCode::NotAllowed => StatusCode::FORBIDDEN,
        ProblemCode::NotFound => StatusCode::NOT_FOUND,
        ProblemCode::LoginTaken
        | ProblemCode::ExternalIdTaken
        | ProblemCode::LastAdmin
        | ProblemCode::Over
        | ProblemCode::TooMany => StatusCode::CONFLICT,
        ProblemCode::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemCode::TooFast => StatusCode::TOO_MANY_REQUESTS,
        ProblemCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the school's data cannot be read or written now");
            return Self::because(ProblemCode::Unavailable, "try again soon");
        }
        tracing::error!(%error, "the school's data cannot be read or written");
        Self::because(ProblemCode::Internal, "the server's fault")
    }
}

/// What the lessons' own calls say.
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal.code() {
            ErrorCode::Unavailable => Self::because(ProblemCode::Unavailable, "try again soon"),
            ErrorCode::Internal => Self::because(ProblemCode::Internal, "the server's fault"),
            other => Self::bad_request(format!("{other:?}")),
        }
    }
}

impl From<SchoolError> for Refused {
    fn from(error: SchoolError) -> Self {
        let detail = error.to_string();
        let code = match error {
            SchoolError::Store(error) => return error.into(),
            SchoolError::Lines(lines) => {
                return Self::lines(lines.into_iter().map(bad_line).collect());
            }
            SchoolError::NotFound(_) => ProblemCode::NotFound,
            SchoolError::LoginTaken => ProblemCode::LoginTaken,
            SchoolError::ExternalIdTaken => ProblemCode::ExternalIdTaken,
            SchoolError::LastAdmin => ProblemCode::LastAdmin,
            SchoolError::LinkUsed => ProblemCode::LinkUsed,
            SchoolError::NotA(_) => ProblemCode::BadRequest,
            SchoolError::Archived => ProblemCode::Over,
            SchoolError::TooMany(_) => ProblemCode::TooMany,
        };
        Self::because(code, detail)
    }
}

fn bad_line((line, error): (u32, PlanError)) -> BadLine {
    let problem = match error {
        PlanError::ExternalIdRepeated => LineProblem::ExternalIdRepeated,
        PlanError::NotAStudent => LineProblem::NotAStudent,
    };
    BadLine { line, problem }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = status(self.0.code);
        let kind = HeaderValue::from_static("application/problem+json");
        let text = serde_json::to_string(&self.0).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, kind)], text).into_response()
    }
}
