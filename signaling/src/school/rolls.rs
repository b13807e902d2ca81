//! Rolls for the school: of one lesson, of a class, of a student, and as files.
//!
//! Invariant: the office sees exactly what the teacher sees, made by the same code; what leaves in
//! bulk is noted in the audit before it leaves.

use super::body::{self, Body, Paging, Query};
use super::caller::May;
use super::convert;
use super::problem::{Answer, Refused};
use super::rights::call;
use crate::http::App;
use crate::limits::MAX_HISTORY_PAGE;
use crate::roll_call::{LineKey, report};
use crate::roll_http::{self, FileWish};
use crate::server::Shared;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use homeroom_protocol::school::{ClassHistory, LessonRoll, StudentHistory, StudentRoll};
use homeroom_protocol::{RollChange, RollReport};
use homeroom_store::StoredLesson;
use std::sync::Arc;

/// The roll of one lesson, as its teacher sees it.
#[utoipa::path(get, path = "/lessons/{code}/roll", tag = "rolls",
    responses((status = 200, body = LessonRoll)))]
pub(super) async fn lesson_roll(
    may: May<call::LessonRoll>,
    State(shared): App,
) -> Answer<Json<LessonRoll>> {
    let (lesson, report) = roll(&shared, &may).await?;
    let lesson = convert::lesson(lesson)?;
    Ok(Json(LessonRoll { lesson, report }))
}

/// Puts a roll right, from wherever: a line, or whether it is final.
#[utoipa::path(post, path = "/lessons/{code}/roll", tag = "rolls", request_body = RollChange,
    responses((status = 200, body = RollReport)))]
pub(super) async fn change_roll(
    may: May<call::ChangeRoll>,
    State(shared): App,
    Body(change): Body<RollChange>,
) -> Answer<Json<RollReport>> {
    let lesson = may.lesson.as_ref();
    let lesson = lesson.ok_or_else(|| Refused::not_found("lesson"))?;
    let code = convert::code(&lesson.code)?;
    let store = &shared.registry.store;
    let known = match roll_http::of_room(&shared, &code).await {
        Some(report) => (report, None),
        None => {
            let saved = store.load(code.as_str()).await?;
            let saved = saved.ok_or_else(|| Refused::not_found("roll"))?;
            let report = report::of_saved(&saved);
            let report = report.ok_or_else(|| Refused::not_found("roll"))?;
            (report, Some(saved))
        }
    };
    let detail = match &change {
        RollChange::Set { line, .. } if known.0.lines.iter().any(|known| known.id == *line) => {
            format!("line {}", line.0)
        }
        RollChange::Set { .. } => return Err(Refused::bad_request("there is no such line")),
        RollChange::Final => "final".to_owned(),
        RollChange::Reopen => "reopened".to_owned(),
    };
    // Before it: the decision names who made it, and is never taken away.
    let subject = format!("lesson:{}", lesson.code);
    store
        .note(may.stamp(), "roll.change", &subject, &detail)
        .await?;
    let person = may.person()?;
    let by = Some((person.id, person.name.clone()));
    let changed = roll_http::put_right(&shared, known, change, by).await;
    Ok(Json(changed?))
}

/// The rolls of a class's lessons that have ended, a page, the newest first, without sessions.
#[utoipa::path(get, path = "/classes/{class}/rolls", tag = "rolls",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; at most 30."),
    ),
    responses((status = 200, body = ClassHistory)))]
pub(super) async fn class_rolls(
    may: May<call::ClassRolls>,
    State(shared): App,
    Query(page): Query<Paging>,
) -> Answer<Json<ClassHistory>> {
    if may.is_tool() {
        let subject = format!("class:{}", may.class()?.0);
        let store = &shared.registry.store;
        store
            .note(may.stamp(), "rolls.export", &subject, "json")
            .await?;
    }
    let (history, next) = history(&shared, &may, &page).await?;
    let roll = |(lesson, mut report): (StoredLesson, RollReport)| {
        report.sessions.clear();
        let lesson = convert::lesson(&lesson)?;
        Ok(LessonRoll { lesson, report })
    };
    let rolls = history.into_iter().map(roll).collect::<Answer<_>>()?;
    Ok(Json(ClassHistory { rolls, next }))
}

/// One student's attendance, a page, the newest first; for staff, and for the student about
/// themselves.
#[utoipa::path(get, path = "/classes/{class}/students/{person}/rolls", tag = "rolls",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; at most 30."),
    ),
    responses((status = 200, body = StudentHistory)))]
pub(super) async fn student_rolls(
    may: May<call::StudentRolls>,
    State(shared): App,
    Query(page): Query<Paging>,
) -> Answer<Json<StudentHistory>> {
    let (history, next) = history(&shared, &may, &page).await?;
    let id = LineKey::Person(may.about()?).to_id();
    let roll = |(lesson, report): (StoredLesson, RollReport)| {
        let mut lines = report.lines.into_iter();
        let line = lines.find(|line| line.id == id);
        let lesson = convert::lesson(&lesson)?;
        Ok(StudentRoll { lesson, line })
    };
    let rolls = history.into_iter().map(roll).collect::<Answer<_>>()?;
    Ok(Json(StudentHistory { rolls, next }))
}

/// The roll of one lesson as a CSV file.
#[utoipa::path(get, path = "/lessons/{code}/roll.csv", tag = "rolls",
    params(
        ("form" = Option<String>, Query, description = "`full` or `short`."),
        ("separator" = Option<String>, Query, description = "`comma` or `semicolon`."),
    ),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn roll_csv(
    may: May<call::RollCsv>,
    State(shared): App,
    Query(wish): Query<FileWish>,
) -> Answer<Response> {
    let (_, report) = exported(&shared, &may, "csv").await?;
    roll_http::csv_file(&report, &wish).map_err(|_| Refused::internal("a roll as CSV"))
}

/// The roll of one lesson as a workbook, with the term's totals.
#[utoipa::path(get, path = "/lessons/{code}/roll.xlsx", tag = "rolls",
    params(("form" = Option<String>, Query, description = "`full` or `short`.")),
    responses((status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(super) async fn roll_xlsx(
    may: May<call::RollXlsx>,
    State(shared): App,
    Query(wish): Query<FileWish>,
) -> Answer<Response> {
    let (lesson, report) = exported(&shared, &may, "xlsx").await?;
    let _turn = turn(&shared).await?;
    let term = roll_http::term_of(&shared, lesson.class, &report).await?;
    roll_http::xlsx_file(&report, &wish, &term).map_err(|_| Refused::internal("a roll as XLSX"))
}

/// The roll of one lesson as JSON, sessions included.
#[utoipa::path(get, path = "/lessons/{code}/roll.json", tag = "rolls",
    responses((status = 200, body = RollReport)))]
pub(super) async fn roll_json(may: May<call::RollJson>, State(shared): App) -> Answer<Response> {
    let (_, report) = exported(&shared, &may, "json").await?;
    Ok(Json(report).into_response())
}

/// The roll of the lesson in the path: from its room while it runs, else as stored.
async fn roll<'a, C>(
    shared: &Arc<Shared>,
    may: &'a May<C>,
) -> Answer<(&'a StoredLesson, RollReport)> {
    let lesson = may
        .lesson
        .as_ref()
        .ok_or_else(|| Refused::not_found("lesson"))?;
    let code = convert::code(&lesson.code)?;
    let report = match roll_http::of_room(shared, &code).await {
        Some(report) => Some(report),
        None => report::of_lesson(&shared.registry.store, code.as_str()).await?,
    };
    Ok((lesson, report.ok_or_else(|| Refused::not_found("roll"))?))
}

/// As [`roll`], noted in the audit first.
async fn exported<'a, C>(
    shared: &Arc<Shared>,
    may: &'a May<C>,
    form: &str,
) -> Answer<(&'a StoredLesson, RollReport)> {
    let (lesson, report) = roll(shared, may).await?;
    let subject = format!("lesson:{}", lesson.code);
    let store = &shared.registry.store;
    store
        .note(may.stamp(), "roll.export", &subject, form)
        .await?;
    Ok((lesson, report))
}

/// A page of the rolls of lessons that have ended.
async fn history<C>(
    shared: &Arc<Shared>,
    may: &May<C>,
    page: &Paging,
) -> Answer<(Vec<(StoredLesson, RollReport)>, Option<String>)> {
    let limit = body::limit(page.limit).min(MAX_HISTORY_PAGE);
    let before = body::cursor(page.cursor.as_deref())?;
    let store = &shared.registry.store;
    let class = store.class(may.class()?).await?.id;
    let _turn = turn(shared).await?;
    let mut lessons = store.class_lessons(class, true, before, limit + 1).await?;
    let more = lessons.len() > limit as usize;
    lessons.truncate(limit as usize);
    let last = lessons.last().filter(|_| more);
    let next = last.map(|lesson| body::next_cursor(lesson.started_ms, lesson.id.0));
    let mut history = Vec::with_capacity(lessons.len());
    for lesson in lessons {
        if let Some(report) = report::of_lesson(store, &lesson.code).await? {
            history.push((lesson, report));
        }
    }
    Ok((history, next))
}

/// A history reads much: few at once.
async fn turn(shared: &Shared) -> Answer<tokio::sync::SemaphorePermit<'_>> {
    let turn = shared.school.histories.acquire().await;
    turn.map_err(|_| Refused::internal("histories are closed"))
}
