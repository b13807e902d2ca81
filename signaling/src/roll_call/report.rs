//! The roll of a lesson that is stored, as a value that exports, pages and the school's own tools read.
//!
//! Invariant: a report is the same whether its evidence is still there or was thrown away; decisions
//! count either way.

use super::{LineKey, RollCall};
use homeroom_protocol::{Attendance, LessonCode, RollReport, RollRules};
use homeroom_store::{
    ClassId, DecisionKind, PersonId, RollDecision, SavedLesson, Store, StoreError,
};
use std::collections::BTreeMap;

/// Lessons of a class that a history looks at, newest first.
pub const MAX_HISTORY: u32 = 200;

/// The school's rules from its settings; ours where it has none, or none that can be read.
#[must_use]
pub fn rules(setting: Option<&str>) -> RollRules {
    let Some(text) = setting else {
        return RollRules::default();
    };
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "the school's rules of attendance cannot be read; ours are used");
        RollRules::default()
    })
}

/// The last moment at which the server is known to have run a lesson: what it wrote proves it too.
#[must_use]
pub fn alive_until_ms(saved: &SavedLesson) -> u64 {
    let written = saved.events.iter().map(|event| event.at_ms);
    let alive = saved.lesson.alive_ms.unwrap_or(saved.lesson.started_ms);
    written.fold(alive, u64::max)
}

/// The roll of a lesson as the store has it.
#[must_use]
pub fn of_saved(saved: &SavedLesson) -> Option<RollReport> {
    let code = LessonCode::parse(&saved.lesson.code)?;
    let as_of_ms = saved
        .lesson
        .ended_ms
        .unwrap_or_else(|| alive_until_ms(saved));
    let roll = RollCall::replay(saved);
    if let (true, Some(kept)) = (saved.events.is_empty(), &saved.kept)
        && let Ok(mut report) = serde_json::from_str::<RollReport>(kept)
    {
        for line in &mut report.lines {
            if let Some(key) = LineKey::parse(&line.id) {
                roll.decisions.settle(key, line);
            }
        }
        roll.decisions.settle_head(&mut report.head);
        return Some(report);
    }
    Some(roll.report(code, saved.lesson.name.clone(), as_of_ms))
}

impl RollCall {
    /// Everything there is to say.
    #[must_use]
    pub fn report(&self, code: LessonCode, name: String, now_ms: u64) -> RollReport {
        RollReport {
            code,
            name,
            rules: self.rules.clone(),
            head: self.head(),
            lines: self.roll_lines(now_ms),
            sessions: self.sessions(now_ms),
            has_evidence: true,
            as_of_ms: now_ms,
        }
    }
}

/// A pupil's attendance over a class's lessons, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PupilHistory {
    /// Name as the newest lesson has it.
    pub name: String,
    /// Lessons by what they came to.
    pub totals: BTreeMap<Attendance, u32>,
    /// Absences without a reason at the end, in a row: "3rd absence in a row".
    pub absent_in_a_row: u32,
    /// Milliseconds late, together.
    pub late_ms: u64,
    /// Milliseconds heard, together.
    pub heard_ms: u64,
}

/// What a class's lessons since then come to, by pupil.
///
/// # Errors
/// When the database refuses.
pub async fn history_of_class(
    store: &Store,
    class: ClassId,
    since_ms: u64,
) -> Result<BTreeMap<PersonId, PupilHistory>, StoreError> {
    let mut lessons = store.ended_lessons(class, MAX_HISTORY).await?;
    lessons.retain(|lesson| lesson.started_ms >= since_ms);
    let mut pupils = BTreeMap::new();
    for lesson in lessons.iter().rev() {
        let saved = store.load(&lesson.code).await?;
        if let Some(report) = saved.as_ref().and_then(of_saved) {
            add_lesson(&mut pupils, &report);
        }
    }
    Ok(pupils)
}

/// Adds one more lesson, newer than those before.
pub fn add_lesson(pupils: &mut BTreeMap<PersonId, PupilHistory>, report: &RollReport) {
    for line in &report.lines {
        let Some(LineKey::Person(person)) = LineKey::parse(&line.id) else {
            continue;
        };
        if !line.expected {
            continue;
        }
        let pupil: &mut PupilHistory = pupils.entry(person).or_default();
        pupil.name.clone_from(&line.name);
        *pupil.totals.entry(line.status).or_default() += 1;
        pupil.late_ms += line.late_ms;
        pupil.heard_ms += line.heard_ms;
        pupil.absent_in_a_row = match line.status {
            Attendance::Absent => pupil.absent_in_a_row + 1,
            // Neither an absence nor the end of a row of them.
            Attendance::Excused => pupil.absent_in_a_row,
            _ => 0,
        };
    }
}

/// The report of a lesson, for whoever may ask; `None` when there is no such lesson.
///
/// # Errors
/// When the database refuses.
pub async fn of_lesson(store: &Store, code: &str) -> Result<Option<RollReport>, StoreError> {
    Ok(store.load(code).await?.as_ref().and_then(of_saved))
}

/// Excuses a pupil from a lesson, before or after it: the office's word. A lesson that runs learns of
/// it when its roll is next read from the store.
///
/// # Errors
/// When the database refuses.
pub async fn excuse(
    store: &Store,
    saved: &SavedLesson,
    person: PersonId,
    reason: &str,
    by: Option<PersonId>,
    at_ms: u64,
) -> Result<RollDecision, StoreError> {
    let decision = RollDecision {
        lesson: saved.lesson.id,
        number: 0,
        person: Some(person),
        participant: None,
        kind: DecisionKind::Excuse,
        detail: Some(reason.to_owned()),
        by,
        at_ms,
    };
    store.decide(decision).await
}

/// Throws away the evidence of lessons that were over before `before_ms` and keeps what it came to.
/// Answers how many lessons that were.
///
/// # Errors
/// When the database refuses; the lessons before the one it refused are done.
pub async fn purge_evidence(
    store: &Store,
    before_ms: u64,
    now_ms: u64,
) -> Result<usize, StoreError> {
    const AT_ONCE: u32 = 100;
    let mut purged = 0;
    loop {
        let codes = store.lessons_with_old_evidence(before_ms, AT_ONCE).await?;
        if codes.is_empty() {
            return Ok(purged);
        }
        for code in codes {
            let Some(saved) = store.load(&code).await? else {
                continue;
            };
            let Some(mut report) = of_saved(&saved) else {
                continue;
            };
            report.has_evidence = false;
            report.sessions.clear();
            let text = serde_json::to_string(&report).unwrap_or_default();
            store.keep_roll(saved.lesson.id, &text, now_ms).await?;
            purged += 1;
        }
    }
}
