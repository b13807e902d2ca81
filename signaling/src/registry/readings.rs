//! Who reads a lesson from the store, for all who ask for it meanwhile.
//!
//! A class that lost its server comes back in one second. If each of five hundred read the lesson,
//! all of them would queue for the store's few connections, none would have all of it in time, and
//! the next five hundred tries would find the same.
//!
//! Invariant: one lesson is read by one at a time; nothing is kept of a lesson that nobody waits
//! for.

use super::FindError;
use dashmap::DashMap;
use homeroom_protocol::LessonCode;
use homeroom_store::StoreError;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// Lessons that are being read.
#[derive(Default)]
pub(super) struct Readings(DashMap<LessonCode, Queue>);

#[derive(Default)]
struct Queue {
    reading: Arc<Reading>,
    places: usize,
}

#[derive(Default)]
struct Reading {
    turn: Mutex<()>,
    failures: AtomicU64,
}

impl Readings {
    /// What `found` has, or else what `read` brings. Whoever waited while somebody else read in
    /// vain is told so and does not try as well.
    pub(super) async fn once<T, F>(
        &self,
        code: &LessonCode,
        found: impl Fn() -> Option<T>,
        read: impl FnOnce() -> F,
    ) -> Result<T, FindError>
    where
        F: Future<Output = Result<T, FindError>>,
    {
        let place = Place::in_queue(self, code);
        let Reading { turn, failures } = &*place.reading;
        let before = failures.load(Ordering::Relaxed);
        let _turn = turn.lock().await;
        if let Some(found) = found() {
            return Ok(found);
        }
        if failures.load(Ordering::Relaxed) != before {
            return Err(StoreError::NoAnswer.into());
        }
        let outcome = read().await;
        if let Err(FindError::Store(_)) = &outcome {
            failures.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }
}

/// A place in the queue for a lesson, also of somebody who goes before it is their turn.
struct Place<'a> {
    readings: &'a Readings,
    code: &'a LessonCode,
    reading: Arc<Reading>,
}

impl<'a> Place<'a> {
    fn in_queue(readings: &'a Readings, code: &'a LessonCode) -> Self {
        let mut queue = readings.0.entry(code.clone()).or_default();
        queue.places += 1;
        let reading = Arc::clone(&queue.reading);
        Self {
            readings,
            code,
            reading,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.readings.0.remove_if_mut(self.code, |_, queue| {
            queue.places -= 1;
            queue.places == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    const READS_FOR: Duration = Duration::from_secs(3);

    fn code() -> LessonCode {
        LessonCode::parse("k7m3xhrp2").expect("is a code")
    }

    /// How often a lesson was read when five hundred came within a second, and how many got it.
    async fn come_back(readings: &Readings, is_there: bool) -> (u32, usize) {
        let (reads, room) = (Cell::new(0), RefCell::new(None));
        let code = code();
        let comers = (0..500_u64).map(|number| {
            let (reads, room, code) = (&reads, &room, &code);
            async move {
                tokio::time::sleep(Duration::from_millis(2 * number)).await;
                let read = || async move {
                    reads.set(reads.get() + 1);
                    tokio::time::sleep(READS_FOR).await;
                    if !is_there {
                        return Err(StoreError::NoAnswer.into());
                    }
                    *room.borrow_mut() = Some(7);
                    Ok(7)
                };
                readings.once(code, || *room.borrow(), read).await
            }
        });
        let got = futures_util::future::join_all(comers).await;
        (reads.get(), got.iter().filter(|got| got.is_ok()).count())
    }

    #[tokio::test(start_paused = true)]
    async fn a_class_that_comes_back_together_has_its_lesson_read_once() {
        let readings = Readings::default();
        assert_eq!(come_back(&readings, true).await, (1, 500));
        assert!(readings.0.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_read_is_not_tried_by_each_of_them() {
        let readings = Readings::default();
        assert_eq!(come_back(&readings, false).await, (1, 0));
        assert!(readings.0.is_empty());
        // Whoever comes later tries again.
        assert_eq!(come_back(&readings, true).await, (1, 500));
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_while_waiting_leaves_nothing() {
        let readings = Readings::default();
        let code = code();
        let never = || std::future::pending::<Result<u32, FindError>>();
        let first = readings.once(&code, || None, never);
        let second = readings.once(&code, || None, never);
        let both = futures_util::future::join(first, second);
        let waited = tokio::time::timeout(READS_FOR, both).await;
        assert!(waited.is_err() && readings.0.is_empty());
    }
}
