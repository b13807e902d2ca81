//! Scenarios with behaviour of their own, in a few seconds each: what they promise to do to a
//! lesson is done, and the lesson bears it.

use crate::server::Server;
use crate::trials::{self, shown};
use homeroom_loadtest::{Meanwhile, Options, Scenario, Trial};

/// The scenario of a school, made short enough for a test, with limits for a busy machine.
fn short(name: &str, change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = Scenario::load(name).expect("shipped");
    scenario.students = 8;
    scenario.full = 0;
    scenario.teacher.layers = 1;
    scenario.class.height = 180;
    scenario.time.settle_seconds = 2;
    scenario.time.seconds = 4;
    let limits = &mut scenario.limits;
    (limits.join_ms, limits.frozen_percent) = (10_000.0, 5.0);
    (limits.voice_ms, limits.picture_ms) = (500.0, 500.0);
    change(&mut scenario);
    scenario
}

async fn held(scenario: &Scenario) -> Trial {
    let server = Server::start().await;
    trials::held(scenario, &Options::quiet(server.http())).await
}

/// Nothing bad came of it.
#[track_caller]
fn assert_borne(trial: &Trial) {
    assert_eq!(trial.limits_hit, [], "{}", shown(trial));
    assert_eq!(
        (trial.joined, trial.heard),
        (trial.students, trial.students)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_does_not_queue_at_our_own_door() {
    let trial = held(&short("stampede", |s| s.students = 40)).await;
    assert_borne(&trial);
    assert_eq!(trial.lessons, 2);
    // Who does not wait for others has a seat as soon as the slowest of them has; and those who
    // look come by each second.
    let all = trial.join_ms.max / 1e3 + 1.0;
    let late: Vec<_> = trial.timeline.iter().filter(|s| s.at > all).collect();
    let outside = late.iter().find(|second| second.joined < 40);
    assert!(
        !late.is_empty() && outside.is_none(),
        "{outside:?}: {all} s"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_come_and_go_get_in_and_disturb_nobody() {
    let trial = held(&short("churn", |s| s.time.seconds = 6)).await;
    assert_borne(&trial);
    let Meanwhile {
        passers,
        turned_away,
        ..
    } = trial.meanwhile;
    // Five a second, of whom those of the last three seconds are still there, and more on a slow
    // machine.
    let most = 5.0 * trial.seconds;
    assert!(passers >= 5 && passers as f64 <= most, "{passers}");
    assert_eq!(turned_away, 0);
    let cost = trial.server.expect("it says what it uses");
    assert_eq!(cost.disagreement_percent, None, "others got packets too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_hands_reaches_everybody_and_takes_no_sound_away() {
    let trial = held(&short("presence", |_| {})).await;
    assert_borne(&trial);
    let Meanwhile { hands, told, .. } = trial.meanwhile;
    assert!(hands >= 200, "a hundred a second: {hands}");
    // In a class changes gather for a tenth of a second, and everybody is told.
    assert!(told >= 8 * 20, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_is_sent_and_nobody_notices() {
    let trial = held(&short("hostile", |_| {})).await;
    assert_borne(&trial);
    // Twenty clients, each several times a second.
    assert!(trial.meanwhile.rubbish >= 100, "{:?}", trial.meanwhile);
    assert_eq!(
        trial.kernel, None,
        "what strangers send is counted by nobody"
    );
}
