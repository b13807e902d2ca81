//! The description of `/api/v1`, for machines and as a page.
//!
//! Invariant: the page is made from the document alone, and holds no script and nothing of anybody
//! else's.

mod page;

use super::rights::{Call, Grant, Row, Rule};
use crate::server::Shared;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use homeroom_protocol::school::Problem;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

const CSS: &str = include_str!("docs/page.css");

/// What the refusals of every call name.
#[derive(OpenApi)]
#[openapi(components(schemas(Problem)))]
pub(super) struct Common;

/// The document, the page and its style.
pub(super) fn routes(document: Document) -> Router<Arc<Shared>> {
    let document = finished(document);
    let html: Arc<str> = page::html(&document).into();
    let text: Arc<str> = document.to_string().into();
    let json = move || async move {
        (
            [(header::CONTENT_TYPE, "application/json")],
            text.to_string(),
        )
    };
    let page = move || async move {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (kind, html.to_string()).into_response()
    };
    let style = || async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) };
    Router::new()
        .route("/api/v1/openapi.json", get(json))
        .route("/api/docs", get(page))
        .route("/api/docs/page.css", get(style))
}

/// Adds what every call has: its refusals, its token, the numbers in its path.
fn finished(document: Document) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["info"] = json!({
        "title": "Homeroom, the school's calls",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Times are milliseconds since the Unix epoch (UTC). Lists come in pages: \
            `next` is the `cursor` of the following one. Every refusal is a `Problem`.",
    });
    document["components"]["securitySchemes"]["token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "A login's token, or that of a tool of the school.",
    });
    for call in Call::ALL {
        let row = call.row();
        let path = format!("/api/v1{}", row.path);
        let operation = &mut document["paths"][&path][row.method.to_lowercase()];
        if operation.is_null() {
            continue;
        }
        operation["responses"]["default"] = json!({
            "description": "Refused.",
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
            } },
        });
        if !row.anyone {
            operation["security"] = json!([{ "token": [] }]);
        }
        if let Grant::With(scope) = row.tool {
            operation["x-scope"] = serde_json::to_value(scope).unwrap_or_default();
        }
        operation["x-callers"] = callers(row).into();
        add_path_parameters(row.path, operation);
    }
    document
}

/// Who may, in words.
fn callers(row: Row) -> Vec<String> {
    if row.anyone {
        return vec!["anybody".to_owned()];
    }
    let kinds = [
        ("administrators", row.admin),
        ("teachers", row.teacher),
        ("observers", row.observer),
        ("students", row.student),
    ];
    let words = |(who, rule): (&str, Rule)| {
        let tie = match rule {
            Rule::No => return None,
            Rule::Yes => "",
            Rule::Gives => " who give the lessons of the class",
            Rule::Helps => " who give the lessons of the class or help to",
            Rule::Looks => " on the staff of the class",
            Rule::Attends => " of the class",
            Rule::Own => " of the class, about themselves",
        };
        Some(format!("{who}{tie}"))
    };
    kinds.into_iter().filter_map(words).collect()
}

fn add_path_parameters(path: &str, operation: &mut Value) {
    let mut names = Vec::new();
    for part in path.split('/') {
        let name = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        names.extend(name.map(|(name, _)| name));
    }
    let kept = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let kept = kept
        .into_iter()
        .filter(|parameter| parameter["in"] != "path");
    let numbers = names.into_iter().map(|name| {
        let schema = match name {
            "code" => json!({ "type": "string" }),
            _ => json!({ "type": "integer", "format": "int64" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let all: Vec<Value> = numbers.chain(kept).collect();
    if !all.is_empty() {
        operation["parameters"] = all.into();
    }
}
