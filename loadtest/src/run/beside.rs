//! What goes on beside a lesson while it is measured: people come and go, hands fly, rubbish comes.
//!
//! Invariant: none of it is done by those who are measured, except hands; it ends when dropped.

use super::Options;
use super::crowd::Crowd;
use crate::light::{LightBot, LightConfig, Samples};
use crate::scenario::Scenario;
use crate::socket::Socket;
use homeroom_protocol::{ClientMessage, LessonCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a passer-by stays.
const STAY: Duration = Duration::from_secs(3);
/// Pace of rubbish of one hostile client.
const RUBBISH: Duration = Duration::from_millis(100);

/// What a broken or malicious client sends, in turn.
const NONSENSE: [&str; 6] = [
    "",
    "{",
    r#"{"type":"end_lesson"}"#,
    r#"{"type":"join","version":1,"lesson":"222-222-222","name":"x"}"#,
    r#"{"type":"watch","slots":[1,2,3,4,5,6,7,8,9,10,11,12,13,14]}"#,
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

/// Starts it.
pub(super) fn start(scenario: &Scenario, options: &Options, crowd: &Arc<Crowd>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let beside = scenario.beside;
    if beside.churn_per_second > 0 {
        let pace = Duration::from_secs(1) / beside.churn_per_second;
        let codes: Vec<LessonCode> = crowd.lessons().iter().map(|l| l.code.clone()).collect();
        tasks.spawn(churn(options.server.clone(), codes, pace));
    }
    if beside.hands_per_second > 0 {
        let pace = Duration::from_secs(1) / beside.hands_per_second;
        tasks.spawn(hands(Arc::clone(crowd), pace));
    }
    for _ in 0..beside.hostile {
        tasks.spawn(hostile(options.server.clone()));
    }
    tasks
}

/// Each comes, stays a little, and goes: every other one without a word.
async fn churn(server: String, lessons: Vec<LessonCode>, pace: Duration) {
    let samples = Arc::new(Samples::default());
    let mut clock = tokio::time::interval(pace);
    let mut passing = JoinSet::new();
    for number in 0_usize.. {
        clock.tick().await;
        let lesson = &lessons[number % lessons.len().max(1)];
        let config = LightConfig::new(&server, lesson, "Passer-by", &samples);
        passing.spawn(async move {
            let Ok(bot) = LightBot::join(config).await else {
                return;
            };
            tokio::time::sleep(STAY).await;
            if number.is_multiple_of(2) {
                bot.leave().await;
            }
        });
        while passing.try_join_next().is_some() {}
    }
}

async fn hands(crowd: Arc<Crowd>, pace: Duration) {
    let students = crowd.students();
    drop(crowd);
    let mut clock = tokio::time::interval(pace);
    for turn in 0_usize.. {
        for (i, student) in students.iter().enumerate() {
            clock.tick().await;
            let raised = (turn + i).is_multiple_of(2);
            student.say(ClientMessage::RaiseHand { raised }).await;
        }
        if students.is_empty() {
            return;
        }
    }
}

async fn hostile(server: String) {
    let mut clock = tokio::time::interval(RUBBISH);
    for number in 0_usize.. {
        clock.tick().await;
        let Ok(mut socket) = Socket::open(&server).await else {
            continue;
        };
        let nonsense = NONSENSE[number % NONSENSE.len()];
        // Whether it is taken, refused or answered by a closed door is the server's business.
        let _ = socket.send_text(nonsense.to_owned()).await;
        let _ = socket.send_bytes(vec![0xff; 2_000]).await;
        let _ = tokio::time::timeout(RUBBISH, socket.next_text()).await;
    }
}
