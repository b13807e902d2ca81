//! Who makes a call, and whether they may: the way into every handler.
//!
//! Invariant: a handler with a [`May`] runs only after the table has said yes to this caller, this
//! call and this class. A class that is not the caller's and one that does not exist get the same
//! answer.

use super::problem::Refused;
use super::rights::{Grant, Named, Rule};
use crate::http::bearer;
use crate::server::Shared;
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use homeroom_protocol::LessonCode;
use homeroom_protocol::school::Scope;
use homeroom_store::{
    Actor, ClassId, ClassRole, PersonId, PersonKind, StaffRole, Stamp, StoredLesson, StoredPerson,
    TokenHash,
};
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;

/// Who makes a call.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Somebody without a token, or a call that needs none.
    Anyone,
    /// A person who is logged in, and with what.
    Person(StoredPerson, TokenHash),
    /// A tool of the school, by its token's number.
    Tool(i64),
}

/// A caller who may make this call.
#[derive(Debug)]
pub(crate) struct May<C> {
    pub caller: Caller,
    /// The class in the path, or that of the lesson in it.
    pub class: Option<ClassId>,
    /// What the caller is in that class.
    pub role: Option<ClassRole>,
    /// The person in the path.
    about: Option<PersonId>,
    /// The lesson in the path.
    pub lesson: Option<StoredLesson>,
    pub now_ms: u64,
    call: PhantomData<fn() -> C>,
}

impl<C> May<C> {
    /// For the audit.
    pub fn stamp(&self) -> Stamp {
        let actor = match &self.caller {
            Caller::Anyone => Actor::Server,
            Caller::Person(person, _) => Actor::Person(person.id),
            Caller::Tool(tool) => Actor::Tool(*tool),
        };
        let at_ms = self.now_ms;
        Stamp { actor, at_ms }
    }

    /// The person, where only people may.
    pub fn person(&self) -> Result<&StoredPerson, Refused> {
        match &self.caller {
            Caller::Person(person, _) => Ok(person),
            Caller::Anyone | Caller::Tool(_) => Err(Refused::not_allowed()),
        }
    }

    /// The class in the path.
    pub fn class(&self) -> Result<ClassId, Refused> {
        self.class.ok_or_else(|| Refused::not_found("class"))
    }

    /// The person in the path.
    pub fn about(&self) -> Result<PersonId, Refused> {
        self.about.ok_or_else(|| Refused::not_found("person"))
    }

    pub const fn is_tool(&self) -> bool {
        matches!(self.caller, Caller::Tool(_))
    }
}

impl<C: Named> FromRequestParts<Arc<Shared>> for May<C> {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let row = C::CALL.row();
        let mut may = Self {
            caller: Caller::Anyone,
            class: None,
            role: None,
            about: None,
            lesson: None,
            now_ms: shared.registry.tools.clock.now_ms(),
            call: PhantomData,
        };
        if row.anyone {
            return Ok(may);
        }
        let (caller, scopes) = authenticate(parts, shared, may.now_ms).await?;
        may.caller = caller;
        let rule = match &may.caller {
            Caller::Anyone => return Err(Refused::not_logged_in()),
            Caller::Person(person, _) => match person.kind {
                PersonKind::Admin => row.admin,
                PersonKind::Teacher => row.teacher,
                PersonKind::Student => row.student,
                PersonKind::Observer => row.observer,
            },
            Caller::Tool(_) => match row.tool {
                Grant::No => Rule::No,
                Grant::Yes => Rule::Yes,
                Grant::With(scope) if scopes.contains(&scope) => Rule::Yes,
                Grant::With(_) => Rule::No,
            },
        };
        if rule == Rule::No {
            return Err(Refused::not_allowed());
        }
        may.find_place(parts, shared).await?;
        if let (Caller::Person(person, _), Some(class)) = (&may.caller, may.class) {
            may.role = shared.registry.store.role_in(class, person.id).await?;
            may.check_class(rule, may.about == Some(person.id))?;
        }
        Ok(may)
    }
}

impl<C> May<C> {
    /// Reads what the path names.
    async fn find_place(&mut self, parts: &mut Parts, shared: &Arc<Shared>) -> Result<(), Refused> {
        let params = RawPathParams::from_request_parts(parts, shared).await;
        let params = params.map_err(|_| Refused::not_found("thing"))?;
        for (name, value) in &params {
            match name {
                "class" => {
                    let number = value.parse().map_err(|_| Refused::not_found("class"))?;
                    self.class = Some(ClassId(number));
                }
                "person" => {
                    let number = value.parse().map_err(|_| Refused::not_found("person"))?;
                    self.about = Some(PersonId(number));
                }
                "code" => {
                    let unknown = || Refused::not_found("lesson");
                    let code = LessonCode::parse(value).ok_or_else(unknown)?;
                    let lesson = shared.registry.store.lesson(code.as_str()).await?;
                    let lesson = lesson.ok_or_else(unknown)?;
                    // One that nobody with an account has started is nobody's here.
                    self.class = Some(lesson.class.ok_or_else(unknown)?);
                    self.lesson = Some(lesson);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_class(&self, rule: Rule, about_themselves: bool) -> Result<(), Refused> {
        let staff = match self.role {
            Some(ClassRole::Staff(role)) => Some(role),
            Some(ClassRole::Student) | None => None,
        };
        let may = match rule {
            Rule::No => false,
            Rule::Yes => true,
            Rule::Gives => staff == Some(StaffRole::Teacher),
            Rule::Helps => matches!(staff, Some(StaffRole::Teacher | StaffRole::Assistant)),
            Rule::Looks => staff.is_some(),
            Rule::Attends => self.role.is_some(),
            Rule::Own => staff.is_some() || (self.role.is_some() && about_themselves),
        };
        if may {
            return Ok(());
        }
        Err(match self.role {
            Some(_) => Refused::not_allowed(),
            None => Refused::not_found("class"),
        })
    }
}

/// Who presents a token, and a tool's scopes.
async fn authenticate(
    parts: &Parts,
    shared: &Arc<Shared>,
    now_ms: u64,
) -> Result<(Caller, Vec<Scope>), Refused> {
    let token = bearer(&parts.headers).ok_or_else(Refused::not_logged_in)?;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let from = peer.map(|ConnectInfo(peer)| peer.ip());
    let from = from.ok_or_else(|| Refused::internal("no peer address"))?;
    let doors = &shared.doors;
    if !doors.may_present_token(from) {
        return Err(Refused::too_fast());
    }
    let token = TokenHash::of(token);
    let store = &shared.registry.store;
    if let Some(person) = store.logged_in(&token, now_ms).await? {
        return match doors.may_call(person.id.0) {
            true => Ok((Caller::Person(person, token), Vec::new())),
            false => Err(Refused::too_fast()),
        };
    }
    if let Some(tool) = store.tool(&token, now_ms).await? {
        return match doors.may_call(tool.id) {
            true => Ok((Caller::Tool(tool.id), scopes(&tool.scopes))),
            false => Err(Refused::too_fast()),
        };
    }
    doors.presented_unknown_token(from);
    Err(Refused::not_logged_in())
}

/// The scopes of a tool, as stored. A word of another release opens nothing.
pub(super) fn scopes(text: &str) -> Vec<Scope> {
    let word = |word: &str| serde_json::from_value(serde_json::Value::from(word)).ok();
    text.split(' ').filter_map(word).collect()
}
