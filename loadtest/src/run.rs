//! Holds the lessons of a scenario with so many students, and says what they got.
//!
//! 1. `crowd` opens lessons and lets everybody come, at the scenario's pace;
//! 2. it settles: key frames are over, lines have been found out;
//! 3. `watch` looks at everybody each second, and the difference between two looks is the figure;
//! 4. everybody leaves politely, and teachers end their lessons.
//!
//! Invariant: what is measured is one window, and the same people for all of it. Who is told to
//! stop leaves politely too, and keeps what was measured.

mod beside;
mod crowd;
mod watch;

use crate::generator::{LagWatch, cpu_seconds};
use crate::light::Samples;
use crate::origin::Origin;
use crate::scenario::Scenario;
use crate::trial::{Doubt, Meanwhile, Second, Trial};
use anyhow::{Result, ensure};
use beside::Beside;
use crowd::Crowd;
use homeroom_protocol::CreatedLesson;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch as channel;
use watch::Watch;

/// How long the last of the crowd may take to get media before it is measured anyway.
const CONNECT_WAIT: Duration = Duration::from_secs(15);
/// How often the crowd is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a run needs to know beside its scenario.
pub struct Options {
    /// The server.
    pub server: Origin,
    /// Lessons that exist already; otherwise new ones are started.
    pub lessons: Vec<CreatedLesson>,
    /// Where media goes, instead of where the server says.
    pub via: Option<SocketAddr>,
    /// The address the bots' media comes from.
    pub from: IpAddr,
    /// Becomes `true` when the run is to end.
    pub stop: channel::Receiver<bool>,
    /// Hears how it goes, each second.
    pub progress: Arc<dyn Fn(&Second) + Send + Sync>,
}

impl Options {
    /// A server of this machine, and nobody who listens or stops.
    pub fn quiet(server: impl Into<Origin>) -> Self {
        let (never, stop) = channel::channel(false);
        // A sender that is gone never says `true`.
        drop(never);
        Self {
            server: server.into(),
            lessons: Vec::new(),
            via: None,
            from: Ipv4Addr::LOCALHOST.into(),
            stop,
            progress: Arc::new(|_| {}),
        }
    }
}

/// Waits until it is told to stop; for ever where nobody can tell.
async fn stopped(stop: &mut channel::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Holds a scenario with so many students.
///
/// # Errors
/// When a lesson cannot be started or a teacher does not get in. Students who do not are counted.
pub async fn hold(scenario: &Scenario, students: usize, options: &Options) -> Result<Trial> {
    scenario.check()?;
    ensure!(students > 0, "a lesson without students");
    let samples = Arc::new(Samples::default());
    let lag = LagWatch::start();
    let crowd = Arc::new(Crowd::open(scenario, students, options, &samples).await?);
    let mut watch = Watch::new(&options.server, Arc::clone(&samples), lag);
    let mut stop = options.stop.clone();

    let meanwhile = {
        let attending = attend(scenario, options, &crowd, &mut watch);
        tokio::select! {
            done = attending => Some(done?),
            () = stopped(&mut stop) => None,
        }
    };
    let mut trial = watch.finish(scenario, students, &crowd);
    match meanwhile {
        Some(meanwhile) => {
            let told = trial.meanwhile.told;
            trial.meanwhile = Meanwhile { told, ..meanwhile };
        }
        None => trial.doubts.insert(0, Doubt::Interrupted),
    }
    trial.judge(&scenario.limits, scenario.class.height);
    crowd.disperse().await;
    Ok(trial)
}

async fn attend(
    scenario: &Scenario,
    options: &Options,
    crowd: &Arc<Crowd>,
    watch: &mut Watch,
) -> Result<Meanwhile> {
    let joining = crowd.let_in();
    tokio::pin!(joining);
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut joining => break,
            _ = looks.tick() => (options.progress)(&watch.look(crowd).await),
        }
    }
    crowd.look_around().await;
    let deadline = Instant::now() + CONNECT_WAIT;
    let settled = Instant::now() + Duration::from_secs(scenario.time.settle_seconds);
    while Instant::now() < settled || (Instant::now() < deadline && !crowd.is_connected()) {
        looks.tick().await;
        (options.progress)(&watch.look(crowd).await);
    }
    let beside = Beside::start(scenario, options, crowd);
    watch.open(crowd).await;
    let end = Instant::now() + Duration::from_secs(scenario.time.seconds);
    while Instant::now() < end {
        looks.tick().await;
        (options.progress)(&watch.look(crowd).await);
    }
    watch.close(crowd).await;
    Ok(beside.end().await)
}

/// CPU time of this process so far, in seconds.
fn own_cpu() -> f64 {
    cpu_seconds(std::process::id()).unwrap_or(0.0)
}
