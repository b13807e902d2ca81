//! One signalling socket.
//!
//! Invariant: passes on every frame; it judges nothing, so that tests can send what no client may.

use crate::origin::Origin;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use homeroom_protocol::{ClientMessage, ServerMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

/// Small messages leave at once, as a browser's do.
const NAGLE_OFF: bool = true;

/// A WebSocket to `/api/ws`.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a socket to this server.
    ///
    /// # Errors
    /// When nobody answers there, or somebody else.
    pub async fn open(server: impl Into<Origin>) -> Result<Self> {
        let server = server.into();
        let (url, tls) = server.websocket()?;
        let mut request = url.into_client_request()?;
        // What a page of this server would say of itself.
        request
            .headers_mut()
            .insert("Origin", HeaderValue::from_str(server.url())?);
        let by = tls.map_or(Connector::Plain, Connector::Rustls);
        let opening = connect_async_tls_with_config(request, None, NAGLE_OFF, Some(by));
        let (stream, _) = opening.await.context("WebSocket")?;
        Ok(Self { stream })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<()> {
        self.send_text(serde_json::to_string(message)?).await
    }

    /// Sends any text as one frame.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send_text(&mut self, text: String) -> Result<()> {
        Ok(self.stream.send(Message::text(text)).await?)
    }

    /// Sends any bytes as one binary frame.
    ///
    /// # Errors
    /// When the socket is closed.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<()> {
        Ok(self.stream.send(Message::binary(bytes)).await?)
    }

    /// The next message; `None` when the server closed the socket.
    ///
    /// # Errors
    /// When a frame is not a message of the protocol.
    pub async fn next(&mut self) -> Result<Option<ServerMessage>> {
        let Some(text) = self.next_text().await? else {
            return Ok(None);
        };
        let message = serde_json::from_str(&text).context("a frame that is not of the protocol")?;
        Ok(Some(message))
    }

    /// The next frame as it came; `None` when the server closed the socket.
    ///
    /// # Errors
    /// When it is binary.
    pub async fn next_text(&mut self) -> Result<Option<Utf8Bytes>> {
        while let Some(frame) = self.stream.next().await {
            match frame {
                Ok(Message::Text(text)) => return Ok(Some(text)),
                Ok(Message::Binary(_)) => bail!("the protocol has no binary frames"),
                Ok(Message::Close(_)) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
        Ok(None)
    }
}
