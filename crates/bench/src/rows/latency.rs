//! Row 6: how late a packet is for having gone through us, at about half of a core's load.
//!
//! The moment is taken right before the publisher's send and, at sampled receivers, by the kernel
//! when the packet is there. So both ways through the machine's loopback are in it, and in the
//! null forwarder's too.
//!
//! Invariant: the load is made of whole lectures, and is told with the figures.

use super::forwarding::NULL_FORWARDER;
use super::say;
use crate::report::Row;
use crate::scene::Scene;
use crate::statistics::median;
use crate::subject::Bench;
use crate::window::{Window, measure};
use anyhow::Result;
use hdrhistogram::Histogram;
use std::time::Duration;

/// Listeners of one lecture: a class. In a hall the last one waits for the others' packets, and the
/// figures would be about the hall's size.
const LISTENERS: usize = 29;
/// Share of a core we want to be used.
const LOAD: f64 = 0.5;
/// Lectures from which the load of more is told.
const TRIED: usize = 14;
/// Most lectures: what the generator can take.
const MAX_LECTURES: usize = 60;

/// The rows.
pub fn rows(bench: &mut Bench) -> Result<Vec<Row>> {
    let lectures = find_load(bench)?;
    let scene = Scene::lectures(lectures, LISTENERS);
    let options = bench.one_worker();
    let ours = bench.homeroom(&scene, &options)?;
    let null = bench.null_forwarder(&scene)?;
    let (rounds, time) = super::forwarding::rounds(bench);
    let mut windows = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (subject, windows) in [&ours, &null].into_iter().zip(&mut windows) {
            windows.push(measure(bench, subject, time)?);
        }
    }
    bench.end(ours);
    bench.end(null);
    let load = 100.0 * median(windows[0].iter().map(Window::cores));
    let workload = format!("added latency, {lectures} × 1 → {LISTENERS}, core {load:.0} % busy");
    say(6, &workload);
    Ok(rows_of(&workload, &windows))
}

/// How many lectures use about half a core.
fn find_load(bench: &mut Bench) -> Result<usize> {
    say(6, "looking for half a core's load");
    let scene = Scene::lectures(TRIED, LISTENERS);
    let options = bench.one_worker();
    let subject = bench.homeroom(&scene, &options)?;
    let window = measure(bench, &subject, Duration::from_secs(2))?;
    bench.end(subject);
    let lectures = (TRIED as f64 * LOAD / window.cores()).round() as usize;
    Ok(lectures.clamp(1, MAX_LECTURES))
}

fn rows_of(workload: &str, windows: &[Vec<Window>; 2]) -> Vec<Row> {
    let [ours, null] = windows;
    let mut rows = Vec::new();
    for is_video in [false, true] {
        let kind = if is_video { "video" } else { "audio" };
        let (ours_us, null_us) = (merged(ours, is_video), merged(null, is_video));
        let figures = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)];
        for (name, quantile) in figures {
            let of = |delays: &Histogram<u64>| match delays.is_empty() {
                true => f64::NAN,
                false => delays.value_at_quantile(quantile) as f64 / 1e3,
            };
            let workload = format!("{workload}, {kind} {name}");
            let mut row =
                Row::new(6, workload, "µs").against(of(&ours_us), NULL_FORWARDER, of(&null_us));
            for problem in ours.iter().chain(null).flat_map(|window| &window.problems) {
                row.invalid_unless(false, problem);
            }
            rows.push(row.detail("sampled packets", ours_us.len() as f64));
        }
    }
    if let Some(row) = rows.first_mut() {
        let busy = |of: &[Window]| 100.0 * median(of.iter().map(Window::cores));
        let generator = 100.0 * median(ours.iter().map(|w| w.generator_busy));
        *row = row
            .clone()
            .detail("core %", busy(ours))
            .detail("baseline core %", busy(null))
            .detail("generator %", generator);
    }
    rows
}

fn merged(windows: &[Window], is_video: bool) -> Histogram<u64> {
    let delays = windows.iter().filter_map(|window| window.delays.as_ref());
    let mut delays = delays.map(|d| if is_video { &d.video } else { &d.audio });
    let Some(first) = delays.next() else {
        return Histogram::new(3).expect("three digits are allowed");
    };
    let mut all = first.clone();
    for more in delays {
        all.add(more).expect("both have the same bounds");
    }
    all
}
