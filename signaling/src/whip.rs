//! WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): programs that know HTTP and WebRTC, and nothing
//! of our protocol, publish into a lesson and play it.
//!
//! Each of their sessions is a participant like any other: [`session`] says to the room what a page
//! would say, so seats, rights, removal and the roll hold for them without a word here. [`sessions`]
//! knows which are open, [`picture`] chooses what a player is shown, [`refusal`] is how a no looks.
//!
//! Pages of other origins may call these routes: a browser adds nothing to a request by itself that
//! would open anything here, as only a bearer token does (RFC 9725 §4.2, §4.7).
//!
//! Invariant: nothing happens without a bearer token; a session's URL is a secret of its own, and of
//! no use without the token that opened it.

mod picture;
mod refusal;
mod session;
mod sessions;

pub(crate) use sessions::Sessions;

use crate::doors::WaitingPlace;
use crate::http::{App, Peer, bearer};
use crate::lesson::LessonHandle;
use crate::limits::{JOIN_TIMEOUT, MAX_FRAGMENT_BODY_BYTES, MAX_OFFER_BODY_BYTES};
use crate::media;
use crate::registry::FindError;
use crate::room::{DeviceKey, Voucher};
use crate::server::Shared;
use crate::tokens;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use axum::{Router, middleware};
use futures_util::StreamExt;
use homeroom_protocol::{
    ErrorCode, Join, LessonCode, MAX_TOKEN_BYTES, MediaOffer, PROTOCOL_VERSION, Role,
};
use homeroom_sfu::Fragment;
use homeroom_store::TokenHash;
use refusal::Refused;
use serde::Deserialize;
use session::{Ask, Begun, Condition, Opening};
use sessions::SeatOf;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// Which way the media goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// WHIP: into the lesson.
    Publish,
    /// WHEP: out of it.
    Play,
}

impl Way {
    /// The first part of its routes.
    const fn path(self) -> &'static str {
        match self {
            Self::Publish => "whip",
            Self::Play => "whep",
        }
    }

    /// What it is called in the lesson when nobody says otherwise.
    const fn name(self) -> &'static str {
        match self {
            Self::Publish => "OBS",
            Self::Play => "Display",
        }
    }

    /// What a program is that comes with the teacher's own token or the stream key.
    const fn role(self) -> Role {
        match self {
            Self::Publish => Role::Teacher,
            Self::Play => Role::Observer,
        }
    }
}

/// `?name=`
#[derive(Debug, Deserialize)]
struct Asked {
    name: Option<String>,
}

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/whip/{code}", endpoint(Way::Publish))
        .route("/whip/{code}/{session}", resource(Way::Publish))
        .route("/whep/{code}", endpoint(Way::Play))
        .route("/whep/{code}/{session}", resource(Way::Play))
        .layer(middleware::map_response(share))
        .with_state(shared)
}

/// What a session is opened at. A `GET` finds nothing to show (RFC 9725 §4.1); other methods are
/// kept for later (405).
fn endpoint(way: Way) -> MethodRouter<Arc<Shared>> {
    let begin = move |shared: App, peer: Peer, code, asked, headers, body| {
        begin(way, shared, peer, code, asked, headers, body)
    };
    post(begin)
        .options(|| async { preflight("POST, OPTIONS") })
        .get(|| async { StatusCode::NO_CONTENT })
}

/// An open session.
fn resource(way: Way) -> MethodRouter<Arc<Shared>> {
    let change = move |shared: App, path, headers, body| change(way, shared, path, headers, body);
    let end = move |shared: App, path, headers| end(way, shared, path, headers);
    axum::routing::patch(change)
        .delete(end)
        .options(|| async { preflight("PATCH, DELETE, OPTIONS") })
        .get(|| async { StatusCode::NO_CONTENT })
}

/// The answer to `OPTIONS`: what a page of another origin may send, and what is posted here.
fn preflight(methods: &'static str) -> Response {
    let headers = [
        (HeaderName::from_static("accept-post"), SDP),
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, if-match",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::OK, headers).into_response()
}

/// Lets pages of any origin read an answer; it is of this moment.
async fn share(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "etag, location, retry-after",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// `POST`: an offer, answered when the room has given the seat.
async fn begin(
    way: Way,
    State(shared): App,
    ConnectInfo(peer): Peer,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let admitted = admit(&shared, peer.ip(), &code, &headers).await;
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => return Err(discard(body, refused).await),
    };
    let Admitted {
        key,
        code,
        room,
        waiting,
    } = admitted;
    let sdp = text(body, MAX_OFFER_BODY_BYTES).await?;
    let offer = media::foreign_offer(sdp, way == Way::Play)?;
    let ice = Fragment::of_offer(&offer.sdp);
    let ice = ice.map_err(|error| Refused::of(ErrorCode::BadOffer, &error.to_string()))?;

    let name = asked.name.unwrap_or_else(|| way.name().to_owned());
    let opener = Opener::of(key, &room);
    let seat = opener.seat(key, &name, &room);
    let place = shared.whip.place(way, room.room, &seat, key)?;
    let voucher = opener.vouches(key).map(|key| Voucher::Device {
        role: way.role(),
        key,
    });
    let join = join(way, &code, name, place.seat_token.clone(), offer);
    let resource = place.id.clone();
    let (begun, answer) = oneshot::channel();
    let opening = Opening {
        room,
        join,
        voucher,
        is_player: way == Way::Play,
        ice: ice.ice,
        begun,
    };
    tokio::spawn(session::serve(opening, place, Arc::clone(&shared)));
    let answer = timeout(JOIN_TIMEOUT, answer).await;
    drop(waiting);
    let Begun { answer, etag } = match answer {
        Ok(Ok(begun)) => begun?,
        // Nobody hears the answer any more, so the session ends by itself.
        Ok(Err(_)) | Err(_) => return Err(Refused::of(ErrorCode::Unavailable, "try again")),
    };
    let location = format!("/{}/{code}/{resource}", way.path());
    let headers = [
        (header::CONTENT_TYPE, SDP.to_owned()),
        (header::LOCATION, location),
        (header::ETAG, etag),
    ];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// What a bearer token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opener {
    /// The lesson's teacher's own.
    Teachers,
    /// A stream key by its looks; the room knows whether it is the lesson's, and for how long.
    StreamKey,
    /// It opens a seat, or nothing.
    Seat,
}

impl Opener {
    fn of(key: &str, room: &LessonHandle) -> Self {
        if TokenHash::of(key) == room.teacher_token {
            Self::Teachers
        } else if tokens::is_stream_key(key) {
            Self::StreamKey
        } else {
            Self::Seat
        }
    }

    /// The seat it opens. What opens that of a program with the stream key must be nothing that can be
    /// worked out from the key: a page that came with it would be a teacher's. Nor is it anything that
    /// the database holds, where there is no key, only its hash.
    fn seat<'a>(self, key: &str, name: &'a str, room: &LessonHandle) -> SeatOf<'a> {
        let secret = match self {
            Self::Teachers => key.to_owned(),
            Self::StreamKey => format!("{key}\n{}", room.teacher_token.to_hex()),
            Self::Seat => return SeatOf::Key,
        };
        SeatOf::Program { name, secret }
    }

    /// What the room is told of a program that comes with it.
    fn vouches(self, key: &str) -> Option<DeviceKey> {
        match self {
            Self::Teachers => Some(DeviceKey::Teachers),
            Self::StreamKey => Some(DeviceKey::Stream(TokenHash::of(key))),
            Self::Seat => None,
        }
    }
}

/// Whoever may be read to the end.
struct Admitted<'h> {
    key: &'h str,
    code: LessonCode,
    room: LessonHandle,
    waiting: WaitingPlace,
}

async fn admit<'h>(
    shared: &Shared,
    from: IpAddr,
    code: &str,
    headers: &'h HeaderMap,
) -> Result<Admitted<'h>, Refused> {
    check_type(headers, SDP)?;
    let key = key(headers)?;
    let (code, room) = room(shared, from, code).await?;
    let waiting = shared.doors.wait(from);
    let waiting = waiting.ok_or(Refused::of(ErrorCode::TooFast, "too many wait to come in"))?;
    Ok(Admitted {
        key,
        code,
        room,
        waiting,
    })
}

async fn room(
    shared: &Shared,
    from: IpAddr,
    code: &str,
) -> Result<(LessonCode, LessonHandle), Refused> {
    if !shared.doors.may_guess(from) {
        return Err(Refused::of(ErrorCode::TooFast, "too many wrong codes"));
    }
    let found = match LessonCode::parse(code) {
        Some(code) => {
            let room = shared.registry.find(&code).await;
            room.map(|room| (code, room))
        }
        None => Err(FindError::NotFound),
    };
    found.map_err(|error| {
        if matches!(error, FindError::NotFound) {
            shared.doors.guessed_wrong(from);
        }
        error.into()
    })
}

fn join(way: Way, code: &LessonCode, name: String, token: String, media: MediaOffer) -> Join {
    let publishes = way == Way::Publish;
    Join {
        version: PROTOCOL_VERSION,
        lesson: code.clone(),
        name,
        token: Some(token),
        ticket: None,
        device: None,
        microphone: publishes && media.layout.microphone.is_some(),
        camera: publishes && media.layout.camera.is_some(),
        media: Some(media),
    }
}

/// `PATCH`: candidates that come late, or new credentials (RFC 9725 §4.3).
async fn change(
    way: Way,
    State(shared): App,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let found = find(way, &shared, &code, &id, &headers).and_then(|asks| {
        check_type(&headers, FRAGMENT)?;
        let condition = Condition::of(&headers).ok_or(Refused::unconditional())?;
        Ok((asks, condition))
    });
    let (asks, condition) = match found {
        Ok(found) => found,
        Err(refused) => return Err(discard(body, refused).await),
    };
    let fragment = text(body, MAX_FRAGMENT_BODY_BYTES).await?;
    let fragment =
        Fragment::parse(&fragment).map_err(|error| Refused::malformed(&error.to_string()))?;
    let (reply, answer) = oneshot::channel();
    let ask = Ask::Change {
        condition,
        ice: fragment.ice,
        reply,
    };
    asks.try_send(ask)
        .map_err(|_| Refused::of(ErrorCode::TooFast, "ask again when this is answered"))?;
    let restarted = answer.await.map_err(|_| Refused::gone())??;
    Ok(match restarted {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Begun { answer, etag }) => {
            let headers = [
                (header::CONTENT_TYPE, FRAGMENT.to_owned()),
                (header::ETAG, etag),
            ];
            (StatusCode::OK, headers, answer).into_response()
        }
    })
}

/// `DELETE`: the participant leaves. Entity tags are not asked for (RFC 9725 §4.3.1).
async fn end(
    way: Way,
    State(shared): App,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refused> {
    let asks = find(way, &shared, &code, &id, &headers)?;
    let (reply, left) = oneshot::channel();
    let busy = |_| Refused::of(ErrorCode::TooFast, "ask again when this is answered");
    asks.try_send(Ask::Leave { reply }).map_err(busy)?;
    // A session that ended meanwhile is what was asked for.
    let _ = left.await;
    Ok(StatusCode::OK)
}

fn find(
    way: Way,
    shared: &Shared,
    code: &str,
    id: &str,
    headers: &HeaderMap,
) -> Result<mpsc::Sender<Ask>, Refused> {
    let key = key(headers)?;
    let is_code = LessonCode::parse(code).is_some();
    let found = shared.whip.find(way, id).filter(|_| is_code);
    let (opened_by, asks) = found.ok_or(Refused::gone())?;
    if opened_by == TokenHash::of(key) {
        Ok(asks)
    } else {
        Err(Refused::of(ErrorCode::BadToken, "not the session's token"))
    }
}

/// The bearer token. One that is longer than any of ours opens nothing.
fn key(headers: &HeaderMap) -> Result<&str, Refused> {
    let key = bearer(headers).filter(|key| (1..=MAX_TOKEN_BYTES).contains(&key.len()));
    key.ok_or(Refused::of(ErrorCode::BadToken, "a bearer token is needed"))
}

/// The body. It is read when everything else is right, so that a stranger fills no memory with it.
async fn text(body: Body, max_bytes: usize) -> Result<String, Refused> {
    let read = timeout(JOIN_TIMEOUT, to_bytes(body, max_bytes)).await;
    let read = read.map_err(|_| Refused::too_late())?;
    // What breaks off has nobody left to be told.
    let bytes = read.map_err(|_| Refused::too_long())?;
    String::from_utf8(bytes.into()).map_err(|_| Refused::malformed("not UTF-8"))
}

/// Reads what a refused request still sends, and keeps nothing of it: closing over unread bytes would
/// reset the connection, and the answer with it.
async fn discard(body: Body, refused: Refused) -> Refused {
    let mut left = MAX_OFFER_BODY_BYTES;
    let mut chunks = body.into_data_stream();
    let reading = async {
        while let Some(Ok(chunk)) = chunks.next().await
            && left > 0
        {
            left = left.saturating_sub(chunk.len());
        }
    };
    // Whoever sends more, or slower, loses the connection.
    let _ = timeout(JOIN_TIMEOUT, reading).await;
    refused
}

/// Whether the body is what it must be; what follows a `;` is about its spelling.
fn check_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Refused> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(Refused::wrong_type(expected))
    }
}

/// A new entity tag: a session's credentials, told apart from those before (RFC 9110 §8.8.3).
fn new_etag() -> String {
    format!("\"{}\"", tokens::new_token())
}
