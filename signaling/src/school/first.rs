//! The first administrator, and a way back for one who is locked out: a link that the machine's own
//! terminal shows.
//!
//! Invariant: only who runs the server gets such a link here; it opens one account, once.

use super::links;
use crate::limits::INVITATION_MS;
use crate::tokens;
use homeroom_store::{Actor, NewPerson, PersonId, PersonKind, SchoolError, Stamp, Store};

/// While nobody has ever come as administrator: a link for the first, which makes the one shown
/// before it void. `None` once somebody has.
///
/// # Errors
/// When the database refuses.
pub async fn first_admin(
    store: &Store,
    public_url: &str,
    now_ms: u64,
) -> Result<Option<String>, SchoolError> {
    let admins = store.admins().await?;
    if admins.iter().any(|admin| admin.login.is_some()) {
        return Ok(None);
    }
    let waiting = admins.first().map(|admin| admin.id);
    invite(store, public_url, now_ms, waiting).await.map(Some)
}

/// A link to an administrator's account: that with this login, else that of one who has yet to come,
/// else a new one.
///
/// # Errors
/// [`SchoolError::NotFound`] when no administrator has this login, or when the database refuses.
pub async fn new_admin_link(
    store: &Store,
    public_url: &str,
    login: Option<&str>,
    now_ms: u64,
) -> Result<String, SchoolError> {
    let admins = store.admins().await?;
    let login = login.map(str::to_lowercase);
    let mut admins = admins.iter();
    let found = admins
        .find(|admin| admin.login == login)
        .map(|admin| admin.id);
    if login.is_some() && found.is_none() {
        return Err(SchoolError::NotFound("administrator"));
    }
    invite(store, public_url, now_ms, found).await
}

async fn invite(
    store: &Store,
    public_url: &str,
    at_ms: u64,
    who: Option<PersonId>,
) -> Result<String, SchoolError> {
    let new = NewPerson {
        id: PersonId(tokens::new_number()),
        name: String::new(),
        kind: PersonKind::Admin,
        account: None,
        external_id: None,
    };
    let (token, door) = links::draw(at_ms + INVITATION_MS);
    let actor = Actor::Server;
    let stamp = Stamp { actor, at_ms };
    store.invite(stamp, who.ok_or(&new), &door).await?;
    Ok(links::invitation_url(public_url, &token))
}
