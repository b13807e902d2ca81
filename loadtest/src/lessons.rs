//! The server's few HTTP calls, as a teacher's page makes them.
//!
//! Invariant: a teacher's token travels in a header, never in a URL.

use anyhow::{Result, ensure};
use homeroom_protocol::load_test::{LoadTestInfo, Seal, SealReport};
use homeroom_protocol::{CreateLesson, CreatedLesson, LessonCode, LessonInfo, RollReport};
use reqwest::{Client, Response};
use std::net::IpAddr;

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

    /// The server's release.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<String> {
        let request = self.client.get(format!("{}/version", self.server));
        Ok(ok(request.send().await?).await?.text().await?)
    }

    /// Whether the server may be loaded from elsewhere.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn load_test_info(&self, lesson: &CreatedLesson) -> Result<LoadTestInfo> {
        let request = self.client.get(self.load_test(lesson));
        let request = request.bearer_auth(&lesson.teacher_token);
        Ok(ok(request.send().await?).await?.json().await?)
    }

    /// The server's seal under a report with this digest.
    ///
    /// # Errors
    /// When the token is not the teacher's.
    pub async fn seal(&self, lesson: &CreatedLesson, digest: &str) -> Result<Seal> {
        let digest = digest.to_owned();
        let request = self.client.post(self.load_test(lesson));
        let request = request
            .bearer_auth(&lesson.teacher_token)
            .json(&SealReport { digest });
        Ok(ok(request.send().await?).await?.json().await?)
    }

    fn load_test(&self, lesson: &CreatedLesson) -> String {
        format!("{}/api/lessons/{}/load-test", self.server, lesson.code)
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

/// Whether a server is on this machine: nobody else's is loaded without being asked.
#[must_use]
pub fn is_this_machine(server: &str) -> bool {
    let host = server
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    let Some(host) = host else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        let check =
            |server: &str, ours: bool| assert_eq!(is_this_machine(server), ours, "{server}");
        check("http://127.0.0.1:8080", true);
        check("http://127.9.9.9", true);
        check("http://localhost:8080/", true);
        check("http://[::1]:8080", true);
        check("http://10.0.0.1:8080", false);
        check("http://localhost.example.org:80", false);
        check("http://example.org/127.0.0.1", false);
        check("http://127.0.0.1@example.org:80", false);
        check("https://127.0.0.1:8443", false);
        check("", false);
    }
}
