//! The HTTP edge: lessons, the roll as a file, the socket's door, and what operators ask.
//!
//! Invariant: nothing changes by a GET, and a teacher's token travels only in a body or in the
//! `Authorization` header, never in a URL.

use crate::limits::MAX_BODY_BYTES;
use crate::registry::FindError;
use crate::server::Shared;
use crate::{headers, load_tests, names, origin, roll_http, school, session, whip};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use homeroom_protocol::{
    CreateLesson, CreatedLesson, ErrorCode, LessonCode, LessonInfo, MAX_CLIENT_FRAME_BYTES,
    MAX_LESSON_NAME_CHARS, PROTOCOL_VERSION, ServerInfo,
};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;

/// Each socket keeps both buffers for as long as it lives, and a class is mostly silent: the
/// library's 128 KiB each would be most of a participant's memory. Longer frames still pass.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024;
/// A frame somewhat over its cap is read, so that its sender can be told; a longer one is not.
const READ_LIMIT_BYTES: usize = 2 * MAX_CLIENT_FRAME_BYTES;

pub(crate) type App = State<Arc<Shared>>;
pub(crate) type Peer = ConnectInfo<SocketAddr>;

/// Every route of the server, `client` (the web page's files) included.
pub(crate) fn router(shared: Arc<Shared>, client: Router) -> Router {
    let programs = whip::routes(Arc::clone(&shared));
    Router::new()
        .route("/api/lessons", post(create_lesson))
        .route("/api/lessons/{code}", get(lesson_info))
        .route("/api/lessons/{code}/qr.svg", get(lesson_qr))
        .merge(roll_http::routes())
        .merge(load_tests::routes())
        .merge(school::routes())
        .route("/api/server", get(server_info))
        .route("/api/ws", get(open_socket))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok" }))
        .route("/version", get(version))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::map_response(never_cache))
        .with_state(shared)
        .merge(client)
        .layer(middleware::from_fn(origin::check))
        .merge(programs)
        .layer(middleware::map_response(headers::add))
}

/// Answers of these routes are of this moment, or secret, or both.
async fn never_cache(mut response: Response) -> Response {
    let no_store = header::HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

async fn create_lesson(
    State(shared): App,
    ConnectInfo(peer): Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<CreatedLesson>), Refusal> {
    if !shared.doors.may_create(peer.ip()) {
        return Err(Refusal::of(ErrorCode::TooFast));
    }
    if !school::may_start_adhoc(&shared, bearer(&headers)).await? {
        return Err(Refusal::of(ErrorCode::NotAllowed));
    }
    let request: CreateLesson =
        serde_json::from_slice(&body).map_err(|_| Refusal::of(ErrorCode::BadMessage))?;
    let name = names::clean(&request.name, MAX_LESSON_NAME_CHARS)
        .ok_or(Refusal::of(ErrorCode::BadName))?;
    let created = shared.registry.create(name).await;
    let (code, teacher_token) = created.map_err(|error| FindError::from(error).into_refusal())?;
    let join_url = shared.join_url(&code);
    let created = CreatedLesson {
        code,
        join_url,
        teacher_token,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

async fn lesson_info(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
) -> Result<Json<LessonInfo>, Refusal> {
    let (code, name) = find(&shared, peer, &code).await?;
    let join_url = shared.join_url(&code);
    Ok(Json(LessonInfo {
        code,
        name,
        join_url,
    }))
}

async fn lesson_qr(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
) -> Result<Response, Refusal> {
    let (code, _) = find(&shared, peer, &code).await?;
    let qr = QrCode::new(shared.join_url(&code)).map_err(|_| Refusal::of(ErrorCode::Internal))?;
    let image = qr
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build();
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], image).into_response())
}

async fn server_info(State(shared): App) -> Json<ServerInfo> {
    Json(ServerInfo {
        protocol_version: PROTOCOL_VERSION,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        video_codec: shared.video_codec(),
    })
}

async fn open_socket(
    State(shared): App,
    ConnectInfo(peer): Peer,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let waiting = shared.doors.wait(peer.ip());
    let waiting = waiting.ok_or(Refusal::of(ErrorCode::TooFast))?;
    Ok(upgrade
        .read_buffer_size(SOCKET_BUFFER_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES)
        .max_message_size(READ_LIMIT_BYTES)
        .max_frame_size(READ_LIMIT_BYTES)
        .on_upgrade(move |socket| session::serve(socket, peer.ip(), waiting, shared)))
}

/// Numbers are for this machine's own collector, not for a class.
async fn metrics(State(shared): App, ConnectInfo(peer): Peer) -> Response {
    if !peer.ip().to_canonical().is_loopback() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = shared.registry.tools.metrics.text();
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// A lesson that can be joined: its code as we write it, and its name.
async fn find(
    shared: &Arc<Shared>,
    peer: SocketAddr,
    code: &str,
) -> Result<(LessonCode, String), Refusal> {
    if !shared.doors.may_guess(peer.ip()) {
        return Err(Refusal::of(ErrorCode::TooFast));
    }
    let name = match LessonCode::parse(code) {
        Some(code) => look_up(shared, &code).await?.map(|name| (code, name)),
        None => None,
    };
    name.ok_or_else(|| {
        shared.doors.guessed_wrong(peer.ip());
        Refusal::of(ErrorCode::LessonNotFound)
    })
}

async fn look_up(shared: &Arc<Shared>, code: &LessonCode) -> Result<Option<String>, Refusal> {
    if let Some(room) = shared.registry.running_room(code) {
        return Ok(Some(room.about.name.clone()));
    }
    let stored = shared.registry.store.lesson(code.as_str()).await;
    let stored = stored.map_err(|error| FindError::from(error).into_refusal())?;
    let open = stored.filter(|lesson| lesson.ended_ms.is_none());
    Ok(open.map(|lesson| lesson.name))
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}

impl FindError {
    pub(crate) fn into_refusal(self) -> Refusal {
        if matches!(&self, Self::Store(error) if error.is_passing()) {
            tracing::warn!(error = %self, "a lesson cannot be read or written now");
            return Refusal::of(ErrorCode::Unavailable);
        }
        tracing::error!(error = %self, "a lesson cannot be read or written");
        Refusal::of(ErrorCode::Internal)
    }
}

/// Why an HTTP request was refused, in the words of the socket's errors.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    code: ErrorCode,
}

impl Refusal {
    pub(crate) const fn of(code: ErrorCode) -> Self {
        Self { code }
    }

    pub(crate) const fn code(&self) -> ErrorCode {
        self.code
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.code {
            ErrorCode::LessonNotFound => StatusCode::NOT_FOUND,
            ErrorCode::BadToken | ErrorCode::BadTicket => StatusCode::UNAUTHORIZED,
            ErrorCode::NotAllowed | ErrorCode::LessonLocked => StatusCode::FORBIDDEN,
            ErrorCode::TooFast => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Full | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::BadMessage
            | ErrorCode::UnsupportedVersion
            | ErrorCode::BadOffer
            | ErrorCode::BadName
            | ErrorCode::ShareBusy => StatusCode::BAD_REQUEST,
        };
        (status, Json(self)).into_response()
    }
}
