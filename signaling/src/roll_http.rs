//! The roll over HTTP: its files, and a teacher's word on it once the lesson is over.
//!
//! Invariant: only the lesson's teacher token reads or changes a roll here; a lesson that never was
//! and a token that opens nothing get the same answer.

use crate::http::{App, Peer, Refusal, bearer};
use crate::lesson::Call;
use crate::registry::FindError;
use crate::roll_call::decisions::StatusDetail;
use crate::roll_call::{LineKey, report};
use crate::roll_export::{Form, Separator, csv, workbook};
use crate::room::written;
use crate::server::Shared;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use homeroom_protocol::{ErrorCode, LessonCode, MAX_REASON_BYTES, RollChange, RollReport};
use homeroom_store::{
    ClassId, DecisionKind, PersonId, RollDecision, SavedLesson, StoreError, TokenHash,
};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

/// A term, for the totals of a workbook.
const TERM_MS: u64 = 120 * 24 * 60 * 60 * 1_000;

/// A class's pupils and what their lessons came to.
type Term = std::collections::BTreeMap<PersonId, report::PupilHistory>;

/// The routes.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/lessons/{code}/roll", axum::routing::post(change_roll))
        .route("/api/lessons/{code}/roll.csv", get(roll_csv))
        .route("/api/lessons/{code}/roll.xlsx", get(roll_xlsx))
        .route("/api/lessons/{code}/roll.json", get(roll_json))
}

/// What kind of file is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) struct FileWish {
    form: Option<FormWord>,
    separator: Option<SeparatorWord>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FormWord {
    Full,
    Short,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SeparatorWord {
    Comma,
    Semicolon,
}

impl FileWish {
    fn form(&self) -> Form {
        match self.form {
            Some(FormWord::Short) => Form::Short,
            Some(FormWord::Full) | None => Form::Full,
        }
    }

    fn separator(&self) -> Separator {
        match self.separator {
            Some(SeparatorWord::Semicolon) => Separator::Semicolon,
            Some(SeparatorWord::Comma) | None => Separator::Comma,
        }
    }
}

async fn roll_csv(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    Query(wish): Query<FileWish>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (report, _) = read(&shared, peer, &code, &headers).await?;
    csv_file(&report, &wish)
}

/// A roll as a CSV file.
pub(crate) fn csv_file(report: &RollReport, wish: &FileWish) -> Result<Response, Refusal> {
    let text = csv(report, wish.form(), wish.separator());
    let text = text.map_err(|_| Refusal::of(ErrorCode::Internal))?;
    let kind = "text/csv; charset=utf-8";
    Ok(file(report, "csv", kind, text.into_bytes()))
}

async fn roll_xlsx(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    Query(wish): Query<FileWish>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (report, _) = read(&shared, peer, &code, &headers).await?;
    let store = &shared.registry.store;
    let lesson = store
        .lesson(report.code.as_str())
        .await
        .map_err(unreadable)?;
    let class = lesson.and_then(|lesson| lesson.class);
    let term = term_of(&shared, class, &report).await;
    xlsx_file(&report, &wish, &term.map_err(unreadable)?)
}

/// What the term came to, by pupil, up to this lesson of a class.
pub(crate) async fn term_of(
    shared: &Arc<Shared>,
    class: Option<ClassId>,
    report: &RollReport,
) -> Result<Term, StoreError> {
    let Some(class) = class else {
        return Ok(Term::new());
    };
    let since_ms = report.as_of_ms.saturating_sub(TERM_MS);
    report::history_of_class(&shared.registry.store, class, since_ms).await
}

/// A roll as a workbook.
pub(crate) fn xlsx_file(
    report: &RollReport,
    wish: &FileWish,
    term: &Term,
) -> Result<Response, Refusal> {
    let bytes = workbook(report, wish.form(), term);
    let bytes = bytes.map_err(|_| Refusal::of(ErrorCode::Internal))?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(report, "xlsx", kind, bytes))
}

async fn roll_json(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Json<RollReport>, Refusal> {
    Ok(Json(read(&shared, peer, &code, &headers).await?.0))
}

async fn change_roll(
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RollReport>, Refusal> {
    let change: RollChange =
        serde_json::from_slice(&body).map_err(|_| Refusal::of(ErrorCode::BadMessage))?;
    let known = read(&shared, peer, &code, &headers).await?;
    put_right(&shared, known, change, None).await.map(Json)
}

/// Does what somebody says of a roll: in the room while it runs, else in the store. `by` is who says
/// it; without an account it is the lesson's teacher.
pub(crate) async fn put_right(
    shared: &Arc<Shared>,
    (report, saved): (RollReport, Option<SavedLesson>),
    change: RollChange,
    by: Option<(PersonId, String)>,
) -> Result<RollReport, Refusal> {
    if matches!(&change, RollChange::Set { reason, .. } if reason.len() > MAX_REASON_BYTES) {
        return Err(Refusal::of(ErrorCode::BadMessage));
    }
    if let RollChange::Set { line, .. } = &change
        && !report.lines.iter().any(|known| known.id == *line)
    {
        return Err(Refusal::of(ErrorCode::BadMessage));
    }
    let Some(saved) = saved else {
        return change_running(shared, &report.code, change).await;
    };
    let (person, name) = by.unzip();
    let by = person.or(saved.lesson.teacher);
    let (kind, line, detail) = match change {
        RollChange::Final => (DecisionKind::Final, None, None),
        RollChange::Reopen => (DecisionKind::Reopened, None, None),
        RollChange::Set {
            line, status: None, ..
        } => (DecisionKind::Clear, Some(line), None),
        RollChange::Set {
            line,
            status: Some(status),
            reason,
        } => {
            let by = name.or_else(|| teacher_name(&saved));
            let reason = written(&reason);
            let detail = StatusDetail { status, reason, by };
            let detail = serde_json::to_string(&detail).ok();
            (DecisionKind::Status, Some(line), detail)
        }
    };
    let key = line.as_ref().and_then(LineKey::parse);
    let (whose, participant) = key.map_or((None, None), LineKey::columns);
    let decision = RollDecision {
        lesson: saved.lesson.id,
        number: 0,
        person: whose,
        participant,
        kind,
        detail,
        by,
        at_ms: shared.registry.tools.clock.now_ms(),
    };
    let store = &shared.registry.store;
    store.decide(decision).await.map_err(unreadable)?;
    let report = report::of_lesson(store, report.code.as_str()).await;
    let report = report.map_err(unreadable)?;
    report.ok_or(Refusal::of(ErrorCode::Internal))
}

async fn change_running(
    shared: &Arc<Shared>,
    code: &LessonCode,
    change: RollChange,
) -> Result<RollReport, Refusal> {
    let room = shared.registry.running_room(code);
    let room = room.ok_or(Refusal::of(ErrorCode::Internal))?;
    let (answer, report) = oneshot::channel();
    let asked = room.calls.send(Call::RollChange(change, answer)).await;
    match (asked, report.await) {
        (Ok(()), Ok(report)) => Ok(report),
        // It ended just now; the store has it the next time.
        _ => Err(Refusal::of(ErrorCode::Internal)),
    }
}

/// The roll for whoever holds the teacher's token: from the room while it runs, else as stored, with
/// what the store has.
async fn read(
    shared: &Arc<Shared>,
    peer: SocketAddr,
    code: &str,
    headers: &HeaderMap,
) -> Result<(RollReport, Option<SavedLesson>), Refusal> {
    if !shared.doors.may_guess(peer.ip()) {
        return Err(Refusal::of(ErrorCode::TooFast));
    }
    let token = bearer(headers).map(TokenHash::of);
    let found = match (LessonCode::parse(code), token) {
        (Some(code), Some(token)) => find(shared, &code, &token).await?,
        _ => None,
    };
    found.ok_or_else(|| {
        shared.doors.guessed_wrong(peer.ip());
        Refusal::of(ErrorCode::BadToken)
    })
}

async fn find(
    shared: &Arc<Shared>,
    code: &LessonCode,
    token: &TokenHash,
) -> Result<Option<(RollReport, Option<SavedLesson>)>, Refusal> {
    if let Some(room) = shared.registry.running_room(code) {
        if !same(&room.teacher_token, token) {
            return Ok(None);
        }
        if let Some(report) = of_room(shared, code).await {
            return Ok(Some((report, None)));
        }
    }
    let saved = shared.registry.store.load(code.as_str()).await;
    let saved = saved.map_err(unreadable)?;
    let saved = saved.filter(|saved| same(&saved.lesson.teacher_token, token));
    Ok(saved.and_then(|saved| Some((report::of_saved(&saved)?, Some(saved)))))
}

/// The roll as the lesson's room has it, if it runs.
pub(crate) async fn of_room(shared: &Arc<Shared>, code: &LessonCode) -> Option<RollReport> {
    let room = shared.registry.running_room(code)?;
    let (answer, report) = oneshot::channel();
    room.calls.send(Call::Roll(answer)).await.ok()?;
    report.await.ok()
}

fn teacher_name(saved: &SavedLesson) -> Option<String> {
    let mut seats = saved.seats.iter();
    let teacher = seats.find(|seat| seat.role == homeroom_store::SeatRole::Teacher);
    teacher.map(|seat| seat.name.clone())
}

fn same(a: &TokenHash, b: &TokenHash) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn unreadable(error: StoreError) -> Refusal {
    FindError::from(error).into_refusal()
}

fn file(report: &RollReport, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"roll-{}.{ending}\"", report.code);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (StatusCode::OK, headers, bytes).into_response()
}
