//! The school over HTTP, `/api/v1`: people, classes, personal links, rolls, settings, tools, audit.
//!
//! A call's way: [`caller`] asks who it is and looks it up in the table of [`rights`]; the handler
//! ([`access`], [`people`], [`classes`], [`lessons`], [`rolls`], [`office`]) cleans what came with it
//! and asks the store, which changes things and writes the audit in one transaction; [`problem`]
//! says why not. People enter lessons by [`tickets`], which the socket's `join` redeems.
//!
//! Invariant: every route is a row of the table in [`rights`] and is in the document at
//! `/api/v1/openapi.json`; a test compares the three.

mod access;
mod body;
mod caller;
mod classes;
mod convert;
mod docs;
mod first;
mod lessons;
mod links;
mod office;
mod passwords;
mod people;
mod problem;
pub mod rights;
mod rolls;
mod roster_text;
pub(crate) mod settings;
mod tickets;

pub use first::{first_admin, new_admin_link};

use crate::http::Refusal;
use crate::limits::{MAX_HISTORIES, MAX_ROSTER_BYTES};
use crate::registry::FindError;
use crate::server::Shared;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use homeroom_protocol::ErrorCode;
use homeroom_protocol::school::ProblemCode;
use homeroom_store::{PersonKind, SchoolError, TokenHash};
use passwords::Passwords;
use problem::Refused;
use std::sync::Arc;
use tickets::Tickets;
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the calls of the school share.
#[derive(Debug)]
pub(crate) struct School {
    pub tickets: Tickets,
    pub passwords: Passwords,
    /// Histories read at once.
    pub histories: Semaphore,
}

impl School {
    pub fn new() -> Self {
        Self {
            tickets: Tickets::default(),
            passwords: Passwords::new(),
            histories: Semaphore::new(MAX_HISTORIES),
        }
    }
}

/// Whether somebody may start a lesson that is no class's: anybody where the school allows it, and
/// else who teaches there.
pub(crate) async fn may_start_adhoc(shared: &Shared, token: Option<&str>) -> Result<bool, Refusal> {
    let store = &shared.registry.store;
    let allowed = async {
        if settings::read(store).await?.adhoc_lessons {
            return Ok(true);
        }
        let Some(token) = token else {
            return Ok(false);
        };
        let now_ms = shared.registry.tools.clock.now_ms();
        let person = store.logged_in(&TokenHash::of(token), now_ms).await?;
        let teaches = |kind| matches!(kind, PersonKind::Admin | PersonKind::Teacher);
        Ok(person.is_some_and(|person| teaches(person.kind)))
    };
    allowed.await.map_err(|error| match error {
        SchoolError::Store(error) => FindError::from(error).into_refusal(),
        _ => Refusal::of(ErrorCode::Internal),
    })
}

/// Every route of `/api/v1`, and the page that describes them.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let long_bodies = OpenApiRouter::new()
        .routes(routes!(classes::get_roster, classes::paste_roster))
        .layer(DefaultBodyLimit::max(MAX_ROSTER_BYTES));
    let calls = OpenApiRouter::new()
        .routes(routes!(access::school_info))
        .routes(routes!(access::look_at_invitation))
        .routes(routes!(access::accept_invitation))
        .routes(routes!(access::log_in, access::log_out))
        .routes(routes!(access::renew_login))
        .routes(routes!(access::exchange_link))
        .routes(routes!(access::change_password))
        .routes(routes!(access::me))
        .routes(routes!(people::list_people, people::add_person))
        .routes(routes!(people::get_person, people::change_person))
        .routes(routes!(people::invite_new))
        .routes(routes!(people::invite_again))
        .routes(routes!(people::make_personal_link))
        .routes(routes!(classes::list_classes, classes::add_class))
        .routes(routes!(classes::get_class, classes::change_class))
        .routes(routes!(classes::set_staff, classes::remove_staff))
        .routes(routes!(classes::remove_student))
        .routes(routes!(classes::make_links))
        .routes(routes!(lessons::list_lessons, lessons::start_lesson))
        .routes(routes!(lessons::ticket))
        .routes(routes!(rolls::lesson_roll, rolls::change_roll))
        .routes(routes!(rolls::class_rolls))
        .routes(routes!(rolls::student_rolls))
        .routes(routes!(rolls::roll_csv))
        .routes(routes!(rolls::roll_xlsx))
        .routes(routes!(rolls::roll_json))
        .routes(routes!(office::get_settings, office::put_settings))
        .routes(routes!(office::list_api_tokens, office::add_api_token))
        .routes(routes!(office::end_api_token))
        .routes(routes!(office::audit))
        .routes(routes!(office::verify_audit))
        .merge(long_bodies);
    let (calls, document) = OpenApiRouter::with_openapi(docs::Common::openapi())
        .nest("/api/v1", calls)
        .split_for_parts();
    calls
        .route("/api/v1/{*other}", axum::routing::any(nothing_there))
        .method_not_allowed_fallback(nothing_there)
        .merge(docs::routes(document))
}

async fn nothing_there() -> Refused {
    Refused::because(ProblemCode::NotFound, "there is no such call")
}
