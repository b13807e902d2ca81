//! What goes on beside a lesson while it is measured: people come and go, hands fly, rubbish comes.
//!
//! Invariant: none of it is done by those who are measured, except hands; what was done is counted,
//! so that a lesson beside which nothing happened is not taken for one that bore it.

use super::Options;
use super::crowd::Crowd;
use crate::light::{LightBot, LightConfig, Samples};
use crate::origin::Origin;
use crate::scenario::Scenario;
use crate::socket::Socket;
use crate::trial::Meanwhile;
use homeroom_protocol::{ClientMessage, CreatedLesson, ParticipantId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// What goes on, until it is told to end or dropped.
pub(super) struct Beside {
    tasks: JoinSet<()>,
    count: Arc<Count>,
}

#[derive(Default)]
struct Count {
    passers: AtomicU64,
    turned_away: AtomicU64,
    hands: AtomicU64,
    rubbish: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Beside {
    /// Starts it.
    pub(super) fn start(scenario: &Scenario, options: &Options, crowd: &Arc<Crowd>) -> Self {
        let mut tasks = JoinSet::new();
        let count = Arc::new(Count::default());
        let beside = scenario.beside;
        if beside.churn_per_second > 0 {
            let pace = Duration::from_secs(1) / beside.churn_per_second;
            let passers = passers(scenario, options, crowd);
            tasks.spawn(churn(passers, pace, Arc::clone(&count)));
        }
        if beside.hands_per_second > 0 {
            let pace = Duration::from_secs(1) / beside.hands_per_second;
            tasks.spawn(hands(Arc::clone(crowd), pace, Arc::clone(&count)));
        }
        for _ in 0..beside.hostile {
            tasks.spawn(hostile(options.server.clone(), Arc::clone(&count)));
        }
        Self { tasks, count }
    }

    /// Ends it, and says what was done.
    pub(super) async fn end(mut self) -> Meanwhile {
        self.tasks.shutdown().await;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Meanwhile {
            passers: read(&self.count.passers),
            turned_away: read(&self.count.turned_away),
            hands: read(&self.count.hands),
            told: 0,
            rubbish: read(&self.count.rubbish),
        }
    }
}

/// A passer-by of each lesson.
fn passers(scenario: &Scenario, options: &Options, crowd: &Crowd) -> Vec<Passer> {
    let samples = Arc::new(Samples::default());
    let lessons = crowd.lessons().iter().zip(crowd.teachers());
    let passer = |(lesson, teacher): (&CreatedLesson, &LightBot)| Passer {
        config: LightConfig {
            via: options.via,
            from: options.from,
            ..LightConfig::new(&options.server, &lesson.code, "Passer-by", &samples)
        },
        sees: scenario.class.see_teacher.then(|| teacher.id()),
        height: scenario.class.height,
    };
    lessons.map(passer).collect()
}

/// Somebody who comes, stays a little, and goes.
#[derive(Clone)]
struct Passer {
    config: LightConfig,
    sees: Option<ParticipantId>,
    height: u16,
}

impl Passer {
    /// Whether there was a seat, and sound.
    async fn pass(self, politely: bool) -> bool {
        let Ok(bot) = LightBot::join(self.config).await else {
            return false;
        };
        let sees: Vec<ParticipantId> = self.sees.into_iter().collect();
        bot.watch(&sees, self.height).await;
        tokio::time::sleep(STAY).await;
        let has_heard = bot.fare().first_sound.is_some();
        if politely {
            bot.leave().await;
        }
        has_heard
    }
}

/// Every other one goes without a word.
async fn churn(passers: Vec<Passer>, pace: Duration, count: Arc<Count>) {
    let mut clock = tokio::time::interval(pace);
    let mut passing = JoinSet::new();
    for (number, passer) in passers.iter().cycle().enumerate() {
        clock.tick().await;
        let (passer, count) = (passer.clone(), Arc::clone(&count));
        passing.spawn(async move {
            let has_heard = passer.pass(number.is_multiple_of(2)).await;
            add(&count.passers);
            if !has_heard {
                add(&count.turned_away);
            }
        });
        while passing.try_join_next().is_some() {}
    }
}

async fn hands(crowd: Arc<Crowd>, pace: Duration, count: Arc<Count>) {
    let students = crowd.students();
    drop(crowd);
    let mut clock = tokio::time::interval(pace);
    for turn in 0_usize.. {
        for (i, student) in students.iter().enumerate() {
            clock.tick().await;
            let raised = (turn + i).is_multiple_of(2);
            student.say(ClientMessage::RaiseHand { raised }).await;
            add(&count.hands);
        }
        if students.is_empty() {
            return;
        }
    }
}

async fn hostile(server: Origin, count: Arc<Count>) {
    let mut clock = tokio::time::interval(RUBBISH);
    for nonsense in NONSENSE.iter().cycle() {
        clock.tick().await;
        let Ok(mut socket) = Socket::open(&server).await else {
            continue;
        };
        add(&count.rubbish);
        // Whether it is taken, refused or answered by a closed door is the server's business.
        let _ = socket.send_text((*nonsense).to_owned()).await;
        let _ = socket.send_bytes(vec![0xff; 2_000]).await;
        let _ = tokio::time::timeout(RUBBISH, socket.next_text()).await;
    }
}
