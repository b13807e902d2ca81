//! The truth test with real bots: a script is played by people with real media on a server that is
//! really killed, and the roll that the server then shows is laid beside the script.
//!
//! [`school`] makes the school, its rules and its list as an office would; an [`attendee`] is one
//! person and does what the script says, when it says so; [`findings`] are what came of it.
//!
//! Invariant: nothing is asked of the server that a page, a school's tool or a power cut would not
//! do to it; whatever is compared, the server said over HTTP.

mod attendee;
mod findings;
mod school;

pub use findings::{Finding, Findings};

use crate::lessons::Lessons;
use crate::own_server::OwnServer;
use anyhow::{Context, Result};
use attendee::{Attended, Attendee, Stage};
use homeroom_truth::{Kind, Script, ServerDeed, Timed};
use school::School;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// From when everybody is ready to the first deed.
const LEAD: Duration = Duration::from_millis(500);
/// A server that was killed is started at most so long before it is to answer: it finds more done
/// than at its first start, and an outage that is too short is another lesson.
const MOST_EARLY: Duration = Duration::from_millis(500);
/// Devices that are given to pupils at a time.
const LINKS_AT_ONCE: usize = 16;

/// Plays a script on a server of its own and lays the roll beside it. `tell` hears what happens.
///
/// # Errors
/// When it cannot be played to its end. A roll that is wrong is no error: the findings say so.
pub async fn play(
    script: &Script,
    binary: &Path,
    cores: &[usize],
    tell: impl Fn(&str),
) -> Result<Findings> {
    let began = Instant::now();
    let mut server = OwnServer::start(binary, cores).await?;
    let took_to_start = began.elapsed();
    let school = School::open(&server).await?;
    school.set_rules(script).await?;
    let list: Vec<&str> = script.pupils().map(|pupil| pupil.name.as_str()).collect();
    let class = school.class(&list).await?;
    let mut devices = school.devices(&class, LINKS_AT_ONCE).await?;
    let lesson = school.start_lesson(&class).await?;
    tell(&format!("{} pupils have a device each", list.len()));

    let first_ms = script.people.iter().flat_map(|person| &person.does);
    let first_ms = first_ms.map(|timed| timed.at_ms).min().unwrap_or(0).min(0);
    let zero = Instant::now() + LEAD + Duration::from_millis(first_ms.unsigned_abs());
    let zero = Arc::new(watch::Sender::new(zero));
    let stage = Arc::new(Stage {
        school,
        lesson: lesson.clone(),
        zero: Arc::clone(&zero),
        length_ms: script.length_ms,
        runs_again_ms: starts(script),
        is_over: watch::Sender::new(false),
    });
    let mut everybody = JoinSet::new();
    for (place, person) in script.people.iter().enumerate() {
        let device = match person.kind {
            Kind::Pupil => Some(devices.remove(&person.name).context("has no device")?),
            Kind::Teacher | Kind::Guest => None,
        };
        let attendee = Attendee::new(Arc::clone(&stage), person.clone(), device);
        everybody.spawn(async move { (place, attendee.attend().await) });
    }
    let acting = serve(&mut server, &script.server, took_to_start, &zero, &tell);
    let attending = async {
        let mut attended: Vec<(usize, Attended)> = Vec::new();
        while let Some(one) = everybody.join_next().await {
            let (place, one) = one?;
            let name = &script.people[place].name;
            attended.push((
                place,
                one.with_context(|| format!("{name} could not play on"))?,
            ));
        }
        attended.sort_unstable_by_key(|(place, _)| *place);
        anyhow::Ok(attended)
    };
    let (served, attended) = tokio::try_join!(acting, attending)?;
    tell("the lesson is over");
    let lessons = Lessons::at(server.url());
    let roll = lessons.roll(&lesson.code, &lesson.teacher_token).await?;
    let attended = attended.into_iter().map(|(_, one)| one);
    Ok(Findings::of(script, &roll, attended.collect(), served))
}

/// When the server runs again, by the script.
fn starts(script: &Script) -> Vec<i64> {
    let runs = script.server.iter();
    let runs = runs.filter(|timed| timed.deed == ServerDeed::RunsAgain);
    runs.map(|timed| timed.at_ms).collect()
}

/// Kills the server and starts it, early enough to answer when the script says. Answers how often
/// it was killed.
async fn serve(
    server: &mut OwnServer,
    deeds: &[Timed<ServerDeed>],
    took_to_start: Duration,
    zero: &watch::Sender<Instant>,
    tell: &impl Fn(&str),
) -> Result<u32> {
    let mut kills = 0;
    for timed in deeds {
        let early = match timed.deed {
            ServerDeed::IsKilled => Duration::ZERO,
            ServerDeed::RunsAgain => took_to_start.min(MOST_EARLY),
        };
        attendee::wait_for(zero, timed.at_ms, early).await;
        match timed.deed {
            ServerDeed::IsKilled => {
                server.kill()?;
                kills += 1;
                tell("the server is killed");
            }
            ServerDeed::RunsAgain => {
                server.restart().await?;
                tell("the server runs again");
            }
        }
    }
    Ok(kills)
}
