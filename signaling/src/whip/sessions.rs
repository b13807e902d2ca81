//! Which sessions are open, and under which seat each is.
//!
//! Whoever publishes again with the same token or key and name has the same seat, so that a program that
//! reconnects is nobody new. Many may play with one token at once, each in a seat of its own; whoever
//! comes takes the first that nobody holds.
//!
//! Invariant: at most [`MAX_WHIP_SESSIONS`] are open; each is forgotten when its [`Place`] is dropped.

use super::Way;
use super::refusal::Refused;
use super::session::Ask;
use crate::limits::{MAX_WHIP_ASKS, MAX_WHIP_SESSIONS};
use crate::tokens;
use homeroom_protocol::ErrorCode;
use homeroom_sfu::RoomId;
use homeroom_store::TokenHash;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// All of this server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    open: BTreeMap<String, Open>,
    /// Seats of players.
    held: BTreeSet<(RoomId, String)>,
}

#[derive(Debug)]
struct Open {
    way: Way,
    /// The token it was opened with.
    key: TokenHash,
    asks: mpsc::Sender<Ask>,
}

/// Under which seat somebody publishes or plays.
#[derive(Debug)]
pub(super) enum SeatOf<'a> {
    /// The one that their token opens.
    Key,
    /// One of a program's own, beside the teacher's: of this name, opened by what follows from the
    /// secret.
    Program { name: &'a str, secret: String },
}

/// An open session's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    sessions: Sessions,
    /// The secret part of its URL.
    pub id: String,
    /// Opens its seat.
    pub seat_token: String,
    /// What its URL is asked.
    pub asks: mpsc::Receiver<Ask>,
    /// The seat of a player, while it is held.
    held: Option<(RoomId, String)>,
}

impl Sessions {
    /// A place for one more, who came with `key`.
    pub(super) fn place(
        &self,
        way: Way,
        room: RoomId,
        seat_of: &SeatOf,
        key: &str,
    ) -> Result<Place, Refused> {
        let mut table = self.lock();
        if table.open.len() >= MAX_WHIP_SESSIONS {
            let detail = "too many programs publish and play here";
            return Err(Refused::of(ErrorCode::Full, detail));
        }
        let seat = |number: usize| match seat_of {
            SeatOf::Key => key.to_owned(),
            SeatOf::Program { name, secret } => {
                let path = way.path();
                TokenHash::of(&format!("{path}\n{number}\n{name}\n{secret}")).to_hex()
            }
        };
        let is_shared = way == Way::Play && matches!(seat_of, SeatOf::Program { .. });
        let (seat_token, held) = if is_shared {
            let mut free = (0..=table.held.len()).map(|number| (room, seat(number)));
            let free = free.find(|seat| !table.held.contains(seat));
            let Some(free) = free else {
                unreachable!("of one more than are held one is free");
            };
            table.held.insert(free.clone());
            (free.1.clone(), Some(free))
        } else {
            (seat(0), None)
        };
        let id = tokens::new_token();
        let (sender, asks) = mpsc::channel(MAX_WHIP_ASKS);
        let open = Open {
            way,
            key: TokenHash::of(key),
            asks: sender,
        };
        table.open.insert(id.clone(), open);
        Ok(Place {
            sessions: self.clone(),
            id,
            seat_token,
            asks,
            held,
        })
    }

    /// The way to an open session, and the token that opened it.
    pub(super) fn find(&self, way: Way, id: &str) -> Option<(TokenHash, mpsc::Sender<Ask>)> {
        let table = self.lock();
        let open = table.open.get(id).filter(|open| open.way == way)?;
        Some((open.key.clone(), open.asks.clone()))
    }

    /// A table has no half-done state that a panic elsewhere could have left behind.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.sessions.lock();
        table.open.remove(&self.id);
        if let Some(held) = &self.held {
            table.held.remove(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);
    const KEY: &str = "teacher";

    fn seat(sessions: &Sessions, way: Way, name: Option<&str>) -> Place {
        let secret = KEY.to_owned();
        let seat = name.map_or(SeatOf::Key, |name| SeatOf::Program { name, secret });
        let place = sessions.place(way, ROOM, &seat, KEY);
        place.expect("there is place")
    }

    #[test]
    fn a_publisher_that_comes_again_has_the_same_seat_and_another_name_another() {
        let sessions = Sessions::default();
        let first = seat(&sessions, Way::Publish, Some("OBS"));
        let again = seat(&sessions, Way::Publish, Some("OBS"));
        assert_eq!(first.seat_token, again.seat_token);
        assert_ne!(first.id, again.id);
        let other = seat(&sessions, Way::Publish, Some("Board"));
        assert_ne!(first.seat_token, other.seat_token);
        let player = seat(&sessions, Way::Play, Some("OBS"));
        assert_ne!(first.seat_token, player.seat_token);
        assert_ne!(first.seat_token, KEY, "not the teacher's own");
    }

    #[test]
    fn players_have_a_seat_each_and_take_those_that_are_free() {
        let sessions = Sessions::default();
        let mut players: Vec<_> = (0..5)
            .map(|_| seat(&sessions, Way::Play, Some("Display")))
            .collect();
        let seats: BTreeSet<_> = players.iter().map(|p| p.seat_token.clone()).collect();
        assert_eq!(seats.len(), 5);
        let gone = players.remove(2).seat_token.clone();
        assert_eq!(seat(&sessions, Way::Play, Some("Display")).seat_token, gone);
    }

    #[test]
    fn a_token_of_a_seat_opens_that_seat() {
        let sessions = Sessions::default();
        for way in [Way::Publish, Way::Play] {
            assert_eq!(seat(&sessions, way, None).seat_token, KEY);
        }
    }

    #[test]
    fn a_session_is_found_by_its_way_while_it_is_open() {
        let sessions = Sessions::default();
        let place = seat(&sessions, Way::Publish, Some("OBS"));
        let (key, _) = sessions.find(Way::Publish, &place.id).expect("is open");
        assert!(key == TokenHash::of(KEY));
        assert!(sessions.find(Way::Play, &place.id).is_none());
        let id = place.id.clone();
        drop(place);
        assert!(sessions.find(Way::Publish, &id).is_none());
        let table = sessions.lock();
        assert!(table.open.is_empty() && table.held.is_empty());
    }

    #[test]
    fn so_many_are_open_and_no_more() {
        let sessions = Sessions::default();
        let open = |_| sessions.place(Way::Publish, ROOM, &SeatOf::Key, KEY).ok();
        let places: Vec<_> = (0..MAX_WHIP_SESSIONS).map_while(open).collect();
        assert_eq!(places.len(), MAX_WHIP_SESSIONS);
        assert!(sessions.place(Way::Play, ROOM, &SeatOf::Key, KEY).is_err());
        drop(places);
        assert!(sessions.place(Way::Play, ROOM, &SeatOf::Key, KEY).is_ok());
    }
}
