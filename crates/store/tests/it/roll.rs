//! Decisions beside the evidence, and rolls that outlive it.

use crate::support::{CODE, LESSON};
use homeroom_store::{DecisionKind, Record, RollDecision};

fn decision(number: u32, kind: DecisionKind) -> RollDecision {
    RollDecision {
        lesson: LESSON,
        number,
        person: None,
        participant: Some(2),
        kind,
        detail: Some("Ауырып қалды".into()),
        by: None,
        at_ms: 1_700_000_002_000,
    }
}

on_both! {
    async fn decisions_are_kept_in_order_and_numbered_when_the_lesson_is_over(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let said = vec![
            Record::Decision(decision(0, DecisionKind::Status)),
            Record::Decision(decision(1, DecisionKind::Clear)),
        ];
        journal.append(said.clone()).await.expect("durable");
        // Written again, as after a commit that got no answer.
        journal.append(said).await.expect("durable");
        let late = store.decide(decision(0, DecisionKind::Excuse)).await.expect("is written");
        assert_eq!(late.number, 2);
        let saved = store.load(CODE).await.expect("reads").expect("is there");
        let kinds: Vec<_> = saved.decisions.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [DecisionKind::Status, DecisionKind::Clear, DecisionKind::Excuse]);
        assert_eq!(saved.decisions[2], late);
    }

    async fn evidence_goes_only_with_what_it_came_to(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        journal.append(crate::support::away(0)).await.expect("durable");
        assert_eq!(store.lessons_with_old_evidence(u64::MAX / 2, 9).await.expect("reads"), [CODE]);
        store.keep_roll(LESSON, "{}", 5).await.expect("is written");
        let saved = store.load(CODE).await.expect("reads").expect("is there");
        assert_eq!((saved.events.len(), saved.kept.as_deref()), (0, Some("{}")));
        let none = store.lessons_with_old_evidence(u64::MAX / 2, 9).await.expect("reads");
        assert!(none.is_empty());
    }

    async fn a_setting_is_what_was_last_said(home: Home) {
        let store = home.open_with_lesson().await;
        assert_eq!(store.roll_setting("evidence_days").await.expect("reads"), None);
        for days in ["60", "90"] {
            store.set_roll_setting("evidence_days", days).await.expect("is written");
            let kept = store.roll_setting("evidence_days").await.expect("reads");
            assert_eq!(kept.as_deref(), Some(days));
        }
    }
}
