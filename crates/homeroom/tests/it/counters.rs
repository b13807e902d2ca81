//! What the load test says arrived is what the kernel counted.
//!
//! The kernel counts for a whole network, so the lesson is held in a network that has nothing else:
//! this program starts itself again in one.

use crate::server::Server;
use homeroom_loadtest::{Options, Scenario, hold};
use homeroom_sfu::udp::SendMode;
use std::io::Write;
use std::process::{Command, Stdio};

/// Says to the program started again where it is.
const INSIDE: &str = "HOMEROOM_TEST_IN_OWN_NETWORK";
const INNER: &str = "counters::in_a_network_of_its_own";
/// How far the counts may be apart, in percent: bots tell theirs ten times a second.
const APART: f64 = 1.0;

/// Long and large enough that a tenth of a second of one bot is little of it.
const LESSON: &str = r#"
students = 16
about = { kk = "a", ru = "b", en = "c" }
teacher = { layers = 3, speaks = true }
class = { see_teacher = true, height = 720 }
time = { settle_seconds = 3, seconds = 6 }
"#;

fn in_own_network() -> Command {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    Command::new(format!("{scripts}/in-own-network.sh"))
}

#[test]
fn figures_are_those_of_the_kernels_own_counters() {
    let tried = in_own_network().arg("true").stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        // Past the test's own output, which nobody sees of a test that passes.
        let text = "SKIPPED counters: this system makes no network for a test\n";
        let _ = std::io::stderr().write_all(text.as_bytes());
        return;
    }
    let own = std::env::current_exe().expect("this program");
    let inner = in_own_network()
        .arg(own)
        .args(["--exact", INNER, "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .output();
    let inner = inner.expect("runs");
    let said = String::from_utf8_lossy(&inner.stdout);
    let why = String::from_utf8_lossy(&inner.stderr);
    let is_held = said.contains("1 passed");
    assert!(inner.status.success() && is_held, "{said}{why}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the test above runs it, in a network of its own"]
async fn in_a_network_of_its_own() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    // Runs of datagrams that travel as one are one in the kernel's count of datagrams, but all of
    // them are in its count of bytes.
    for (mode, each_alone) in [(SendMode::Batched, true), (SendMode::Segmented, false)] {
        let server = Server::configured(|config| config.udp_send = mode).await;
        let scenario = Scenario::parse("lesson", LESSON).expect("a scenario");
        let options = Options::quiet(server.http());
        let trial = hold(&scenario, scenario.students, &options).await;
        let trial = trial.expect("the lesson is held");
        let kernel = trial.kernel.expect("light bots count every byte");
        println!("{mode:?}: {kernel:?}");
        assert!(kernel.our_bytes > 1_000_000, "{kernel:?}");
        assert!(kernel.disagreement_percent < APART, "{mode:?}: {kernel:?}");
        let (ours, theirs) = (kernel.our_datagrams as f64, kernel.datagrams as f64);
        let apart = 100.0 * (theirs - ours).abs() / theirs;
        assert!(apart < APART || !each_alone, "{apart} %: {kernel:?}");
    }
}
