//! The API of a Janus: one session with many handles, over one WebSocket.
//!
//! Invariant: a request is answered once, by its transaction; what Janus says unasked is not
//! looked at. The session is kept for as long as the client lives.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A session nobody speaks of ends after 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Call {
    request: Value,
    answer: oneshot::Sender<Value>,
}

/// A session.
pub struct Client {
    say: mpsc::UnboundedSender<Call>,
    session: u64,
    version: String,
}

/// A plugin's no.
#[derive(Debug)]
pub struct Refusal {
    /// Its number among the plugin's.
    pub code: u64,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {} ({})", self.reason, self.code)
    }
}

impl std::error::Error for Refusal {}

impl Client {
    /// Opens a session at a port of the loopback.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn open(port: u16) -> Result<Self> {
        let mut request = format!("ws://127.0.0.1:{port}/").into_client_request()?;
        let protocol = HeaderValue::from_static("janus-protocol");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let (stream, _) = connect_async(request).await?;
        let (say, said) = mpsc::unbounded_channel();
        let mut client = Self {
            say,
            session: 0,
            version: String::new(),
        };
        tokio::spawn(keep(stream, said));
        let info = client.call(json!({"janus": "info"})).await?;
        let version = info["version_string"].as_str().context("no version")?;
        version.clone_into(&mut client.version);
        client.session = id_of(&client.call(json!({"janus": "create"})).await?)?;
        Ok(client)
    }

    /// As it says itself, like `1.1.2`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A new handle of the VideoRoom.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn attach(&self) -> Result<u64> {
        let request = json!({"janus": "attach", "plugin": "janus.plugin.videoroom"});
        id_of(&self.call(request).await?)
    }

    /// Says something to the plugin and waits until it has done it; the description it answers
    /// with, if any.
    ///
    /// # Errors
    /// When it is refused: a `Refusal` if by the plugin.
    pub async fn message(
        &self,
        handle: u64,
        body: Value,
        jsep: Option<Value>,
    ) -> Result<Option<String>> {
        let mut request = json!({"janus": "message", "handle_id": handle, "body": body});
        if let Some(jsep) = jsep {
            request["jsep"] = jsep;
        }
        let answer = self.call(request).await?;
        let data = &answer["plugindata"]["data"];
        if let Some(code) = data["error_code"].as_u64() {
            let reason = data["error"].as_str().unwrap_or_default().to_owned();
            return Err(Refusal { code, reason }.into());
        }
        Ok(answer["jsep"]["sdp"].as_str().map(str::to_owned))
    }

    async fn call(&self, mut request: Value) -> Result<Value> {
        if self.session != 0 {
            request["session_id"] = self.session.into();
        }
        let (answer, answered) = oneshot::channel();
        let call = Call { request, answer };
        self.say.send(call).ok().context("janus is gone")?;
        let answer = answered.await.context("janus closed the socket")?;
        if answer["janus"] == "error" {
            bail!("refused: {}", answer["error"]);
        }
        Ok(answer)
    }
}

fn id_of(answer: &Value) -> Result<u64> {
    let id = answer["data"]["id"].as_u64();
    id.with_context(|| format!("an answer without an id: {answer}"))
}

/// Carries calls and their answers until the client is gone or the socket closes.
async fn keep(mut stream: Stream, mut said: mpsc::UnboundedReceiver<Call>) {
    let mut waiting: BTreeMap<String, oneshot::Sender<Value>> = BTreeMap::new();
    let mut numbers = 0_u64..;
    let mut session = Value::Null;
    let mut pause = tokio::time::interval(KEEP_ALIVE);
    loop {
        let (mut request, answer) = tokio::select! {
            frame = stream.next() => {
                match frame {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(Message::Text(text))) => hear(&text, &mut waiting),
                    Some(Ok(_)) => {}
                }
                continue;
            }
            call = said.recv() => {
                let Some(Call { request, answer }) = call else { return };
                session = request["session_id"].clone();
                (request, Some(answer))
            }
            _ = pause.tick() => (json!({"janus": "keepalive", "session_id": session}), None),
        };
        if answer.is_none() && session.is_null() {
            continue;
        }
        let transaction = numbers.next().unwrap_or_default().to_string();
        request["transaction"] = transaction.clone().into();
        if stream
            .send(Message::text(request.to_string()))
            .await
            .is_err()
        {
            return;
        }
        if let Some(answer) = answer {
            waiting.insert(transaction, answer);
        }
    }
}

fn hear(text: &str, waiting: &mut BTreeMap<String, oneshot::Sender<Value>>) {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    // The answer is still to come.
    if message["janus"] == "ack" {
        return;
    }
    let transaction = message["transaction"].as_str();
    if let Some(answer) = transaction.and_then(|transaction| waiting.remove(transaction)) {
        // Whoever asked may have stopped waiting.
        let _ = answer.send(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_to_whoever_asked() {
        let (answer, mut answered) = oneshot::channel();
        let mut waiting = BTreeMap::from([("7".to_owned(), answer)]);
        hear(r#"{"janus":"ack","transaction":"7"}"#, &mut waiting);
        hear(r#"{"janus":"webrtcup","sender":3}"#, &mut waiting);
        hear(r#"{"janus":"event","transaction":"8"}"#, &mut waiting);
        assert!(answered.try_recv().is_err());
        hear(r#"{"janus":"event","transaction":"7"}"#, &mut waiting);
        assert_eq!(answered.try_recv().expect("answered")["janus"], "event");
        assert!(waiting.is_empty());
    }
}
