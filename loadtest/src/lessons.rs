//! The server's few HTTP calls, as a teacher's page makes them.
//!
//! Invariant: a teacher's token travels in a header, never in a URL.

use crate::origin::Origin;
use anyhow::{Result, ensure};
use homeroom_protocol::load_test::{LoadTestInfo, Seal, SealReport};
use homeroom_protocol::{CreateLesson, CreatedLesson, LessonCode, LessonInfo, RollReport};
use reqwest::Response;

/// A server's lessons, by HTTP.
#[derive(Debug, Clone)]
pub struct Lessons {
    server: Origin,
}

impl Lessons {
    /// Talks to this server.
    pub fn at(server: impl Into<Origin>) -> Self {
        Self {
            server: server.into(),
        }
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &Origin {
        &self.server
    }

    /// Whether the server answers and is well.
    pub async fn is_healthy(&self) -> bool {
        let answer = self
            .server
            .client()
            .get(format!("{}/healthz", self.server.url()))
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
            .server
            .client()
            .post(format!("{}/api/lessons", self.server.url()))
            .json(&body);
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// What anyone with the link may know.
    ///
    /// # Errors
    /// When there is no such lesson.
    pub async fn info(&self, code: &LessonCode) -> Result<LessonInfo> {
        let request = self
            .server
            .client()
            .get(format!("{}/api/lessons/{code}", self.server.url()));
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// The roll as a file.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn roll_csv(&self, code: &LessonCode, teacher_token: &str) -> Result<String> {
        let url = format!("{}/api/lessons/{code}/roll.csv", self.server.url());
        let request = self.server.client().get(url).bearer_auth(teacher_token);
        Ok(ok(request.send().await?).await?.text().await?)
    }

    /// The server's release.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<String> {
        let request = self
            .server
            .client()
            .get(format!("{}/version", self.server.url()));
        Ok(ok(request.send().await?).await?.text().await?)
    }

    /// Whether the server may be loaded from elsewhere.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn load_test_info(&self, lesson: &CreatedLesson) -> Result<LoadTestInfo> {
        let request = self.server.client().get(self.load_test(lesson));
        let request = request.bearer_auth(&lesson.teacher_token);
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// The server's seal under a report with this digest.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn seal(&self, lesson: &CreatedLesson, digest: &str) -> Result<Seal> {
        let digest = digest.to_owned();
        let request = self.server.client().post(self.load_test(lesson));
        let request = request
            .bearer_auth(&lesson.teacher_token)
            .json(&SealReport { digest });
        Ok(ok(request.send().await?).await?.json().await?)
    }

    fn load_test(&self, lesson: &CreatedLesson) -> String {
        format!(
            "{}/api/lessons/{}/load-test",
            self.server.url(),
            lesson.code
        )
    }

    /// The roll as a value.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn roll(&self, code: &LessonCode, teacher_token: &str) -> Result<RollReport> {
        let url = format!("{}/api/lessons/{code}/roll.json", self.server.url());
        let request = self.server.client().get(url).bearer_auth(teacher_token);
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
