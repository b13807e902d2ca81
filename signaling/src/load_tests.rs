//! Load tests over HTTP: whether this server may be loaded from elsewhere, and the seal under a
//! report.
//!
//! Invariant: only the lesson's teacher token hears or gets any of it; what is signed says what it
//! is, so that it is of no use for anything else.

use crate::http::{App, Peer, Refusal, bearer};
use crate::registry::FindError;
use crate::server::Shared;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use homeroom_protocol::load_test::{DIGEST_CHARS, LoadTestInfo, Seal, SealReport, SealedStatement};
use homeroom_protocol::{ErrorCode, LessonCode};
use homeroom_store::TokenHash;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// What signs for this server.
pub trait Signer: Send + Sync {
    /// Its key (Ed25519), in hexadecimal.
    fn public_key(&self) -> String;
    /// The signature of a text, in hexadecimal.
    fn sign(&self, text: &str) -> String;
}

/// The machine that a seal names.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The processor.
    pub processor: String,
    /// Cores that this server may use.
    pub cores: u32,
    /// Memory, in MB.
    pub memory_mb: u64,
}

/// Who may load this server, and with what it seals.
pub struct LoadTests {
    /// From elsewhere than this machine.
    pub allowed: bool,
    /// What signs.
    pub signer: Box<dyn Signer>,
    /// What it runs on.
    pub machine: Machine,
}

impl fmt::Debug for LoadTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            allowed, machine, ..
        } = self;
        write!(
            f,
            "LoadTests {{ allowed: {allowed}, machine: {machine:?} }}"
        )
    }
}

pub(crate) fn routes() -> Router<Arc<Shared>> {
    let both = get(info).post(seal);
    Router::new().route("/api/lessons/{code}/load-test", both)
}

async fn info(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Json<LoadTestInfo>, Refusal> {
    let (_, load_tests) = open(&shared, peer, &code, &headers).await?;
    Ok(Json(LoadTestInfo {
        allowed: load_tests.allowed,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        public_key: load_tests.signer.public_key(),
    }))
}

async fn seal(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Seal>, Refusal> {
    let (code, load_tests) = open(&shared, peer, &code, &headers).await?;
    let SealReport { digest } =
        serde_json::from_slice(&body).map_err(|_| Refusal::of(ErrorCode::BadMessage))?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digest.len() != DIGEST_CHARS || !digest.bytes().all(is_hex) {
        return Err(Refusal::of(ErrorCode::BadMessage));
    }
    let Machine {
        processor,
        cores,
        memory_mb,
    } = load_tests.machine.clone();
    let statement = SealedStatement {
        what: SealedStatement::WHAT.to_owned(),
        digest,
        lesson: code.to_string(),
        sealed_ms: shared.registry.tools.clock.now_ms(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        processor,
        cores,
        memory_mb,
    };
    let statement =
        serde_json::to_string(&statement).map_err(|_| Refusal::of(ErrorCode::Internal))?;
    Ok(Json(Seal {
        public_key: load_tests.signer.public_key(),
        signature: load_tests.signer.sign(&statement),
        statement,
    }))
}

/// The lesson whose teacher asks, over or not; a token that opens nothing and a lesson that never
/// was get the same answer.
async fn open<'a>(
    shared: &'a Arc<Shared>,
    peer: SocketAddr,
    code: &str,
    headers: &HeaderMap,
) -> Result<(LessonCode, &'a LoadTests), Refusal> {
    if !shared.doors.may_guess(peer.ip()) {
        return Err(Refusal::of(ErrorCode::TooFast));
    }
    let token = bearer(headers).map(TokenHash::of);
    if let (Some(code), Some(token)) = (LessonCode::parse(code), token)
        && is_teachers(shared, &code, &token).await?
    {
        let load_tests = shared.load_tests.get();
        return Ok((code, load_tests.ok_or(Refusal::of(ErrorCode::NotAllowed))?));
    }
    shared.doors.guessed_wrong(peer.ip());
    Err(Refusal::of(ErrorCode::BadToken))
}

async fn is_teachers(
    shared: &Arc<Shared>,
    code: &LessonCode,
    token: &TokenHash,
) -> Result<bool, Refusal> {
    let same = |known: &TokenHash| known.as_bytes().ct_eq(token.as_bytes()).into();
    if let Some(room) = shared.registry.running_room(code) {
        return Ok(same(&room.teacher_token));
    }
    let stored = shared.registry.store.lesson(code.as_str()).await;
    let stored = stored.map_err(|error| FindError::from(error).into_refusal())?;
    Ok(stored.is_some_and(|lesson| same(&lesson.teacher_token)))
}
