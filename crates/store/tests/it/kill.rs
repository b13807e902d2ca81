//! `kill -9` while the database is away loses nothing that was acknowledged.

use crate::support::{Home, away, numbers};
use homeroom_store::{Database, Journal, Spool, Store};
use homeroom_testpg::Postgres;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const URL: &str = "HOMEROOM_TEST_URL";
const SPOOL: &str = "HOMEROOM_TEST_SPOOL";

#[tokio::test]
async fn a_killed_process_has_kept_what_it_acknowledged() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let url = server.new_database();
    let home = Home::at(url.clone());
    home.open_with_lesson().await.close().await;

    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "kill::the_process_to_kill",
        ])
        .env(URL, &url)
        .env(SPOOL, home.spool_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let mut go = child.stdin.take().expect("is piped");
    let said = BufReader::new(child.stdout.take().expect("is piped"));
    let mut acknowledged = said
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("durable ")?.parse::<u32>().ok());
    assert_eq!(acknowledged.next(), Some(0));
    server.kill();
    go.write_all(b"\n").expect("listens");
    assert_eq!(acknowledged.find(|number| *number == 50), Some(50));
    child.kill().expect("was ours");
    // What it had still said before it died counts as well.
    let last = acknowledged.last().unwrap_or(50);
    child.wait().expect("was ours");

    server.resume();
    let store = home.open().await;
    let (_journal, _writer) = home.journal(&store).await;
    let kept = numbers(&store).await;
    assert!(kept.len() > last as usize, "{} of {last}", kept.len());
    assert!(kept.iter().copied().eq(0..kept.len() as u32), "{kept:?}");
}

/// Not a test by itself: appends, and says so, until it is killed.
#[tokio::test]
#[ignore = "started by the test above"]
async fn the_process_to_kill() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let database = Database::server(&url).expect("is an address");
    let store = Store::open(database).await.expect("opens");
    let path = std::env::var_os(SPOOL).expect("is set");
    let spool = Spool::at(path.as_ref());
    let (journal, _writer) = Journal::start(store, spool).await.expect("starts");
    for number in 0.. {
        journal.append(away(number)).await.expect("is durable");
        println!("durable {number}");
        if number == 0 {
            std::io::stdin()
                .read_line(&mut String::new())
                .expect("reads");
        }
    }
}
