//! CPU per forwarded packet, sockets included: rows 1, 2, 3 and 10.
//!
//! Invariant: the other side of each comparison gets the same packets at the same times for the
//! same receivers, in the same run.

use super::say;
use crate::report::Row;
use crate::scene::Scene;
use crate::server::ServerOptions;
use crate::statistics::median;
use crate::subject::{Bench, Subject};
use crate::window::{Window, measure};
use anyhow::Result;
use std::time::Duration;

/// Name of the floor.
pub const NULL_FORWARDER: &str = "null forwarder";

/// How often, and how long each time.
pub fn rounds(bench: &Bench) -> (usize, Duration) {
    match bench.quick {
        true => (1, Duration::from_secs(2)),
        false => (3, Duration::from_secs(5)),
    }
}

/// Row 1.
pub fn lecture(bench: &mut Bench) -> Result<Vec<Row>> {
    let scene = Scene::lectures(1, 400);
    let workload = "lecture 1 → 400, 720p and voice";
    say(1, workload);
    let options = bench.one_worker();
    let single = ServerOptions {
        flags: vec!["--udp-send".to_owned(), "single".to_owned()],
        ..options.clone()
    };
    let subjects = [
        ("homeroom", bench.homeroom(&scene, &options)?),
        (NULL_FORWARDER, bench.null_forwarder(&scene)?),
        (
            "homeroom, a call per packet",
            bench.homeroom(&scene, &single)?,
        ),
    ];
    compare(bench, 1, workload, subjects.into())
}

/// Row 2.
pub fn seminar(bench: &mut Bench) -> Result<Vec<Row>> {
    let scene = Scene::seminar(30, 9, 3);
    one_against_null(bench, 2, "seminar, 30 cameras, 9 watched, 3 speak", &scene)
}

/// Row 3.
pub fn voices(bench: &mut Bench) -> Result<Vec<Row>> {
    let scene = Scene::voices(10, 3, 300);
    one_against_null(bench, 3, "voices 10 → 300, 3 heard", &scene)
}

fn one_against_null(bench: &mut Bench, row: u8, workload: &str, scene: &Scene) -> Result<Vec<Row>> {
    say(row, workload);
    let options = bench.one_worker();
    let subjects = [
        ("homeroom", bench.homeroom(scene, &options)?),
        (NULL_FORWARDER, bench.null_forwarder(scene)?),
    ];
    compare(bench, row, workload, subjects.into())
}

/// Row 10.
pub fn rooms(bench: &mut Bench) -> Result<Vec<Row>> {
    let scene = Scene::lectures(40, 29);
    let workload = "40 lectures of 30, 2 workers";
    say(10, workload);
    let options = ServerOptions {
        cores: vec![bench.cores.server, bench.cores.generator],
        workers: 2,
        flags: Vec::new(),
    };
    let subjects = [
        ("homeroom", bench.homeroom(&scene, &options)?),
        (NULL_FORWARDER, bench.null_forwarder(&scene)?),
    ];
    let (names, windows) = take_turns(bench, 10, subjects.into())?;
    let [ours, theirs] = [0, 1].map(|i| (names[i], &windows[i][..]));
    let per_packet = row_of(10, workload, ours, theirs);
    let used = |i: usize| median(windows[i].iter().map(Window::cores));
    let mut cores = Row::new(10, workload, "cores").against(used(0), NULL_FORWARDER, used(1));
    cores.valid = per_packet.valid;
    cores.problems = per_packet.problems.clone();
    Ok(vec![cores, per_packet])
}

/// The first subject against each of the others.
fn compare(
    bench: &mut Bench,
    row: u8,
    workload: &str,
    subjects: Vec<(&'static str, Subject)>,
) -> Result<Vec<Row>> {
    let (names, windows) = take_turns(bench, row, subjects)?;
    let sides: Vec<_> = names
        .into_iter()
        .zip(windows.iter().map(Vec::as_slice))
        .collect();
    let (ours, others) = (sides[0], &sides[1..]);
    let rows = others
        .iter()
        .map(|theirs| row_of(row, workload, ours, *theirs));
    Ok(rows.collect())
}

/// Measures the subjects in turn, round by round, and ends them.
fn take_turns(
    bench: &mut Bench,
    row: u8,
    subjects: Vec<(&'static str, Subject)>,
) -> Result<(Vec<&'static str>, Vec<Vec<Window>>)> {
    let turns: Vec<_> = subjects
        .iter()
        .map(|(name, subject)| (*name, subject))
        .collect();
    let windows = measure_in_turn(bench, row, &turns)?;
    let names = subjects.iter().map(|(name, _)| *name).collect();
    for (_, subject) in subjects {
        bench.end(subject);
    }
    Ok((names, windows))
}

/// Measures the subjects in turn, round by round.
pub fn measure_in_turn(
    bench: &mut Bench,
    row: u8,
    subjects: &[(&str, &Subject)],
) -> Result<Vec<Vec<Window>>> {
    let (rounds, time) = rounds(bench);
    let mut windows = vec![Vec::new(); subjects.len()];
    for round in 0..rounds {
        for ((name, subject), windows) in subjects.iter().zip(&mut windows) {
            let window = measure(bench, subject, time)?;
            let (us, delivered) = (window.us_per_packet(), 100.0 * window.delivery);
            let (used, busy) = (100.0 * window.cores(), 100.0 * window.generator_busy);
            let round = round + 1;
            say(
                row,
                &format!(
                    "round {round}, {name}: {us:.3} µs/packet, {used:.0} % of a core, \
                     {delivered:.2} % delivered, generator {busy:.0} %"
                ),
            );
            windows.push(window);
        }
    }
    Ok(windows)
}

/// What a subject is called, and what was seen of it.
pub type Side<'a> = (&'a str, &'a [Window]);

/// One subject against another, round by round.
pub fn row_of(row: u8, workload: &str, ours: Side<'_>, theirs: Side<'_>) -> Row {
    let ((our_name, ours), (their_name, theirs)) = (ours, theirs);
    let middle = |of: &[Window], figure: &dyn Fn(&Window) -> f64| median(of.iter().map(figure));
    let mut row = Row::new(row, workload, "µs/packet").against(
        middle(ours, &Window::us_per_packet),
        their_name,
        middle(theirs, &Window::us_per_packet),
    );
    let ratios = ours.iter().zip(theirs);
    row.ratio = median(ratios.map(|(a, b)| a.us_per_packet() / b.us_per_packet()));
    for (side, name) in [(ours, our_name), (theirs, their_name)] {
        for problem in side.iter().flat_map(|window| &window.problems) {
            row.invalid_unless(false, format!("{name}: {problem}"));
        }
    }
    let counted = |of: &[Window], name: &str| {
        middle(of, &|w| w.counted.get(name).copied().unwrap_or(f64::NAN))
    };
    let per = |of: &[Window], a: &str, b: &str| counted(of, a) / counted(of, b);
    row.detail("packets/s", middle(ours, &|w| w.arrived / w.seconds))
        .detail("delivered %", middle(ours, &|w| 100.0 * w.delivery))
        .detail("user µs", middle(ours, &Window::user_us))
        .detail("baseline user µs", middle(theirs, &Window::user_us))
        .detail("core %", middle(ours, &|w| 100.0 * w.cores()))
        .detail("baseline core %", middle(theirs, &|w| 100.0 * w.cores()))
        .detail("generator %", middle(ours, &|w| 100.0 * w.generator_busy))
        .detail("rtp_sent", counted(ours, "sfu_rtp_sent_total"))
        .detail("send_full", counted(ours, "sfu_send_full_total"))
        .detail(
            "datagrams a send call",
            per(ours, "sfu_rtp_sent_total", "sfu_send_calls_total"),
        )
        .detail(
            "datagrams a GSO run",
            per(ours, "sfu_gso_datagrams_total", "sfu_gso_runs_total"),
        )
}
