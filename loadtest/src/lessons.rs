//! The server's few HTTP calls, as a teacher's page makes them.
//!
//! Invariant: a teacher's token travels in a header, never in a URL.

use anyhow::{Result, ensure};
use homeroom_protocol::{CreateLesson, CreatedLesson, LessonCode, LessonInfo, RollReport};
use reqwest::{Client, Response};

/// A server's lessons, by HTTP.
#[derive(Debug, Clone)]
pub struct Lessons {
    server: String,
    client: Client,
}

impl Lessons {
    /// Talks to the server at `server`, like `http://127.0.0.1:8080`.
    #[must_use]
    pub fn at(server: &str) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            client: Client::new(),
        }
    }

    /// The server's address.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether the server answers and is well.
    pub async fn is_healthy(&self) -> bool {
        let answer = self
            .client
            .get(format!("{}/healthz", self.server))
            .send()
            .await;
        answer.is_ok_and(|response| response.status().is_success())
    }

    /// Starts a lesson.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub async fn create(&self, name: &str) -> Result<CreatedLesson> {
        let body = CreateLesson {
            name: name.to_owned(),
        };
        let request = self
            .client
            .post(format!("{}/api/lessons", self.server))
            .json(&body);
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// What anyone with the link may know.
    ///
    /// # Errors
    /// When there is no such lesson.
    pub async fn info(&self, code: &LessonCode) -> Result<LessonInfo> {
        let request = self
            .client
            .get(format!("{}/api/lessons/{code}", self.server));
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// The roll as a file.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn roll_csv(&self, code: &LessonCode, teacher_token: &str) -> Result<String> {
        let url = format!("{}/api/lessons/{code}/roll.csv", self.server);
        let request = self.client.get(url).bearer_auth(teacher_token);
        Ok(ok(request.send().await?).await?.text().await?)
    }

    /// The roll as a value.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn roll(&self, code: &LessonCode, teacher_token: &str) -> Result<RollReport> {
        let url = format!("{}/api/lessons/{code}/roll.json", self.server);
        let request = self.client.get(url).bearer_auth(teacher_token);
        Ok(ok(request.send().await?).await?.json().await?)
    }
}

async fn ok(response: Response) -> Result<Response> {
    let status = response.status();
    ensure!(
        status.is_success(),
        "{status} from {}",
        response.url().path()
    );
    Ok(response)
}
