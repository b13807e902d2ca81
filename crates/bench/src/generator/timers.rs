//! Who is to be asked when.
//!
//! Invariant: everybody has at most one time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Times by key.
#[derive(Debug)]
pub struct Timers<K = usize> {
    at: BTreeMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            at: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }
}

impl<K: Copy + Ord> Timers<K> {
    /// Sets the time of a key, or takes it away.
    pub fn set(&mut self, key: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.at.insert(key, at),
            None => self.at.remove(&key),
        };
        if let Some(before) = before {
            self.order.remove(&(before, key));
        }
        if let Some(at) = at {
            self.order.insert((at, key));
        }
    }

    /// The earliest time.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes a key whose time has come.
    pub fn pop(&mut self, now: Instant) -> Option<K> {
        let &(at, key) = self.order.first()?;
        if at > now {
            return None;
        }
        self.set(key, None);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_earliest_comes_first_and_a_new_time_replaces_the_old() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut timers = Timers::default();
        timers.set(1, Some(at(1)));
        timers.set(2, Some(at(2)));
        timers.set(1, Some(at(3)));
        timers.set(3, Some(at(1)));
        timers.set(3, None);
        assert_eq!(timers.next(), Some(at(2)));
        assert_eq!(timers.pop(at(1)), None);
        assert_eq!(timers.pop(at(3)), Some(2));
        assert_eq!(timers.pop(at(3)), Some(1));
        assert_eq!(timers.next(), None);
    }
}
