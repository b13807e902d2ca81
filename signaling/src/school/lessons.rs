//! Lessons of a class: starting one, the list, and a ticket into one that runs.
//!
//! Invariant: a ticket says who somebody is by what the school knows at that moment; whoever is
//! disabled or no longer of the class gets none.

use super::body::{self, Body, Paging, Query};
use super::caller::May;
use super::convert;
use super::problem::{Answer, Refused};
use super::rights::call;
use crate::http::App;
use crate::room::Identity;
use crate::tokens;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use homeroom_protocol::school::{ClassLessons, ClassRole, JoinTicket, ProblemCode, StartLesson};
use homeroom_protocol::{CreatedLesson, MAX_LESSON_NAME_CHARS, Role};

/// Starts a lesson of the class now; the caller gives it.
#[utoipa::path(post, path = "/classes/{class}/lessons", tag = "lessons",
    request_body = StartLesson, responses((status = 201, body = CreatedLesson)))]
pub(super) async fn start_lesson(
    may: May<call::StartLesson>,
    State(shared): App,
    Body(start): Body<StartLesson>,
) -> Answer<(StatusCode, Json<CreatedLesson>)> {
    let class = shared.registry.store.class(may.class()?).await?;
    let name = match start.name {
        Some(name) => body::name(&name, MAX_LESSON_NAME_CHARS)?,
        None if class.subject.is_empty() => class.name,
        None => {
            let name = format!("{}, {}", class.name, class.subject);
            name.chars().take(MAX_LESSON_NAME_CHARS).collect()
        }
    };
    let teacher = may.person()?.id;
    let registry = &shared.registry;
    let created = registry.create_for_class(may.stamp(), class.id, teacher, name);
    let (code, teacher_token) = created.await?;
    let created = CreatedLesson {
        join_url: shared.join_url(&code),
        code,
        teacher_token,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// A page of a class's lessons, the newest first.
#[utoipa::path(get, path = "/classes/{class}/lessons", tag = "lessons",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; 50, at most 200."),
    ),
    responses((status = 200, body = ClassLessons)))]
pub(super) async fn list_lessons(
    may: May<call::ListLessons>,
    State(shared): App,
    Query(page): Query<Paging>,
) -> Answer<Json<ClassLessons>> {
    let limit = body::limit(page.limit);
    let before = body::cursor(page.cursor.as_deref())?;
    let store = &shared.registry.store;
    let class = store.class(may.class()?).await?.id;
    let mut lessons = store.class_lessons(class, false, before, limit + 1).await?;
    let more = lessons.len() > limit as usize;
    lessons.truncate(limit as usize);
    let last = lessons.last().filter(|_| more);
    let next = last.map(|lesson| body::next_cursor(lesson.started_ms, lesson.id.0));
    let lessons = lessons.iter().map(convert::lesson).collect::<Answer<_>>()?;
    Ok(Json(ClassLessons { lessons, next }))
}

/// Opens the caller's seat in a lesson that runs, once and soon.
#[utoipa::path(post, path = "/lessons/{code}/ticket", tag = "lessons",
    responses((status = 200, body = JoinTicket)))]
pub(super) async fn ticket(may: May<call::Ticket>, State(shared): App) -> Answer<Json<JoinTicket>> {
    let person = may.person()?;
    let lesson = may
        .lesson
        .as_ref()
        .ok_or_else(|| Refused::not_found("lesson"))?;
    if lesson.ended_ms.is_some() {
        return Err(Refused::because(ProblemCode::Over, "the lesson has ended"));
    }
    // The table lets in who is of the class, and administrators, who look on.
    let role = may.role.map_or(ClassRole::Observer, convert::class_role);
    let code = convert::code(&lesson.code)?;
    let identity = Identity {
        person: person.id,
        name: person.name.clone(),
        role: in_room(role),
    };
    let ticket = tokens::new_token();
    let tickets = &shared.school.tickets;
    let expires_ms = tickets.issue(&ticket, code.clone(), identity, may.now_ms);
    let expires_ms = expires_ms.ok_or_else(|| {
        Refused::because(
            ProblemCode::Unavailable,
            "too many tickets are out: try again soon",
        )
    })?;
    Ok(Json(JoinTicket {
        ticket,
        expires_ms,
        lesson: code,
        name: person.name.clone(),
        role,
    }))
}

const fn in_room(role: ClassRole) -> Role {
    match role {
        ClassRole::Teacher => Role::Teacher,
        ClassRole::Assistant => Role::Assistant,
        ClassRole::Observer => Role::Observer,
        ClassRole::Student => Role::Student,
    }
}
