//! A server and its clients for the tests.

use axum::Router;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use homeroom_protocol::{
    ClientMessage, ClosedReason, CreateLesson, CreatedLesson, ErrorCode, Join, Joined, LessonCode,
    PROTOCOL_VERSION, ServerMessage,
};
use homeroom_signaling::{NoMedia, Signaling};
use homeroom_store::{Journal, Spool, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine, short enough to notice what never comes.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Server {
    pub addr: SocketAddr,
    pub signaling: Signaling,
    serving: JoinHandle<()>,
    /// Kept open: a closed channel means that the SFU stopped.
    _events: mpsc::Sender<homeroom_sfu::Event>,
}

impl Server {
    /// A server over the database in this folder.
    pub async fn start(folder: &Path) -> Self {
        panics_of_the_server_fail_the_run();
        let store = Store::open(&folder.join("test.db")).await.unwrap();
        let spool = Spool::at(&folder.join("waiting"));
        let (journal, _) = Journal::start(store.clone(), spool).await.unwrap();
        let (events, receiver) = mpsc::channel(16);
        let url = "https://192.0.2.7:8443".to_owned();
        let signaling = Signaling::start(url, store, journal, Arc::new(NoMedia), receiver);
        let page = Router::new().route("/", get(|| async { "page" }));
        let app = signaling.router(page);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            addr,
            signaling,
            serving,
            _events: events,
        }
    }

    /// The end of a killed process: no goodbye, nothing flushed.
    pub fn kill(self) {
        self.serving.abort();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub async fn create(&self, name: &str) -> CreatedLesson {
        let body = CreateLesson { name: name.into() };
        let request = reqwest::Client::new()
            .post(self.url("/api/lessons"))
            .json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn socket(&self) -> Client {
        let (socket, _) = connect_async(format!("ws://{}/api/ws", self.addr))
            .await
            .unwrap();
        Client { socket }
    }

    pub async fn join(
        &self,
        code: &LessonCode,
        name: &str,
        token: Option<&str>,
    ) -> (Client, Joined) {
        let mut client = self.socket().await;
        client.say(&join(code, name, token)).await;
        let joined = client.joined().await;
        (client, joined)
    }
}

/// A panic in a spawned task is caught by the runtime and would pass unseen.
fn panics_of_the_server_fail_the_run() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            usual(panic);
            if !panic
                .location()
                .is_some_and(|at| at.file().contains("tests/"))
            {
                std::process::abort();
            }
        }));
    });
}

pub fn join(code: &LessonCode, name: &str, token: Option<&str>) -> ClientMessage {
    ClientMessage::Join(Box::new(Join {
        version: PROTOCOL_VERSION,
        lesson: code.clone(),
        name: name.into(),
        token: token.map(str::to_owned),
        ticket: None,
        device: None,
        media: None,
        microphone: false,
        camera: false,
    }))
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub async fn say_text(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    /// The next message; `None` when the socket is over.
    pub async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .unwrap();
            match frame? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next message that the closure likes.
    pub async fn hear_until<T>(&mut self, like: impl Fn(&ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.hear().await.expect("the socket ended first");
            if let Some(liked) = like(&message) {
                return liked;
            }
        }
    }

    pub async fn joined(&mut self) -> Joined {
        self.hear_until(|message| match message {
            ServerMessage::Joined(joined) => Some(joined.as_ref().clone()),
            _ => None,
        })
        .await
    }

    /// Everything up to the end: the errors and the last word.
    pub async fn end(&mut self) -> (Vec<ErrorCode>, Option<ClosedReason>) {
        let (mut errors, mut closed) = (Vec::new(), None);
        while let Some(message) = self.hear().await {
            match message {
                ServerMessage::Error { code, .. } => errors.push(code),
                ServerMessage::Closed { reason } => closed = Some(reason),
                _ => {}
            }
        }
        (errors, closed)
    }
}
