//! A school with a class, made over HTTP as an office makes it.
//!
//! Invariant: everybody is who the school says: by a device that opened its own personal link, and a
//! ticket for each new device.

use crate::own_server::OwnServer;
use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use homeroom_protocol::school::{
    Class, JoinTicket, LinkSheet, LoggedIn, RosterChange, SchoolSettings,
};
use homeroom_protocol::{CreatedLesson, LessonCode};
use homeroom_truth::Script;
use reqwest::{Client, Method};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Opens what only this test's own server has, and is gone with it.
const PASSWORD: &str = "a roll that tells the truth";

/// What a pupil's browser keeps: it says who they are.
#[derive(Debug, Clone)]
pub(super) struct Device(String);

/// The school, as its administrator.
#[derive(Debug)]
pub(super) struct School {
    server: String,
    client: Client,
    admin: String,
}

impl School {
    /// Makes the administrator's account.
    pub(super) async fn open(server: &OwnServer) -> Result<Self> {
        let link = server.admin_link().await?;
        let (_, token) = link.split_once("#invite=").context("no invitation")?;
        let mut school = Self {
            server: server.url().to_owned(),
            client: Client::new(),
            admin: String::new(),
        };
        let accept =
            json!({ "token": token, "name": "Office", "login": "office", "password": PASSWORD });
        let path = "/invitations/accept";
        let admin: LoggedIn = school.call("", Method::POST, path, &accept).await?;
        school.admin = admin.token;
        Ok(school)
    }

    /// Where it is.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The script's rules become the school's.
    pub(super) async fn set_rules(&self, script: &Script) -> Result<()> {
        let path = "/settings";
        let mut settings: SchoolSettings = self.ask(Method::GET, path, &Value::Null).await?;
        settings.roll_rules.late_after_ms = script.late_after_ms;
        settings.roll_rules.early_before_ms = script.early_before_ms;
        let settings = serde_json::to_value(settings)?;
        let _: SchoolSettings = self.ask(Method::PUT, path, &settings).await?;
        Ok(())
    }

    /// A class with this list.
    pub(super) async fn class(&self, list: &[&str]) -> Result<Class> {
        let new = json!({ "name": "9 A", "subject": "Truth" });
        let class: Class = self.ask(Method::POST, "/classes", &new).await?;
        let paste = json!({ "text": list.join("\n") });
        let path = format!("/classes/{}/roster", class.id.0);
        let change: RosterChange = self.ask(Method::POST, &path, &paste).await?;
        if change.added.len() != list.len() {
            bail!(
                "of {} names the list took {}",
                list.len(),
                change.added.len()
            );
        }
        Ok(class)
    }

    /// Every pupil opens the personal link on a device.
    pub(super) async fn devices(
        &self,
        class: &Class,
        at_once: usize,
    ) -> Result<BTreeMap<String, Device>> {
        let path = format!("/classes/{}/links", class.id.0);
        let sheet: LinkSheet = self.ask(Method::POST, &path, &json!({})).await?;
        let opened = sheet.links.iter().map(async |link| {
            let (_, token) = link.url.split_once("/me#").context("no personal link")?;
            let path = "/links/exchange";
            let exchange = json!({ "token": token });
            let device: LoggedIn = self.call("", Method::POST, path, &exchange).await?;
            anyhow::Ok((link.name.clone(), Device(device.token)))
        });
        let opened: Vec<_> = opened.collect();
        stream::iter(opened)
            .buffer_unordered(at_once)
            .try_collect()
            .await
    }

    /// Starts a lesson of the class.
    pub(super) async fn start_lesson(&self, class: &Class) -> Result<CreatedLesson> {
        let path = format!("/classes/{}/lessons", class.id.0);
        self.ask(Method::POST, &path, &json!({})).await
    }

    /// What opens the seat of whoever has this device, once.
    pub(super) async fn ticket(&self, device: &Device, lesson: &LessonCode) -> Result<String> {
        let path = format!("/lessons/{lesson}/ticket");
        let ticket: JoinTicket = self
            .call(&device.0, Method::POST, &path, &Value::Null)
            .await?;
        Ok(ticket.ticket)
    }

    /// As the administrator.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T> {
        self.call(&self.admin, method, path, body).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T> {
        let url = format!("{}/api/v1{path}", self.server);
        let mut request = self.client.request(method, url);
        if !body.is_null() {
            request = request.json(body);
        }
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{status} from {path}: {}", answer.text().await?);
        }
        Ok(answer.json().await?)
    }
}
