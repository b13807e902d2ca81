//! What is left of lessons: a class's history, the office's excuses, and rolls without their evidence.

use homeroom_protocol::Attendance;
use homeroom_signaling::roll_call::report;
use homeroom_store::{
    ClassId, Journal, LessonId, PersonId, Record, RollEvent, RollKind, SeatRole, Spool, Store,
    StoredLesson, StoredSeat, TokenHash,
};

const CLASS: ClassId = ClassId(5);
const AIDA: PersonId = PersonId(11);
const TIMUR: PersonId = PersonId(12);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const FIRST_MS: u64 = 1_700_000_000_000;

/// A class of two, as the school keeps it.
async fn school(folder: &std::path::Path) -> Store {
    let store = Store::open(folder.join("test.db").as_path()).await.unwrap();
    let class = (
        "INSERT INTO classes (id, name, subject, created_ms) VALUES (5, '7a', '', 0)",
        0,
    );
    let people = [
        (
            "INSERT INTO people (id, name, kind, created_ms) VALUES (11, 'Aida', 'student', 0)",
            1,
        ),
        (
            "INSERT INTO people (id, name, kind, created_ms) VALUES (12, 'Timur', 'student', 0)",
            2,
        ),
        (
            "INSERT INTO class_members (class, person, number) VALUES (5, 11, 1)",
            3,
        ),
        (
            "INSERT INTO class_members (class, person, number) VALUES (5, 12, 2)",
            4,
        ),
    ];
    let url = format!("sqlite://{}", folder.join("test.db").display());
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    for (sql, _) in std::iter::once(class).chain(people) {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    store
}

/// One lesson a day: Aida hears all of it, Timur never comes.
async fn lesson(folder: &std::path::Path, store: &Store, day: u64) -> StoredLesson {
    let code = ["k7m-3xh-rp2", "k7m-3xh-rp3", "k7m-3xh-rp4"][day as usize];
    let id = LessonId(100 + day as i64);
    let started_ms = FIRST_MS + day * DAY_MS;
    let lesson = StoredLesson {
        id,
        class: Some(CLASS),
        teacher: None,
        code: code.into(),
        name: "Algebra".into(),
        teacher_token: TokenHash::of("t"),
        started_ms,
        alive_ms: None,
        ended_ms: None,
    };
    store.create_lesson(&lesson).await.unwrap();
    let seat = |participant, person, role, name: &str| {
        Record::Seat(StoredSeat {
            lesson: id,
            participant,
            person,
            name: name.into(),
            role,
            token: TokenHash::of(name),
            joined_ms: started_ms,
        })
    };
    let event = |number, participant, at_ms, kind| {
        Record::Event(RollEvent {
            lesson: id,
            number,
            participant,
            at_ms,
            kind,
            detail: None,
        })
    };
    let end_ms = started_ms + 45 * 60_000;
    let spool = Spool::at(&folder.join("waiting"));
    let (journal, _) = Journal::start(store.clone(), spool).await.unwrap();
    let records = vec![
        seat(1, None, SeatRole::Teacher, "Ms Omarova"),
        seat(2, Some(AIDA), SeatRole::Student, "Aida"),
        event(0, 1, started_ms, RollKind::Joined),
        event(1, 2, started_ms, RollKind::Joined),
        event(2, 2, started_ms, RollKind::Hearing),
        event(3, 2, end_ms, RollKind::Left),
        event(4, 1, end_ms, RollKind::Left),
        Record::Ended {
            lesson: id,
            at_ms: end_ms,
        },
    ];
    journal.append(records).await.unwrap();
    store.lesson(code).await.unwrap().unwrap()
}

#[tokio::test]
async fn absences_in_a_row_are_counted_over_a_classs_lessons() {
    let folder = tempfile::tempdir().unwrap();
    let store = school(folder.path()).await;
    for day in 0..3 {
        lesson(folder.path(), &store, day).await;
    }
    let history = report::history_of_class(&store, CLASS, 0).await.unwrap();
    assert_eq!(history[&TIMUR].absent_in_a_row, 3);
    assert_eq!(history[&TIMUR].totals[&Attendance::Absent], 3);
    assert_eq!(history[&AIDA].absent_in_a_row, 0);
    assert_eq!(history[&AIDA].totals[&Attendance::Present], 3);
    let recent = report::history_of_class(&store, CLASS, FIRST_MS + DAY_MS)
        .await
        .unwrap();
    assert_eq!(recent[&TIMUR].absent_in_a_row, 2);
    // The office's word on the last day is neither an absence nor the end of the row.
    let saved = store.load("k7m-3xh-rp4").await.unwrap().unwrap();
    report::excuse(&store, &saved, TIMUR, "ill", None, FIRST_MS + 4 * DAY_MS)
        .await
        .unwrap();
    let history = report::history_of_class(&store, CLASS, 0).await.unwrap();
    assert_eq!(history[&TIMUR].totals[&Attendance::Excused], 1);
    assert_eq!(history[&TIMUR].absent_in_a_row, 2);
}

#[tokio::test]
async fn old_evidence_goes_and_the_roll_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = school(folder.path()).await;
    let old = lesson(folder.path(), &store, 0).await;
    let new = lesson(folder.path(), &store, 2).await;
    let before = report::of_lesson(&store, &old.code).await.unwrap().unwrap();
    let now_ms = FIRST_MS + 40 * DAY_MS;
    let purged = report::purge_evidence(&store, FIRST_MS + DAY_MS, now_ms)
        .await
        .unwrap();
    assert_eq!(purged, 1);
    assert!(
        store
            .load(&old.code)
            .await
            .unwrap()
            .unwrap()
            .events
            .is_empty()
    );
    assert!(
        !store
            .load(&new.code)
            .await
            .unwrap()
            .unwrap()
            .events
            .is_empty()
    );
    let after = report::of_lesson(&store, &old.code).await.unwrap().unwrap();
    assert_eq!(after.lines, before.lines);
    assert!(!after.has_evidence && after.sessions.is_empty());
    // A later word still counts.
    let saved = store.load(&old.code).await.unwrap().unwrap();
    report::excuse(&store, &saved, TIMUR, "ill", None, now_ms)
        .await
        .unwrap();
    let after = report::of_lesson(&store, &old.code).await.unwrap().unwrap();
    assert_eq!(after.lines[1].status, Attendance::Excused);
    let again = report::purge_evidence(&store, FIRST_MS + DAY_MS, now_ms)
        .await
        .unwrap();
    assert_eq!(again, 0);
}
