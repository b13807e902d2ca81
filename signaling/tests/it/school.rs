//! A school and its people for the tests: an administrator by the first link, the rest as they do it.

use crate::server::Server;
use homeroom_protocol::school::{
    Class, CreatedApiToken, LinkSheet, LoggedIn, Problem, ProblemCode, Scope,
};
use homeroom_signaling::school;
use homeroom_store::Store;
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub const PASSWORD: &str = "correct horse battery";

pub struct School {
    pub server: Server,
    pub admin: String,
}

/// What a call answered.
pub struct Answer {
    pub status: StatusCode,
    pub kind: String,
    text: String,
}

impl Answer {
    pub fn get<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn problem(&self) -> Problem {
        assert_eq!(self.kind, "application/problem+json", "{}", self.text);
        let problem: Problem = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }

    pub fn refused(&self, code: ProblemCode) {
        assert_eq!(self.problem().code, code, "{}", self.text);
    }
}

impl School {
    /// A school whose administrator has opened the first link.
    pub async fn open(folder: &Path) -> Self {
        let server = Server::start(folder).await;
        let store = Store::open(&folder.join("test.db")).await.unwrap();
        let link = school::first_admin(&store, "https://192.0.2.7:8443", now_ms()).await;
        let link = link.unwrap().expect("nobody is there yet");
        let token = link
            .strip_prefix("https://192.0.2.7:8443/school#invite=")
            .unwrap();
        let mut school = Self {
            server,
            admin: String::new(),
        };
        let accept =
            json!({ "token": token, "name": "Head", "login": "Head", "password": PASSWORD });
        let answer = school
            .call("", Method::POST, "/invitations/accept", accept)
            .await;
        school.admin = answer.get::<LoggedIn>().token;
        school
    }

    pub async fn call(&self, token: &str, method: Method, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then(|| body.to_string());
        self.send(
            token,
            method,
            path,
            body.unwrap_or_default(),
            "application/json",
        )
        .await
    }

    pub async fn send(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: impl Into<reqwest::Body>,
        kind: &str,
    ) -> Answer {
        let url = self.server.url(&format!("/api/v1{path}"));
        let mut request = reqwest::Client::new().request(method, url).body(body);
        request = request.header("content-type", kind);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer: Response = request.send().await.unwrap();
        let kind = answer.headers().get("content-type");
        Answer {
            status: answer.status(),
            kind: kind.map_or("", |kind| kind.to_str().unwrap()).to_owned(),
            text: answer.text().await.unwrap(),
        }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, Method::GET, path, Value::Null).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.call(token, Method::POST, path, body).await
    }

    pub async fn delete(&self, token: &str, path: &str) -> Answer {
        self.call(token, Method::DELETE, path, Value::Null).await
    }

    /// Somebody of the staff with an account, logged in: number and token.
    pub async fn staff(&self, kind: &str, login: &str) -> (i64, String) {
        let new = json!({ "name": login, "kind": kind, "login": login, "password": PASSWORD });
        let person: Value = self.post(&self.admin, "/people", new).await.get();
        (person["id"].as_i64().unwrap(), self.log_in(login).await)
    }

    pub async fn log_in(&self, login: &str) -> String {
        let wish = json!({ "login": login, "password": PASSWORD });
        self.post("", "/login", wish).await.get::<LoggedIn>().token
    }

    pub async fn class(&self, name: &str) -> i64 {
        let new = json!({ "name": name, "subject": "Физика" });
        self.post(&self.admin, "/classes", new)
            .await
            .get::<Class>()
            .id
            .0
    }

    pub async fn put_staff(&self, class: i64, person: i64, role: &str) {
        let path = format!("/classes/{class}/staff/{person}");
        let set = json!({ "role": role });
        self.call(&self.admin, Method::PUT, &path, set)
            .await
            .get::<Class>();
    }

    pub async fn paste(&self, class: i64, text: &str) {
        let paste = json!({ "text": text });
        let path = format!("/classes/{class}/roster");
        self.post(&self.admin, &path, paste).await.get::<Value>();
    }

    pub async fn links(&self, class: i64) -> LinkSheet {
        let path = format!("/classes/{class}/links");
        self.post(&self.admin, &path, json!({})).await.get()
    }

    /// The device of a student who opened this link.
    pub async fn open_link(&self, url: &str) -> Answer {
        let token = url.split_once("/me#").unwrap().1;
        self.post("", "/links/exchange", json!({ "token": token }))
            .await
    }

    /// The first student of a class, with their device: number and token.
    pub async fn first_student(&self, class: i64) -> (i64, String) {
        let sheet = self.links(class).await;
        let link = &sheet.links[0];
        (
            link.person.0,
            self.open_link(&link.url).await.get::<LoggedIn>().token,
        )
    }

    pub async fn tool(&self, scopes: &[Scope]) -> String {
        let new = json!({ "name": "Kundelik", "scopes": scopes });
        self.post(&self.admin, "/api-tokens", new)
            .await
            .get::<CreatedApiToken>()
            .token
    }
}

pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}
