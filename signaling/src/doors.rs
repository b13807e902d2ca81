//! What a stranger may try before having a seat: start lessons, guess codes, hold sockets open.
//!
//! Invariant: a whole school behind one address at 9:00 passes; a guesser does not get through the
//! codes, because every wrong one costs a token and no right one does.

use crate::clock::Clock;
use crate::limits::{
    CALL_RATE, CALL_RATE_ALL, CREATE_RATE, CREATE_RATE_PER_PREFIX, GUESS_RATE,
    GUESS_RATE_PER_PREFIX, MAX_WAITING_SOCKETS, MAX_WAITING_SOCKETS_PER_PREFIX, PASSWORD_PACE,
    PASSWORD_RATE, PASSWORD_RATE_PER_LOGIN, PASSWORD_RATE_PER_PREFIX, STRANGER_RATE,
    STRANGER_RATE_PER_PREFIX, UNKNOWN_TOKEN_RATE, UNKNOWN_TOKEN_RATE_PER_PREFIX,
};
use crate::throttle::{Prefix, Throttle};
use homeroom_store::TokenHash;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The doors of one server.
#[derive(Debug)]
pub(crate) struct Doors {
    clock: Clock,
    creations: Mutex<Throttle>,
    guesses: Mutex<Throttle>,
    waiting: Mutex<Waiting>,
    /// Of the school: calls by person, and those without a token by address.
    calls: Mutex<Throttle>,
    strangers: Mutex<Throttle>,
    unknown_tokens: Mutex<Throttle>,
    passwords_from: Mutex<Throttle>,
    passwords_of: Mutex<Throttle>,
}

#[derive(Debug, Default)]
struct Waiting {
    total: usize,
    by_prefix: BTreeMap<Prefix, usize>,
}

/// The place of a socket that has no seat yet; given back when dropped.
#[derive(Debug)]
pub(crate) struct WaitingPlace {
    doors: Arc<Doors>,
    prefix: Prefix,
}

impl Doors {
    pub fn new(clock: Clock) -> Self {
        let now_ms = clock.now_ms();
        let throttle = |prefix: (u32, u32), everybody: (u32, u32)| {
            Mutex::new(Throttle::new(prefix.into(), everybody.into(), now_ms))
        };
        let slow = |prefix: (u32, u32), everybody: (u32, u32)| {
            let now_ms = now_ms / PASSWORD_PACE;
            Mutex::new(Throttle::new(prefix.into(), everybody.into(), now_ms))
        };
        Self {
            clock,
            creations: throttle(CREATE_RATE_PER_PREFIX, CREATE_RATE),
            guesses: throttle(GUESS_RATE_PER_PREFIX, GUESS_RATE),
            waiting: Mutex::default(),
            calls: throttle(CALL_RATE, CALL_RATE_ALL),
            strangers: throttle(STRANGER_RATE_PER_PREFIX, STRANGER_RATE),
            unknown_tokens: throttle(UNKNOWN_TOKEN_RATE_PER_PREFIX, UNKNOWN_TOKEN_RATE),
            passwords_from: slow(PASSWORD_RATE_PER_PREFIX, PASSWORD_RATE),
            passwords_of: slow(PASSWORD_RATE_PER_LOGIN, PASSWORD_RATE),
        }
    }

    /// Whether one more lesson may be started from this address; counts it.
    pub fn may_create(&self, from: IpAddr) -> bool {
        lock(&self.creations).take(Prefix::of(from), self.clock.now_ms())
    }

    /// Whether this address may try a code.
    pub fn may_guess(&self, from: IpAddr) -> bool {
        lock(&self.guesses).has(Prefix::of(from), self.clock.now_ms())
    }

    /// The code was wrong.
    pub fn guessed_wrong(&self, from: IpAddr) {
        lock(&self.guesses).take(Prefix::of(from), self.clock.now_ms());
    }

    /// Whether this person or tool of the school may make one more call; counts it.
    pub fn may_call(&self, number: i64) -> bool {
        let number = Prefix::of_number(number.unsigned_abs().into());
        lock(&self.calls).take(number, self.clock.now_ms())
    }

    /// Whether somebody without a token may make one more call of the school; counts it.
    pub fn may_call_as_stranger(&self, from: IpAddr) -> bool {
        lock(&self.strangers).take(Prefix::of(from), self.clock.now_ms())
    }

    /// Whether this address may present one more token of the school.
    pub fn may_present_token(&self, from: IpAddr) -> bool {
        lock(&self.unknown_tokens).has(Prefix::of(from), self.clock.now_ms())
    }

    /// Nobody knew the token.
    pub fn presented_unknown_token(&self, from: IpAddr) {
        lock(&self.unknown_tokens).take(Prefix::of(from), self.clock.now_ms());
    }

    /// Whether this address may try a password of this login; counts it, before anybody knows
    /// whether it is right: many at once are many.
    pub fn may_try_password(&self, from: IpAddr, login: &str) -> bool {
        let now_ms = self.password_clock_ms();
        lock(&self.passwords_from).take(Prefix::of(from), now_ms)
            && lock(&self.passwords_of).take(of_login(login), now_ms)
    }

    /// It was: right ones are free.
    pub fn password_was_right(&self, from: IpAddr, login: &str) {
        let now_ms = self.password_clock_ms();
        lock(&self.passwords_from).put_back(Prefix::of(from), now_ms);
        lock(&self.passwords_of).put_back(of_login(login), now_ms);
    }

    /// Passwords are tried at a slower pace than a throttle's second: their clock is slower.
    fn password_clock_ms(&self) -> u64 {
        self.clock.now_ms() / PASSWORD_PACE
    }

    /// A place for a socket that has yet to say `join`; `None` when there are too many.
    pub fn wait(self: &Arc<Self>, from: IpAddr) -> Option<WaitingPlace> {
        let prefix = Prefix::of(from);
        let mut waiting = lock(&self.waiting);
        let here = waiting.by_prefix.get(&prefix).copied().unwrap_or(0);
        if waiting.total >= MAX_WAITING_SOCKETS || here >= MAX_WAITING_SOCKETS_PER_PREFIX {
            return None;
        }
        waiting.total += 1;
        waiting.by_prefix.insert(prefix, here + 1);
        let doors = Arc::clone(self);
        Some(WaitingPlace { doors, prefix })
    }
}

impl Drop for WaitingPlace {
    fn drop(&mut self) {
        let mut waiting = lock(&self.doors.waiting);
        waiting.total -= 1;
        if let Some(count) = waiting.by_prefix.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                waiting.by_prefix.remove(&self.prefix);
            }
        }
    }
}

/// By its hash, so that a login of any length takes the same room.
fn of_login(login: &str) -> Prefix {
    let hash = TokenHash::of(login);
    let half = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    Prefix::of_number(u128::from_le_bytes(half))
}

/// Counters have no half-done state that a panic elsewhere could have left behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHOOL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn waiting_sockets_are_bounded_per_prefix_and_places_come_back() {
        let doors = Arc::new(Doors::new(Clock::start()));
        let places: Vec<_> = (0..MAX_WAITING_SOCKETS_PER_PREFIX)
            .map(|_| doors.wait(SCHOOL).expect("there is place"))
            .collect();
        assert!(doors.wait(SCHOOL).is_none());
        assert!(doors.wait(HOME).is_some());
        drop(places);
        assert!(doors.wait(SCHOOL).is_some());
        assert!(
            lock(&doors.waiting).by_prefix.is_empty(),
            "nobody waits, nobody is remembered"
        );
    }

    #[test]
    fn a_login_that_is_guessed_at_is_slowed_from_everywhere_and_no_other_is() {
        let doors = Doors::new(Clock::start());
        for _ in 0..1_000 {
            assert!(doors.may_try_password(SCHOOL, "omarova"));
            doors.password_was_right(SCHOOL, "omarova");
        }
        let (_, burst) = PASSWORD_RATE_PER_LOGIN;
        for _ in 0..burst {
            assert!(doors.may_try_password(SCHOOL, "omarova"));
        }
        assert!(!doors.may_try_password(SCHOOL, "omarova"));
        assert!(!doors.may_try_password(HOME, "omarova"));
        assert!(doors.may_try_password(SCHOOL, "akhmetov"));
    }

    #[test]
    fn wrong_codes_run_out_and_right_ones_are_free() {
        let doors = Doors::new(Clock::start());
        for _ in 0..10_000 {
            assert!(doors.may_guess(SCHOOL), "right codes cost nothing");
        }
        let wrong = (0..10_000).take_while(|_| {
            doors.guessed_wrong(SCHOOL);
            doors.may_guess(SCHOOL)
        });
        let burst = GUESS_RATE_PER_PREFIX.1 as usize;
        let count = wrong.count();
        assert!((burst - 1..burst + 50).contains(&count), "{count}");
        assert!(doors.may_guess(HOME));
    }
}
