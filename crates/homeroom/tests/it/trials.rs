//! Holding a lesson in a test.
//!
//! Invariant: what a report calls not valid is no verdict about the server, so it is held again;
//! but only so often, and then judged whatever the report says, or a test could never fail.

use homeroom_loadtest::{Options, Scenario, Trial, hold};

/// How often a lesson is held at most.
const TRIES: usize = 3;

/// Holds a lesson, until it proves something.
pub async fn held(scenario: &Scenario, options: &Options) -> Trial {
    for _ in 1..TRIES {
        let trial = held_once(scenario, options).await;
        if trial.is_valid() {
            return trial;
        }
        println!("not valid, once more: {}", shown(&trial));
    }
    held_once(scenario, options).await
}

/// Holds a lesson on a server of which something bad is to be said: that it was bad beside a busy
/// machine, too, is nothing to wait for.
pub async fn held_once(scenario: &Scenario, options: &Options) -> Trial {
    let trial = hold(scenario, scenario.students, options).await;
    trial.expect("the lesson is held")
}

/// Everything about it but how it went, second by second.
pub fn shown(trial: &Trial) -> String {
    let short = Trial {
        timeline: Vec::new(),
        ..trial.clone()
    };
    format!("{short:#?}")
}
