//! A copy made while the server writes is whole.

use crate::support::{Home, away, numbers};
use homeroom_store::StoreError;
use sqlx::Row;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_backup_during_writes_is_consistent_and_private() {
    let home = Home::sqlite();
    let store = home.open_with_lesson().await;
    let (journal, _writer) = home.journal(&store).await;
    journal.append(away(0)).await.expect("is durable");
    let writing = tokio::spawn(async move {
        // Two to an append: a copy never has one of them alone.
        for number in 0..u32::MAX {
            let pair = [away(2 * number + 1), away(2 * number + 2)].concat();
            journal.append(pair).await.expect("is durable");
        }
    });
    let mut last = 0;
    for copy in ["a.db", "b, 'quoted'.db"] {
        let file = home.folder.path().join(copy);
        home.database.back_up(&file).await.expect("copies");
        let mode = std::fs::metadata(&file).expect("is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let restored = Home::sqlite();
        std::fs::copy(&file, restored.folder.path().join("homeroom.db")).expect("copies");
        let state = restored.database.examine().await;
        assert_eq!(state.expect("opens"), "in use");
        let check = sqlx::query("PRAGMA integrity_check")
            .fetch_one(&mut restored.beside().await)
            .await;
        assert_eq!(check.expect("answers").get::<String, _>(0), "ok");
        let copied = numbers(&restored.open().await).await;
        assert!(
            copied.iter().copied().eq(0..copied.len() as u32),
            "{copied:?}"
        );
        assert_eq!(copied.len() % 2, 1, "a half append: {copied:?}");
        assert!(copied.len() > last, "nothing was written meanwhile");
        last = copied.len();
    }
    assert!(!writing.is_finished());
    writing.abort();
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_invents_nothing() {
    let home = Home::sqlite();
    let file = home.folder.path().join("a.db");
    let refused = |outcome: Result<(), StoreError>| outcome.expect_err("is refused").to_string();
    let error = refused(home.database.back_up(&file).await);
    assert!(error.contains("no database"), "{error}");
    home.open().await;
    std::fs::write(&file, b"mine").expect("writes");
    let error = refused(home.database.back_up(&file).await);
    assert!(error.contains("there already"), "{error}");
    assert_eq!(std::fs::read(&file).expect("reads"), b"mine");
    let nowhere = home.folder.path().join("nowhere/a.db");
    let error = refused(home.database.back_up(&nowhere).await);
    assert!(error.contains("nowhere/a.db"), "{error}");
}
