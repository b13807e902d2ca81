//! The way into a lesson that is a VideoRoom: who sends publishes, the others subscribe to that.
//!
//! Invariant: nobody does both. Who publishes makes the offer, who subscribes answers the one of
//! Janus; both are the active side in DTLS.

use super::client::{Client, Refusal};
use super::sdp::{answer, offer};
use crate::door::{Asking, Door};
use crate::endpoint::Local;
use crate::generator::{PeerId, Way};
use crate::offer::read_remote;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// People who are asked for at the same time.
const ASKING_AT_ONCE: usize = 16;
/// How long Janus may take to let somebody in.
const JOIN_TIMEOUT: Duration = Duration::from_secs(30);
/// A feed is there when its transport is up at Janus, a little after it is up here.
const NO_SUCH_FEED: u64 = 428;
/// Pause before asking for it again.
const FEED_INTERVAL: Duration = Duration::from_millis(100);
/// Times of asking for it.
const FEED_TRIES: usize = 50;
/// More than anybody sends, so that Janus asks no publisher to send less.
const BITRATE_BPS: u32 = 20_000_000;

/// The rooms of one Janus, a lesson each.
pub struct Rooms {
    runtime: Arc<Runtime>,
    client: Arc<Client>,
    /// Who publishes, by lesson.
    feeds: BTreeMap<usize, Vec<u64>>,
    turns: Arc<Semaphore>,
    tell: mpsc::Sender<(PeerId, Result<Way>)>,
    told: mpsc::Receiver<(PeerId, Result<Way>)>,
}

impl Rooms {
    /// Makes so many rooms.
    ///
    /// # Errors
    /// When Janus does not let us.
    pub fn open(runtime: Arc<Runtime>, client: Arc<Client>, lessons: usize) -> Result<Self> {
        runtime.block_on(async {
            let handle = client.attach().await?;
            for lesson in 0..lessons {
                let room = json!({
                    "request": "create", "room": room_of(lesson), "publishers": 1,
                    "bitrate": BITRATE_BPS, "fir_freq": 0,
                    "videocodec": "vp8", "audiocodec": "opus", "notify_joining": false,
                });
                client.message(handle, room, None).await?;
            }
            anyhow::Ok(())
        })?;
        let (tell, told) = mpsc::channel();
        Ok(Self {
            runtime,
            client,
            feeds: BTreeMap::new(),
            turns: Arc::new(Semaphore::new(ASKING_AT_ONCE)),
            tell,
            told,
        })
    }
}

impl Door for Rooms {
    fn ask(&mut self, asking: &Asking<'_>) -> Result<()> {
        let local = asking.local.clone();
        let guest = Guest {
            client: self.client.clone(),
            room: room_of(asking.person.lesson),
            local: local.context("packets do not travel plain here")?,
            at: asking.at.context("nobody has that seat")?,
        };
        let feeds = self.feeds.entry(asking.person.lesson).or_default();
        let (turns, tell, peer) = (self.turns.clone(), self.tell.clone(), asking.peer);
        let way: futures_util::future::BoxFuture<'static, Result<Way>> = match asking.tracks {
            [] => {
                let feeds = feeds.clone();
                Box::pin(async move { guest.subscribe(&feeds).await })
            }
            tracks => {
                let feed = peer.0 as u64 + 1;
                feeds.push(feed);
                let offer = offer(&guest.local, guest.at, tracks);
                Box::pin(async move { guest.publish(feed, offer).await })
            }
        };
        self.runtime.spawn(async move {
            let joining = async {
                let _turn = turns.acquire().await?;
                let way = tokio::time::timeout(JOIN_TIMEOUT, way).await;
                way.with_context(|| format!("not let in within {JOIN_TIMEOUT:?}"))?
            };
            // Nobody listens any more when the benchmark is over.
            let _ = tell.send((peer, joining.await));
        });
        Ok(())
    }

    fn poll(&mut self) -> Result<Option<(PeerId, Way)>> {
        let Ok((peer, way)) = self.told.try_recv() else {
            return Ok(None);
        };
        Ok(Some((peer, way.context("a join")?)))
    }
}

/// Somebody on the way in.
struct Guest {
    client: Arc<Client>,
    room: u64,
    local: Local,
    at: SocketAddr,
}

impl Guest {
    async fn publish(&self, feed: u64, offer: String) -> Result<Way> {
        let handle = self.client.attach().await?;
        let body = json!({
            "request": "joinandconfigure", "ptype": "publisher", "room": self.room, "id": feed,
        });
        let offer = Some(jsep("offer", &offer));
        let answer = self.client.message(handle, body, offer).await?;
        Ok(Way::Webrtc(read_remote(&answer.context("no answer")?)?))
    }

    async fn subscribe(&self, feeds: &[u64]) -> Result<Way> {
        let handle = self.client.attach().await?;
        let offer = self.ask_for(handle, feeds).await?;
        let answer = answer(&self.local, self.at, &offer)?;
        let start = json!({"request": "start", "room": self.room});
        let answer = Some(jsep("answer", &answer));
        self.client.message(handle, start, answer).await?;
        Ok(Way::Webrtc(read_remote(&offer)?))
    }

    async fn ask_for(&self, handle: u64, feeds: &[u64]) -> Result<String> {
        let streams: Vec<Value> = feeds.iter().map(|feed| json!({"feed": feed})).collect();
        let body = json!({
            "request": "join", "ptype": "subscriber", "room": self.room, "streams": streams,
        });
        let mut tries = 0..FEED_TRIES;
        loop {
            match self.client.message(handle, body.clone(), None).await {
                Ok(offer) => return offer.context("no offer"),
                Err(error) => {
                    let code = error.downcast_ref::<Refusal>().map(|refusal| refusal.code);
                    if code != Some(NO_SUCH_FEED) || tries.next().is_none() {
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(FEED_INTERVAL).await;
        }
    }
}

const fn room_of(lesson: usize) -> u64 {
    lesson as u64 + 1
}

/// A description as the API takes it; all candidates are in it.
fn jsep(kind: &str, sdp: &str) -> Value {
    json!({"type": kind, "sdp": sdp, "trickle": false})
}
