//! What the journal has taken and the database does not have yet, for whoever reads lessons.
//!
//! Invariant: a lesson with waiting records is named here before its append is answered, and until
//! the last of them is in the database.

use crate::{LessonId, Record};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The journal's numbers, for `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalState {
    /// Records that wait for the database.
    pub waiting_records: u64,
    /// Bytes of them on disk.
    pub waiting_bytes: u64,
    /// Records lost since the start: neither database, disk nor memory had room.
    pub lost_records: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    lessons: BTreeSet<LessonId>,
    state: JournalState,
}

impl Waiting {
    pub fn add(&self, records: &[Record]) {
        let lessons = records.iter().map(Record::lesson);
        self.with(|inner| inner.lessons.extend(lessons));
    }

    pub fn clear(&self) {
        self.with(|inner| inner.lessons.clear());
    }

    pub fn has(&self, lesson: LessonId) -> bool {
        self.with(|inner| inner.lessons.contains(&lesson))
    }

    pub fn count(&self, records: u64, bytes: u64) {
        self.with(|inner| {
            inner.state.waiting_records = records;
            inner.state.waiting_bytes = bytes;
        });
    }

    pub fn lose(&self, records: usize) {
        self.with(|inner| inner.state.lost_records += records as u64);
    }

    pub fn state(&self) -> JournalState {
        self.with(|inner| inner.state)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().expect("nothing panics with it in hand"))
    }
}
