//! Row 11: what it costs that people come and go in a full lesson.
//!
//! Invariant: the same server with the same people, with and without churn, in turn; what is told
//! is the difference.

use super::say;
use crate::door::{Door, Person, ask, let_in};
use crate::generator::PeerId;
use crate::report::Row;
use crate::signalling::Signalling;
use crate::statistics::median;
use crate::subject::Bench;
use crate::usage::cpu_time;
use anyhow::Result;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// People who leave, and as many who come, in a minute, for each who is there.
const CHURN_PER_MINUTE: f64 = 0.1;
/// What it may cost, in cores.
const LIMIT: f64 = 0.01;
/// Camera slots of a phone's page.
const PHONE_SLOTS: usize = 4;

/// The rows.
pub fn rows(bench: &mut Bench) -> Result<Vec<Row>> {
    let people = if bench.quick { 300 } else { 1_000 };
    say(11, &format!("a class of {people}, 10 % churn a minute"));
    let server = bench.server(&bench.one_worker())?;
    let mut door = Signalling::open(bench.runtime.clone(), server.url(), 1)?;
    let group = bench.new_group();
    let mut here = VecDeque::new();
    let mut first = Vec::new();
    for number in 0..people {
        let link = bench.endpoint();
        let peer = bench.generator.add(group, link, Vec::new())?;
        first.push((peer, person(number == 0)));
        // The teacher stays.
        if number > 0 {
            here.push_back(peer);
        }
    }
    let within = Duration::from_secs(120);
    let_in(&mut bench.generator, &mut door, &first, within)?;
    bench.generator.run_for(Duration::from_secs(2))?;
    let (rounds, seconds) = if bench.quick { (1, 4.0) } else { (3, 10.0) };
    let interval = 60.0 / (CHURN_PER_MINUTE * f64::from(people));
    let mut without = Vec::new();
    let mut with = Vec::new();
    let mut moves = 0;
    for _ in 0..rounds {
        let before = cpu_time(&[server.pid()])?;
        bench.generator.run_for(Duration::from_secs_f64(seconds))?;
        without.push((cpu_time(&[server.pid()])? - before).total / seconds);
        let before = cpu_time(&[server.pid()])?;
        moves += churn(bench, &mut door, &mut here, seconds, interval)?;
        with.push((cpu_time(&[server.pid()])? - before).total / seconds);
    }
    bench.generator.remove(first.iter().map(|(peer, _)| *peer));
    bench.generator.remove(here);
    let (with_churn, idle) = (median(with.clone()), median(without.clone()));
    let above = median(
        with.iter()
            .zip(&without)
            .map(|(with, without)| with - without),
    );
    let workload = format!("presence, class of {people}, 10 %/min come and go");
    let row = |ours| Row::new(11, workload.clone(), "cores").detail("moves", ours);
    let mut rows = vec![
        row(f64::from(moves)).against(above, "limit", LIMIT),
        row(f64::from(moves)).against(with_churn, "the same, nobody moves", idle),
    ];
    rows[0]
        .details
        .insert("ms per leave and join".to_owned(), 1e3 * above * interval);
    Ok(rows)
}

const fn person(is_teacher: bool) -> Person {
    Person {
        lesson: 0,
        is_teacher,
        video_slots: PHONE_SLOTS,
    }
}

/// For so long, somebody leaves and somebody comes at each interval; how many pairs that was.
fn churn(
    bench: &mut Bench,
    door: &mut Signalling,
    here: &mut VecDeque<PeerId>,
    seconds: f64,
    interval: f64,
) -> Result<i32> {
    let started = Instant::now();
    let mut pairs = 0;
    loop {
        let due = interval * (f64::from(pairs) + 0.5);
        let until = due.min(seconds) - started.elapsed().as_secs_f64();
        let end = Instant::now() + Duration::from_secs_f64(until.max(0.0));
        bench
            .generator
            .run_until(Duration::from_secs(60), "its time", |generator| {
                while let Some((peer, way)) = door.poll()? {
                    generator.connect(peer, way);
                }
                Ok(Instant::now() >= end)
            })?;
        if due >= seconds {
            return Ok(pairs);
        }
        if let Some(leaving) = here.pop_front() {
            door.leave(leaving);
            bench.generator.remove([leaving]);
        }
        let group = bench.new_group();
        let link = bench.endpoint();
        let coming = bench.generator.add(group, link, Vec::new())?;
        ask(&bench.generator, door, &[(coming, person(false))])?;
        here.push_back(coming);
        pairs += 1;
    }
}
