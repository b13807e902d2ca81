//! Which lesson's room runs where: the only state that all sockets share.
//!
//! Invariant: at most one task runs a lesson's room. No guard of the maps lives across an await.

mod readings;

use crate::lesson::{Call, LessonHandle, LessonTask, Tools};
use crate::limits::{DRAIN_TIMEOUT, MAX_ROOMS, MEDIA_EVENT_TIMEOUT};
use crate::tokens;
use dashmap::DashMap;
use homeroom_protocol::LessonCode;
use homeroom_sfu::RoomId;
use homeroom_store::{
    ClassId, PersonId, SchoolError, Stamp, Store, StoreError, StoredLesson, TokenHash,
};
use readings::Readings;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{mpsc, watch};

/// Codes drawn before giving up: with 43 bits even the second is rare.
const MAX_CODE_DRAWS: usize = 8;

/// Why a lesson's room cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("no such lesson, or it has ended")]
    NotFound,
    #[error("too many lessons run on this server")]
    Full,
    #[error("the server is stopping")]
    Stopping,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All rooms of this server.
pub(crate) struct Registry {
    pub tools: Arc<Tools>,
    pub store: Store,
    by_code: DashMap<LessonCode, LessonHandle>,
    by_room: DashMap<RoomId, mpsc::Sender<Call>>,
    readings: Readings,
    next_session: AtomicU64,
    stopping: AtomicBool,
    /// Every task that must end before the server does holds a receiver.
    running: watch::Sender<()>,
}

impl Registry {
    pub fn new(tools: Arc<Tools>, store: Store) -> Self {
        Self {
            tools,
            store,
            by_code: DashMap::new(),
            by_room: DashMap::new(),
            readings: Readings::default(),
            next_session: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            running: watch::Sender::new(()),
        }
    }

    /// Writes a new lesson; its room opens with the first join. Answers its code and the token of
    /// its teacher.
    pub async fn create(&self, name: String) -> Result<(LessonCode, String), StoreError> {
        let (mut lesson, token) = new_lesson(name, self.tools.clock.now_ms());
        for _ in 0..MAX_CODE_DRAWS {
            let code = tokens::new_code();
            code.as_str().clone_into(&mut lesson.code);
            match self.store.create_lesson(&lesson).await {
                Ok(()) => return Ok((code, token)),
                Err(StoreError::CodeTaken) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::CodeTaken)
    }

    /// Writes a new lesson of a class, given by this person.
    pub async fn create_for_class(
        &self,
        stamp: Stamp,
        class: ClassId,
        teacher: PersonId,
        name: String,
    ) -> Result<(LessonCode, String), SchoolError> {
        let (mut lesson, token) = new_lesson(name, self.tools.clock.now_ms());
        lesson.class = Some(class);
        lesson.teacher = Some(teacher);
        for _ in 0..MAX_CODE_DRAWS {
            let code = tokens::new_code();
            code.as_str().clone_into(&mut lesson.code);
            match self.store.start_lesson(stamp, class, &lesson).await {
                Ok(()) => return Ok((code, token)),
                Err(SchoolError::Store(StoreError::CodeTaken)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::CodeTaken.into())
    }

    /// The room of a lesson that has not ended, brought back from the store when it does not run.
    pub async fn find(self: &Arc<Self>, code: &LessonCode) -> Result<LessonHandle, FindError> {
        if let Some(running) = self.running_room(code) {
            return Ok(running);
        }
        if self.stopping.load(Ordering::Relaxed) {
            return Err(FindError::Stopping);
        }
        if self.by_code.len() >= MAX_ROOMS {
            return Err(FindError::Full);
        }
        let found = || self.running_room(code);
        self.readings.once(code, found, || self.read(code)).await
    }

    async fn read(self: &Arc<Self>, code: &LessonCode) -> Result<LessonHandle, FindError> {
        let saved = self.store.load(code.as_str()).await?;
        let saved = saved
            .filter(|saved| saved.lesson.ended_ms.is_none())
            .ok_or(FindError::NotFound)?;
        // Somebody else may have been faster: then theirs is the room.
        let handle = self.by_code.entry(code.clone()).or_insert_with(|| {
            let (task, handle) = LessonTask::new(code.clone(), &saved, Arc::clone(&self.tools));
            self.by_room.insert(handle.room, handle.calls.clone());
            self.spawn(code.clone(), task, handle.clone());
            handle
        });
        Ok(handle.clone())
    }

    /// The room, if its task runs. One that died (our mistake) is forgotten, so that the store can
    /// bring it back.
    pub fn running_room(&self, code: &LessonCode) -> Option<LessonHandle> {
        let handle = self.by_code.get(code)?.clone();
        if handle.calls.is_closed() {
            self.forget(code, &handle);
            return None;
        }
        Some(handle)
    }

    pub fn next_session(&self) -> u64 {
        self.next_session.fetch_add(1, Ordering::Relaxed)
    }

    /// A task that holds this is waited for when the server stops.
    pub fn hold(&self) -> watch::Receiver<()> {
        self.running.subscribe()
    }

    /// The way to the room that the SFU knows by this number.
    pub fn calls_of(&self, room: RoomId) -> Option<mpsc::Sender<Call>> {
        Some(self.by_room.get(&room)?.clone())
    }

    /// Ends every room and waits, for a bounded time, until everybody has been told.
    pub async fn drain(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let rooms: Vec<_> = self.by_code.iter().map(|room| room.calls.clone()).collect();
        for calls in rooms {
            // A room that ended by itself needs no telling.
            let _ = calls.send_timeout(Call::Stop, MEDIA_EVENT_TIMEOUT).await;
        }
        if tokio::time::timeout(DRAIN_TIMEOUT, self.running.closed())
            .await
            .is_err()
        {
            tracing::warn!("some clients did not take their goodbye in time");
        }
    }

    fn spawn(self: &Arc<Self>, code: LessonCode, task: LessonTask, handle: LessonHandle) {
        let registry = Arc::clone(self);
        let running = self.hold();
        tokio::spawn(async move {
            task.run(move || registry.forget(&code, &handle)).await;
            drop(running);
        });
    }

    /// Forgets this room and not its successor, which somebody may have brought back already.
    fn forget(&self, code: &LessonCode, ended: &LessonHandle) {
        self.by_code
            .remove_if(code, |_, known| known.calls.same_channel(&ended.calls));
        self.by_room
            .remove_if(&ended.room, |_, calls| calls.same_channel(&ended.calls));
    }
}

/// A lesson without a code yet, and the token of its teacher.
fn new_lesson(name: String, now_ms: u64) -> (StoredLesson, String) {
    let token = tokens::new_token();
    let lesson = StoredLesson {
        class: None,
        teacher: None,
        id: tokens::new_lesson_id(),
        code: String::new(),
        name,
        teacher_token: TokenHash::of(&token),
        started_ms: now_ms,
        alive_ms: None,
        ended_ms: None,
    };
    (lesson, token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::media::NoMedia;
    use crate::metrics::Metrics;
    use homeroom_store::{Journal, JournalState, Spool};

    async fn registry(folder: &std::path::Path) -> Arc<Registry> {
        let store = Store::open(&folder.join("school.db")).await.expect("opens");
        let media = Arc::new(NoMedia);
        let spool = Spool::at(&folder.join("waiting"));
        let started = Journal::start(store.clone(), spool).await;
        let (journal, _writer) = started.expect("starts");
        let tools = Tools {
            clock: Clock::start(),
            metrics: Metrics::new(media.clone(), JournalState::default),
            journal,
            media,
        };
        Arc::new(Registry::new(Arc::new(tools), store))
    }

    #[tokio::test]
    async fn forgetting_an_ended_room_leaves_its_successor() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = registry(folder.path()).await;
        let (code, _) = registry.create("Physics".into()).await.expect("is written");
        let ended = registry.find(&code).await.expect("opens");
        registry.forget(&code, &ended);
        assert!(registry.running_room(&code).is_none());
        assert!(registry.calls_of(ended.room).is_none());
        let successor = registry.find(&code).await.expect("comes back");
        // The one who noticed late.
        registry.forget(&code, &ended);
        let running = registry.running_room(&code).expect("still runs");
        assert!(running.calls.same_channel(&successor.calls));
        let reached = registry.calls_of(successor.room).expect("is still reached");
        assert!(reached.same_channel(&successor.calls));
    }
}
