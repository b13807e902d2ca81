//! The office: settings, tokens of the school's own tools, the audit.
//!
//! Invariant: a tool's token is in the answer that made it and in no other.

use super::body::{self, Body, Paging, Path, Query};
use super::caller::{May, scopes};
use super::problem::{Answer, Refused};
use super::rights::call;
use super::settings;
use crate::http::App;
use crate::tokens;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use homeroom_protocol::school::{
    ApiToken, ApiTokens, AuditLine, AuditPage, AuditVerification, CreatedApiToken,
    MAX_CLASS_NAME_CHARS, NewApiToken, SchoolSettings, Scope,
};
use homeroom_store::{ApiTokenRow, TokenHash};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Longest life of a tool's token that has an end, in days.
const MAX_TOKEN_DAYS: u32 = 3_650;

/// The school's own rules and words.
#[utoipa::path(get, path = "/settings", tag = "office",
    responses((status = 200, body = SchoolSettings)))]
pub(super) async fn get_settings(
    _: May<call::GetSettings>,
    State(shared): App,
) -> Answer<Json<SchoolSettings>> {
    Ok(Json(settings::read(&shared.registry.store).await?))
}

/// Changes them, whole. A lesson that runs goes on by the rules it began with.
#[utoipa::path(put, path = "/settings", tag = "office", request_body = SchoolSettings,
    responses((status = 200, body = SchoolSettings)))]
pub(super) async fn put_settings(
    may: May<call::PutSettings>,
    State(shared): App,
    Body(new): Body<SchoolSettings>,
) -> Answer<Json<SchoolSettings>> {
    let store = &shared.registry.store;
    let old = settings::read(store).await?;
    let new = settings::checked(new, &old)?;
    store.change_settings(may.stamp(), &new).await?;
    Ok(Json(settings::read(store).await?))
}

/// All tokens of tools, the newest first, without their secrets.
#[utoipa::path(get, path = "/api-tokens", tag = "office",
    responses((status = 200, body = ApiTokens)))]
pub(super) async fn list_api_tokens(
    _: May<call::ListApiTokens>,
    State(shared): App,
) -> Answer<Json<ApiTokens>> {
    let tokens = shared.registry.store.api_tokens().await?;
    let tokens = tokens.into_iter().map(token).collect();
    Ok(Json(ApiTokens { tokens }))
}

/// A token for a tool of the school; its secret is in this answer only.
#[utoipa::path(post, path = "/api-tokens", tag = "office", request_body = NewApiToken,
    responses((status = 201, body = CreatedApiToken)))]
pub(super) async fn add_api_token(
    may: May<call::AddApiToken>,
    State(shared): App,
    Body(new): Body<NewApiToken>,
) -> Answer<(StatusCode, Json<CreatedApiToken>)> {
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Refused::bad_request("a token without scopes opens nothing"));
    }
    if new
        .days
        .is_some_and(|days| !(1..=MAX_TOKEN_DAYS).contains(&days))
    {
        return Err(Refused::bad_request("days are 1 to 3650"));
    }
    let words: Vec<String> = scopes.iter().filter_map(word).collect();
    let life_ms = new.days.map(|days| u64::from(days) * DAY_MS);
    let row = ApiTokenRow {
        id: tokens::new_number(),
        name: body::name(&new.name, MAX_CLASS_NAME_CHARS)?,
        scopes: words.join(" "),
        created_ms: may.now_ms,
        expires_ms: life_ms.map(|life_ms| may.now_ms + life_ms),
        revoked_ms: None,
    };
    let secret = tokens::new_token();
    let (store, by) = (&shared.registry.store, may.person()?.id);
    let hash = TokenHash::of(&secret);
    store.add_api_token(may.stamp(), by, &row, &hash).await?;
    let created = CreatedApiToken {
        token: secret,
        about: token(row),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Ends a tool's token.
#[utoipa::path(delete, path = "/api-tokens/{token}", tag = "office", responses((status = 204)))]
pub(super) async fn end_api_token(
    may: May<call::EndApiToken>,
    State(shared): App,
    Path(token): Path<i64>,
) -> Answer<StatusCode> {
    let store = &shared.registry.store;
    store.revoke_api_token(may.stamp(), token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of the audit, the newest first.
#[utoipa::path(get, path = "/audit", tag = "office",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; 50, at most 200."),
    ),
    responses((status = 200, body = AuditPage)))]
pub(super) async fn audit(
    _: May<call::Audit>,
    State(shared): App,
    Query(page): Query<Paging>,
) -> Answer<Json<AuditPage>> {
    let limit = body::limit(page.limit);
    let before = page.cursor.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| Refused::bad_request("the cursor is not one of ours"))?;
    let store = &shared.registry.store;
    let mut lines = store.audit(before.unwrap_or(u64::MAX), limit + 1).await?;
    let more = lines.len() > limit as usize;
    lines.truncate(limit as usize);
    let last = lines.last().filter(|_| more);
    let next = last.map(|line| line.number.to_string());
    let line = |line: homeroom_store::AuditLine| AuditLine {
        number: line.number,
        at_ms: line.at_ms,
        actor: line.actor,
        action: line.action,
        subject: line.subject,
        detail: line.detail,
        hash: line.hash,
    };
    let lines = lines.into_iter().map(line).collect();
    Ok(Json(AuditPage { lines, next }))
}

/// Are all lines of the audit as they were written?
#[utoipa::path(get, path = "/audit/verification", tag = "office",
    responses((status = 200, body = AuditVerification)))]
pub(super) async fn verify_audit(
    _: May<call::VerifyAudit>,
    State(shared): App,
) -> Answer<Json<AuditVerification>> {
    let _turn = shared.school.histories.acquire().await;
    let found = shared.registry.store.verify_audit().await?;
    Ok(Json(AuditVerification {
        lines: found.lines,
        first_broken: found.first,
    }))
}

fn token(row: ApiTokenRow) -> ApiToken {
    ApiToken {
        id: row.id,
        name: row.name,
        scopes: scopes(&row.scopes),
        created_ms: row.created_ms,
        expires_ms: row.expires_ms,
        revoked_ms: row.revoked_ms,
    }
}

/// A scope as it is written.
fn word(scope: &Scope) -> Option<String> {
    let word = serde_json::to_value(scope).ok()?;
    word.as_str().map(str::to_owned)
}
