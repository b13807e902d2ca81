//! Getting in: invitations, logins, personal links, and who am I.
//!
//! Invariant: a refused password, a login nobody has and a disabled person get the same answer after
//! the same work.

use super::body::{self, Body};
use super::caller::{Caller, May};
use super::convert;
use super::links;
use super::problem::{Answer, Refused};
use super::rights::call;
use super::settings;
use crate::http::{App, Peer};
use crate::limits::{LOGIN_MS, MAX_RUNNING_OFFERED, RUNNING_MS};
use crate::server::Shared;
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use homeroom_protocol::MAX_NAME_CHARS;
use homeroom_protocol::school::{
    AcceptInvitation, ChangePassword, ClassNumber, ExchangeLink, InvitationInfo, LogIn, LoggedIn,
    LookAtInvitation, Me, MyClass, PersonNumber, ProblemCode, RunningLesson, SchoolInfo,
};
use homeroom_store::{Account, Door, PersonKind, StoredLesson, StoredPerson, TokenHash};
use std::net::SocketAddr;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The school's name, its language, and whether one needs an account for a lesson.
#[utoipa::path(get, path = "/school", tag = "access", responses((status = 200, body = SchoolInfo)))]
pub(super) async fn school_info(
    _: May<call::SchoolInfo>,
    State(shared): App,
    ConnectInfo(peer): Peer,
) -> Answer<Json<SchoolInfo>> {
    stranger(&shared, peer)?;
    let settings = settings::read(&shared.registry.store).await?;
    Ok(Json(SchoolInfo {
        name: settings.name,
        language: settings.language,
        adhoc_lessons: settings.adhoc_lessons,
    }))
}

/// Whose invitation is this? It stays good.
#[utoipa::path(post, path = "/invitations/look", tag = "access", request_body = LookAtInvitation,
    responses((status = 200, body = InvitationInfo)))]
pub(super) async fn look_at_invitation(
    may: May<call::LookAtInvitation>,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Body(look): Body<LookAtInvitation>,
) -> Answer<Json<InvitationInfo>> {
    stranger(&shared, peer)?;
    let store = &shared.registry.store;
    let invited = store
        .invitation(&TokenHash::of(&look.token), may.now_ms)
        .await?;
    let settings = settings::read(store).await?;
    Ok(Json(InvitationInfo {
        kind: convert::kind(invited.kind),
        name: invited.name,
        login: invited.login,
        school: settings.name,
        language: settings.language,
    }))
}

/// Makes the account, or gives it a new password, and logs in. The invitation is used up.
#[utoipa::path(post, path = "/invitations/accept", tag = "access",
    request_body = AcceptInvitation, responses((status = 200, body = LoggedIn)))]
pub(super) async fn accept_invitation(
    may: May<call::AcceptInvitation>,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Body(accept): Body<AcceptInvitation>,
) -> Answer<Json<LoggedIn>> {
    stranger(&shared, peer)?;
    let name = body::name(&accept.name, MAX_NAME_CHARS)?;
    let login = body::login(&accept.login)?;
    body::password(&accept.password)?;
    let store = &shared.registry.store;
    let invitation = TokenHash::of(&accept.token);
    // Before the hashing: a link that opens nothing costs us little.
    store.invitation(&invitation, may.now_ms).await?;
    let password_hash = shared.school.passwords.hash(accept.password).await?;
    let account = Account {
        login,
        password_hash,
    };
    let (token, door) = links::draw(may.now_ms + LOGIN_MS);
    let person = store.accept_invitation(&invitation, &name, &account, &door, may.now_ms);
    let person = person.await?;
    logged_in(&shared, person, token, &door, may.now_ms).await
}

/// Logs in with a login and a password.
#[utoipa::path(post, path = "/login", tag = "access", request_body = LogIn,
    responses((status = 200, body = LoggedIn)))]
pub(super) async fn log_in(
    may: May<call::LogIn>,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Body(wish): Body<LogIn>,
) -> Answer<Json<LoggedIn>> {
    stranger(&shared, peer)?;
    let wrong = || Refused::because(ProblemCode::WrongPassword, "login and password do not fit");
    let login = body::login(&wish.login).map_err(|_| wrong())?;
    body::password(&wish.password).map_err(|_| wrong())?;
    if !shared.doors.may_try_password(peer.ip(), &login) {
        return Err(Refused::too_fast());
    }
    let store = &shared.registry.store;
    let (person, hash) = store.account(&login).await?.unzip();
    let fits = shared.school.passwords.fits(wish.password, hash).await?;
    let Some(person) = person.filter(|_| fits) else {
        return Err(wrong());
    };
    shared.doors.password_was_right(peer.ip(), &login);
    let (token, door) = links::draw(may.now_ms + LOGIN_MS);
    let person = store.log_in(person, &door, may.now_ms).await?;
    logged_in(&shared, person, token, &door, may.now_ms).await
}

/// A new token for the one this call came with, which then opens nothing any more.
#[utoipa::path(post, path = "/login/renew", tag = "access",
    responses((status = 200, body = LoggedIn)))]
pub(super) async fn renew_login(
    may: May<call::RenewLogin>,
    State(shared): App,
) -> Answer<Json<LoggedIn>> {
    let (person, old) = with_token(&may.caller)?;
    let store = &shared.registry.store;
    let for_ms = match person.kind {
        PersonKind::Student => device_ms(&shared).await?,
        PersonKind::Admin | PersonKind::Teacher | PersonKind::Observer => LOGIN_MS,
    };
    let (token, door) = links::draw(may.now_ms + for_ms);
    let person = store.log_in(person.id, &door, may.now_ms).await?;
    store.log_out(old).await?;
    logged_in(&shared, person, token, &door, may.now_ms).await
}

/// The token this call came with opens nothing any more.
#[utoipa::path(delete, path = "/login", tag = "access", responses((status = 204)))]
pub(super) async fn log_out(may: May<call::LogOut>, State(shared): App) -> Answer<StatusCode> {
    let (_, token) = with_token(&may.caller)?;
    shared.registry.store.log_out(token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A student's personal link for a token of this device. The link is used up.
#[utoipa::path(post, path = "/links/exchange", tag = "access", request_body = ExchangeLink,
    responses((status = 200, body = LoggedIn)))]
pub(super) async fn exchange_link(
    may: May<call::ExchangeLink>,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Body(link): Body<ExchangeLink>,
) -> Answer<Json<LoggedIn>> {
    stranger(&shared, peer)?;
    let (token, door) = links::draw(may.now_ms + device_ms(&shared).await?);
    let store = &shared.registry.store;
    let person = store
        .exchange_link(&TokenHash::of(&link.token), &door, may.now_ms)
        .await?;
    logged_in(&shared, person, token, &door, may.now_ms).await
}

/// Changes the caller's password; every other login of theirs ends.
#[utoipa::path(post, path = "/password", tag = "access", request_body = ChangePassword,
    responses((status = 200, body = LoggedIn)))]
pub(super) async fn change_password(
    may: May<call::ChangePassword>,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Body(change): Body<ChangePassword>,
) -> Answer<Json<LoggedIn>> {
    body::password(&change.new)?;
    let person = may.person()?;
    let wrong = || Refused::because(ProblemCode::WrongPassword, "this is not the old password");
    let login = person.login.clone().ok_or_else(wrong)?;
    if !shared.doors.may_try_password(peer.ip(), &login) {
        return Err(Refused::too_fast());
    }
    let store = &shared.registry.store;
    let (_, hash) = store.account(&login).await?.unzip();
    if !shared.school.passwords.fits(change.old, hash).await? {
        return Err(wrong());
    }
    shared.doors.password_was_right(peer.ip(), &login);
    let password_hash = shared.school.passwords.hash(change.new).await?;
    let account = Account {
        login,
        password_hash,
    };
    let (token, door) = links::draw(may.now_ms + LOGIN_MS);
    let person = store
        .set_password(may.stamp(), person.id, &account, &door)
        .await?;
    logged_in(&shared, person, token, &door, may.now_ms).await
}

/// Who am I, and which lessons run?
#[utoipa::path(get, path = "/me", tag = "access", responses((status = 200, body = Me)))]
pub(super) async fn me(may: May<call::Me>, State(shared): App) -> Answer<Json<Me>> {
    let person = may.person()?.clone();
    Ok(Json(about(&shared, person, may.now_ms).await?))
}

fn stranger(shared: &Shared, peer: SocketAddr) -> Answer<()> {
    match shared.doors.may_call_as_stranger(peer.ip()) {
        true => Ok(()),
        false => Err(Refused::too_fast()),
    }
}

fn with_token(caller: &Caller) -> Answer<(&StoredPerson, &TokenHash)> {
    match caller {
        Caller::Person(person, token) => Ok((person, token)),
        Caller::Anyone | Caller::Tool(_) => Err(Refused::not_logged_in()),
    }
}

/// How long a device comes in by itself.
pub(super) async fn device_ms(shared: &Shared) -> Answer<u64> {
    let settings = settings::read(&shared.registry.store).await?;
    Ok(u64::from(settings.device_days) * DAY_MS)
}

async fn logged_in(
    shared: &Shared,
    person: StoredPerson,
    token: String,
    door: &Door,
    now_ms: u64,
) -> Answer<Json<LoggedIn>> {
    Ok(Json(LoggedIn {
        token,
        expires_ms: door.expires_ms,
        me: about(shared, person, now_ms).await?,
    }))
}

async fn about(shared: &Shared, person: StoredPerson, now_ms: u64) -> Answer<Me> {
    let store = &shared.registry.store;
    let settings = settings::read(store).await?;
    let since_ms = now_ms.saturating_sub(RUNNING_MS);
    let running = store
        .running_lessons(person.id, since_ms, MAX_RUNNING_OFFERED)
        .await?;
    let mut classes = Vec::new();
    for (class, name, subject, role) in store.classes_of(person.id).await? {
        let of_class = |lesson: &&StoredLesson| lesson.class == Some(class);
        let lessons = running.iter().filter(of_class).map(offer);
        classes.push(MyClass {
            id: ClassNumber(class.0),
            name,
            subject,
            role: convert::class_role(role),
            lessons: lessons.collect::<Answer<_>>()?,
        });
    }
    Ok(Me {
        person: PersonNumber(person.id.0),
        name: person.name,
        kind: convert::kind(person.kind),
        login: person.login,
        school: settings.name,
        language: settings.language,
        classes,
    })
}

fn offer(lesson: &StoredLesson) -> Answer<RunningLesson> {
    Ok(RunningLesson {
        code: convert::code(&lesson.code)?,
        name: lesson.name.clone(),
        started_ms: lesson.started_ms,
    })
}
