//! The roll tells the truth: twelve pupils with real media, a server that is really killed, and a
//! roll that says of each what the script says, to two seconds.

use homeroom_loadtest::{Findings, play};
use homeroom_truth::Script;
use std::path::Path;

/// As many as stand in the short script.
const PUPILS: usize = 12;

async fn played(script: &Script) -> Findings {
    let binary = Path::new(env!("CARGO_BIN_EXE_homeroom"));
    let findings = play(script, binary, &[], |news| eprintln!("{news}")).await;
    findings.expect("the script can be played")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roll_of_a_killed_server_says_what_happened_to_twelve_pupils() {
    let script = Script::short().expect("is well written");
    let findings = played(&script).await;
    eprintln!("{findings}");
    assert!(findings.is_right(), "\n{findings}");
    // And it is not right because nobody looked.
    assert_eq!(findings.people, PUPILS + script.guests().count());
    assert_eq!(findings.statuses_right, findings.people);
    assert_eq!(findings.kills, 1);
    let heard = findings.each.iter().filter(|one| one.voiced_ms > 30_000);
    assert_eq!(heard.count(), 10, "ten have a voice in their devices");
}
