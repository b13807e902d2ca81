//! People: lists, changes, invitations, and a personal link for one.
//!
//! Invariant: a tool makes and changes no administrator and no account, so that whoever steals its
//! token does not get the school.

use super::access;
use super::body::{self, Body, Query};
use super::caller::May;
use super::convert;
use super::links;
use super::problem::{Answer, Refused};
use super::rights::call;
use crate::http::App;
use crate::limits::INVITATION_MS;
use crate::tokens;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use homeroom_protocol::MAX_NAME_CHARS;
use homeroom_protocol::school::{
    ChangePerson, Invitation, NewInvitation, NewPerson, People, Person, PersonKind, PersonNumber,
    PersonalLink,
};
use homeroom_store::{
    Account, NewPerson as NewStored, PeopleFilter, PersonChange, PersonId,
    PersonKind as StoredKind, StoredPerson,
};
use serde::Deserialize;

/// Which people.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    kind: Option<PersonKind>,
    search: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of people, by name.
#[utoipa::path(get, path = "/people", tag = "people",
    params(
        ("kind" = Option<PersonKind>, Query, description = "Only these."),
        ("search" = Option<String>, Query,
            description = "Part of a name, a login, or a number in the school's records."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; 50, at most 200."),
    ),
    responses((status = 200, body = People)))]
pub(super) async fn list_people(
    may: May<call::ListPeople>,
    State(shared): App,
    Query(wish): Query<Wish>,
) -> Answer<Json<People>> {
    let limit = body::limit(wish.limit);
    let filter = PeopleFilter {
        kind: wish.kind.map(convert::stored_kind),
        search: wish.search.unwrap_or_default(),
        after: body::cursor(wish.cursor.as_deref())?,
        limit: limit + 1,
    };
    let mut people = shared.registry.store.people(&filter).await?;
    let more = people.len() > limit as usize;
    people.truncate(limit as usize);
    let last = people.last().filter(|_| more);
    let next = last.map(|(_, (key, id))| body::next_cursor(key, *id));
    let people = people.into_iter();
    let people = people
        .map(|(person, _)| convert::person(person, may.now_ms))
        .collect();
    Ok(Json(People { people, next }))
}

/// A person.
#[utoipa::path(get, path = "/people/{person}", tag = "people",
    responses((status = 200, body = Person)))]
pub(super) async fn get_person(
    may: May<call::GetPerson>,
    State(shared): App,
) -> Answer<Json<Person>> {
    let person = shared.registry.store.person(may.about()?).await?;
    Ok(Json(convert::person(person, may.now_ms)))
}

/// One more person.
#[utoipa::path(post, path = "/people", tag = "people", request_body = NewPerson,
    responses((status = 201, body = Person)))]
pub(super) async fn add_person(
    may: May<call::AddPerson>,
    State(shared): App,
    Body(new): Body<NewPerson>,
) -> Answer<(StatusCode, Json<Person>)> {
    let name = body::name(&new.name, MAX_NAME_CHARS)?;
    let external_id = body::external_id(new.external_id.as_deref().unwrap_or_default())?;
    let has_account = new.login.is_some() || new.password.is_some();
    if may.is_tool() && (has_account || new.kind == PersonKind::Admin) {
        return Err(Refused::not_allowed());
    }
    let account = match (new.login, new.password) {
        (None, None) => None,
        (Some(_), Some(_)) if new.kind == PersonKind::Student => {
            return Err(Refused::bad_request("students come by personal links"));
        }
        (Some(login), Some(password)) => {
            let login = body::login(&login)?;
            body::password(&password)?;
            let password_hash = shared.school.passwords.hash(password).await?;
            Some(Account {
                login,
                password_hash,
            })
        }
        _ => return Err(Refused::bad_request("login and password go together")),
    };
    let person = NewStored {
        id: PersonId(tokens::new_number()),
        name,
        kind: convert::stored_kind(new.kind),
        account,
        external_id,
    };
    let person = shared
        .registry
        .store
        .add_person(may.stamp(), &person)
        .await?;
    let person = convert::person(person, may.now_ms);
    Ok((StatusCode::CREATED, Json(person)))
}

/// Changes a person; what is left out stays.
#[utoipa::path(patch, path = "/people/{person}", tag = "people", request_body = ChangePerson,
    responses((status = 200, body = Person)))]
pub(super) async fn change_person(
    may: May<call::ChangePerson>,
    State(shared): App,
    Body(change): Body<ChangePerson>,
) -> Answer<Json<Person>> {
    let id = may.about()?;
    let store = &shared.registry.store;
    let name = change.name.map(|name| body::name(&name, MAX_NAME_CHARS));
    let external_id = change.external_id.map(|text| body::external_id(&text));
    let new = PersonChange {
        name: name.transpose()?,
        external_id: external_id.transpose()?,
        disabled: change.disabled,
    };
    if may.is_tool() && store.person(id).await?.kind == StoredKind::Admin {
        return Err(Refused::not_allowed());
    }
    let person = store.change_person(may.stamp(), id, &new).await?;
    if person.disabled_ms.is_some() {
        shared.school.tickets.forget(id);
    }
    Ok(Json(convert::person(person, may.now_ms)))
}

/// A new person, and the link to their account.
#[utoipa::path(post, path = "/invitations", tag = "people", request_body = NewInvitation,
    responses((status = 201, body = Invitation)))]
pub(super) async fn invite_new(
    may: May<call::InviteNew>,
    State(shared): App,
    Body(new): Body<NewInvitation>,
) -> Answer<(StatusCode, Json<Invitation>)> {
    if new.kind == PersonKind::Student {
        return Err(Refused::bad_request("students come by personal links"));
    }
    let person = NewStored {
        id: PersonId(tokens::new_number()),
        name: body::name_or_empty(&new.name, MAX_NAME_CHARS)?,
        kind: convert::stored_kind(new.kind),
        account: None,
        external_id: None,
    };
    let (token, door) = links::draw(may.now_ms + INVITATION_MS);
    let store = &shared.registry.store;
    let person = store.invite(may.stamp(), Err(&person), &door).await?;
    let url = links::invitation_url(shared.public_url(), &token);
    invitation(&person, url, door.expires_ms)
}

/// A new link to the account of somebody who is there already; the one before it is void.
#[utoipa::path(post, path = "/people/{person}/invitation", tag = "people",
    responses((status = 201, body = Invitation)))]
pub(super) async fn invite_again(
    may: May<call::InviteAgain>,
    State(shared): App,
) -> Answer<(StatusCode, Json<Invitation>)> {
    let store = &shared.registry.store;
    let person = store.person(may.about()?).await?;
    if person.kind == StoredKind::Student {
        return Err(Refused::bad_request("students come by personal links"));
    }
    let (token, door) = links::draw(may.now_ms + INVITATION_MS);
    let person = store.invite(may.stamp(), Ok(person.id), &door).await?;
    let url = links::invitation_url(shared.public_url(), &token);
    invitation(&person, url, door.expires_ms)
}

fn invitation(
    person: &StoredPerson,
    url: String,
    expires_ms: u64,
) -> Answer<(StatusCode, Json<Invitation>)> {
    let invitation = Invitation {
        person: PersonNumber(person.id.0),
        qr: links::qr(&url)?,
        url,
        expires_ms,
    };
    Ok((StatusCode::CREATED, Json(invitation)))
}

/// A student's personal link, outside a class; the one before it is void.
#[utoipa::path(post, path = "/people/{person}/link", tag = "people",
    responses((status = 201, body = PersonalLink)))]
pub(super) async fn make_personal_link(
    may: May<call::MakePersonalLink>,
    State(shared): App,
) -> Answer<(StatusCode, Json<PersonalLink>)> {
    let (token, door) = links::draw(may.now_ms + access::device_ms(&shared).await?);
    let store = &shared.registry.store;
    let person = store.make_link(may.stamp(), may.about()?, &door).await?;
    let url = links::personal_url(shared.public_url(), &token);
    let link = PersonalLink {
        person: PersonNumber(person.id.0),
        number: 0,
        name: person.name,
        qr: links::qr(&url)?,
        url,
    };
    Ok((StatusCode::CREATED, Json(link)))
}
