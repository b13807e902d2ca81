//! Classes: what they are, their staff, rosters, and links to print.
//!
//! Invariant: a personal link is in the answer that made it and nowhere else.

use super::access;
use super::body::{self, Body, Query, Raw};
use super::caller::{Caller, May};
use super::convert;
use super::links;
use super::problem::{Answer, Refused};
use super::rights::call;
use super::roster_text;
use crate::http::App;
use crate::tokens;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use homeroom_protocol::school::{
    ChangeClass, Class, ClassNumber, Classes, LinkSheet, MAX_CLASS_NAME_CHARS, MakeLinks, NewClass,
    PasteRoster, PersonNumber, PersonalLink, Renamed, Roster, RosterChange, RosterName,
    RosterStudent, SetStaff,
};
use homeroom_store::{
    ClassChange, ClassId, Member, NewClass as NewStored, PersonId, PersonKind, RosterPlan,
};
use serde::Deserialize;

/// Which classes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    #[serde(default)]
    archived: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of the classes the caller may see, by name.
#[utoipa::path(get, path = "/classes", tag = "classes",
    params(
        ("archived" = Option<bool>, Query, description = "Those that are over too."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Most entries; 50, at most 200."),
    ),
    responses((status = 200, body = Classes)))]
pub(super) async fn list_classes(
    may: May<call::ListClasses>,
    State(shared): App,
    Query(wish): Query<Wish>,
) -> Answer<Json<Classes>> {
    let of = match &may.caller {
        Caller::Person(person, _) if person.kind != PersonKind::Admin => Some(person.id),
        Caller::Person(..) | Caller::Tool(_) => None,
        Caller::Anyone => return Err(Refused::not_logged_in()),
    };
    let limit = body::limit(wish.limit);
    let after = body::cursor(wish.cursor.as_deref())?;
    let store = &shared.registry.store;
    let mut classes = store.classes(of, wish.archived, after, limit + 1).await?;
    let more = classes.len() > limit as usize;
    classes.truncate(limit as usize);
    let last = classes.last().filter(|_| more);
    let next = last.map(|(_, (key, id))| body::next_cursor(key, *id));
    let classes = classes.into_iter().map(|(class, _)| convert::class(class));
    Ok(Json(Classes {
        classes: classes.collect(),
        next,
    }))
}

/// One more class. A teacher who makes one is its teacher.
#[utoipa::path(post, path = "/classes", tag = "classes", request_body = NewClass,
    responses((status = 201, body = Class)))]
pub(super) async fn add_class(
    may: May<call::AddClass>,
    State(shared): App,
    Body(new): Body<NewClass>,
) -> Answer<(StatusCode, Json<Class>)> {
    let teacher = match &may.caller {
        Caller::Person(person, _) if person.kind == PersonKind::Teacher => Some(person.id),
        Caller::Person(..) | Caller::Tool(_) | Caller::Anyone => None,
    };
    let class = NewStored {
        id: ClassId(tokens::new_number()),
        name: body::name(&new.name, MAX_CLASS_NAME_CHARS)?,
        subject: body::name_or_empty(&new.subject, MAX_CLASS_NAME_CHARS)?,
        external_id: body::external_id(new.external_id.as_deref().unwrap_or_default())?,
        teacher,
    };
    let class = shared.registry.store.add_class(may.stamp(), &class).await?;
    Ok((StatusCode::CREATED, Json(convert::class(class))))
}

/// A class.
#[utoipa::path(get, path = "/classes/{class}", tag = "classes",
    responses((status = 200, body = Class)))]
pub(super) async fn get_class(may: May<call::GetClass>, State(shared): App) -> Answer<Json<Class>> {
    let class = shared.registry.store.class(may.class()?).await?;
    Ok(Json(convert::class(class)))
}

/// Changes a class; what is left out stays.
#[utoipa::path(patch, path = "/classes/{class}", tag = "classes", request_body = ChangeClass,
    responses((status = 200, body = Class)))]
pub(super) async fn change_class(
    may: May<call::ChangeClass>,
    State(shared): App,
    Body(change): Body<ChangeClass>,
) -> Answer<Json<Class>> {
    let name = change
        .name
        .map(|name| body::name(&name, MAX_CLASS_NAME_CHARS));
    let subject = change.subject;
    let subject = subject.map(|text| body::name_or_empty(&text, MAX_CLASS_NAME_CHARS));
    let external_id = change.external_id.map(|text| body::external_id(&text));
    let new = ClassChange {
        name: name.transpose()?,
        subject: subject.transpose()?,
        external_id: external_id.transpose()?,
        archived: change.archived,
    };
    let store = &shared.registry.store;
    let class = store.change_class(may.stamp(), may.class()?, &new).await?;
    Ok(Json(convert::class(class)))
}

/// Puts somebody on a class's staff, or changes what they are on it.
#[utoipa::path(put, path = "/classes/{class}/staff/{person}", tag = "classes",
    request_body = SetStaff, responses((status = 200, body = Class)))]
pub(super) async fn set_staff(
    may: May<call::SetStaff>,
    State(shared): App,
    Body(set): Body<SetStaff>,
) -> Answer<Json<Class>> {
    let role = convert::stored_staff_role(set.role);
    let store = &shared.registry.store;
    let person = may.about()?;
    let class = store
        .set_staff(may.stamp(), may.class()?, person, role)
        .await?;
    shared.school.tickets.forget(person);
    Ok(Json(convert::class(class)))
}

/// Takes somebody off a class's staff.
#[utoipa::path(delete, path = "/classes/{class}/staff/{person}", tag = "classes",
    responses((status = 200, body = Class)))]
pub(super) async fn remove_staff(
    may: May<call::RemoveStaff>,
    State(shared): App,
) -> Answer<Json<Class>> {
    let store = &shared.registry.store;
    let person = may.about()?;
    let class = store
        .remove_staff(may.stamp(), may.class()?, person)
        .await?;
    shared.school.tickets.forget(person);
    Ok(Json(convert::class(class)))
}

/// A class's roster, in the order of the list.
#[utoipa::path(get, path = "/classes/{class}/roster", tag = "classes",
    responses((status = 200, body = Roster)))]
pub(super) async fn get_roster(
    may: May<call::GetRoster>,
    State(shared): App,
) -> Answer<Json<Roster>> {
    // A class that is not there is not an empty one.
    let class = shared.registry.store.class(may.class()?).await?;
    let students = shared.registry.store.roster(class.id).await?;
    let students = students.into_iter().map(convert::student).collect();
    Ok(Json(Roster { students }))
}

/// The fields beside a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileWish {
    #[serde(default)]
    remove_missing: bool,
    #[serde(default)]
    check_only: bool,
}

/// Lays a pasted list or a CSV file over a class's roster, or says what that would change.
#[utoipa::path(post, path = "/classes/{class}/roster", tag = "classes",
    request_body(
        content((PasteRoster = "application/json"), (String = "text/csv")),
        description = "With `text/csv` (UTF-8 or Windows-1251) the other fields are the query's."
    ),
    params(
        ("remove_missing" = Option<bool>, Query, description = "With a file."),
        ("check_only" = Option<bool>, Query, description = "With a file."),
    ),
    responses((status = 200, body = RosterChange)))]
pub(super) async fn paste_roster(
    may: May<call::PasteRoster>,
    State(shared): App,
    Query(wish): Query<FileWish>,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Answer<Json<RosterChange>> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let paste = if kind.is_some_and(|kind| kind.starts_with("text/csv")) {
        PasteRoster {
            text: roster_text::decode(&bytes),
            remove_missing: wish.remove_missing,
            check_only: wish.check_only,
        }
    } else {
        serde_json::from_slice(&bytes)
            .map_err(|error| Refused::bad_request(format!("the body: {error}")))?
    };
    let lines = roster_text::read(&paste.text).map_err(Refused::lines)?;
    let store = &shared.registry.store;
    let (remove, check) = (paste.remove_missing, paste.check_only);
    let draw = || PersonId(tokens::new_number());
    let pasted = store.paste_roster(may.stamp(), may.class()?, &lines, remove, check, draw);
    let (plan, missing) = pasted.await?;
    if remove && !check {
        for member in &missing {
            shared.school.tickets.forget(member.person);
        }
    }
    let missing = missing.into_iter().map(convert::student).collect();
    Ok(Json(changed(plan, missing, remove && !check)))
}

fn changed(plan: RosterPlan, missing: Vec<RosterStudent>, missing_removed: bool) -> RosterChange {
    let names = |names: Vec<(u32, String)>| {
        let name = |(line, name)| RosterName { line, name };
        names.into_iter().map(name).collect()
    };
    let renamed = |(person, from, to): (PersonId, _, _)| Renamed {
        person: PersonNumber(person.0),
        from,
        to,
    };
    RosterChange {
        added: names(plan.added),
        unchanged: plan.unchanged,
        renamed: plan.renamed.into_iter().map(renamed).collect(),
        missing,
        missing_removed,
        repeated: names(plan.repeated),
        namesakes: names(plan.namesakes),
        students: plan.students,
    }
}

/// Takes a student off a class's roster; they stay a person of the school.
#[utoipa::path(delete, path = "/classes/{class}/roster/{person}", tag = "classes",
    responses((status = 204)))]
pub(super) async fn remove_student(
    may: May<call::RemoveStudent>,
    State(shared): App,
) -> Answer<StatusCode> {
    let store = &shared.registry.store;
    let person = may.about()?;
    store
        .remove_member(may.stamp(), may.class()?, person)
        .await?;
    shared.school.tickets.forget(person);
    Ok(StatusCode::NO_CONTENT)
}

/// Personal links to print. Each makes the student's link before it void.
#[utoipa::path(post, path = "/classes/{class}/links", tag = "classes", request_body = MakeLinks,
    responses((status = 201, body = LinkSheet)))]
pub(super) async fn make_links(
    may: May<call::MakeLinks>,
    State(shared): App,
    Body(wish): Body<MakeLinks>,
) -> Answer<(StatusCode, Json<LinkSheet>)> {
    let store = &shared.registry.store;
    let class = store.class(may.class()?).await?;
    let expires_ms = may.now_ms + access::device_ms(&shared).await?;
    let persons = wish.persons.map(|persons| {
        let person = |person: PersonNumber| PersonId(person.0);
        persons.into_iter().map(person).collect::<Vec<_>>()
    });
    let made = store.make_links(
        may.stamp(),
        class.id,
        persons.as_deref(),
        wish.only_without,
        wish.end_devices,
        || links::draw(expires_ms),
    );
    let (made, public_url) = (made.await?, shared.public_url().to_owned());
    // A thousand codes are no work for a thread that others wait for.
    let links = tokio::task::spawn_blocking(move || drawn(made, &public_url)).await;
    let links = links.map_err(|_| Refused::internal("drawing codes"))??;
    let sheet = LinkSheet {
        class: ClassNumber(class.id.0),
        class_name: class.name,
        links,
    };
    Ok((StatusCode::CREATED, Json(sheet)))
}

fn drawn(made: Vec<(Member, String)>, public_url: &str) -> Answer<Vec<PersonalLink>> {
    let link = |(member, token): (Member, String)| {
        let url = links::personal_url(public_url, &token);
        Ok(PersonalLink {
            person: PersonNumber(member.person.0),
            number: member.number,
            name: member.name,
            qr: links::qr(&url)?,
            url,
        })
    };
    made.into_iter().map(link).collect()
}
