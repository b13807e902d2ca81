//! Row 5: what one more receiver costs the server in memory, signalling's sockets included.
//!
//! Invariant: the slope over one lecture that grows, so that what a server needs at all is not
//! counted.

use super::say;
use crate::door::{Person, let_in};
use crate::generator::PeerId;
use crate::media::Shape;
use crate::offer::track;
use crate::report::Row;
use crate::signalling::Signalling;
use crate::statistics::slope;
use crate::subject::Bench;
use crate::usage::{Memory, memory};
use anyhow::Result;
use std::time::{Duration, Instant};

/// Receivers at which memory is read.
const SIZES: [usize; 3] = [50, 200, 400];
/// What a receiver may cost, in KiB.
const LIMIT_KIB: f64 = 64.0;
/// Camera slots of a phone's page.
const PHONE_SLOTS: usize = 4;

/// The row.
pub fn rows(bench: &mut Bench) -> Result<Vec<Row>> {
    say(5, "a lecture that grows: 50, 200, 400 receivers");
    let server = bench.server(&bench.one_worker())?;
    let mut door = Signalling::open(bench.runtime.clone(), server.url(), 1)?;
    let group = bench.new_group();
    let now = Instant::now();
    let tracks = [Shape::CAMERA_720P, Shape::VOICE].map(|shape| track(shape, 0, now));
    let link = bench.endpoint();
    let teacher = bench.generator.add(group, link, tracks.into())?;
    join(bench, &mut door, &[teacher], true)?;
    bench.generator.publish(group, true);
    let mut peers = Vec::new();
    let mut points = Vec::new();
    for size in SIZES {
        let mut fresh = Vec::new();
        while peers.len() + fresh.len() < size {
            let link = bench.endpoint();
            fresh.push(bench.generator.add(group, link, Vec::new())?);
        }
        join(bench, &mut door, &fresh, false)?;
        for &peer in &fresh {
            door.watch(peer, &[teacher])?;
        }
        peers.extend(fresh);
        let settle = Duration::from_secs(if bench.quick { 1 } else { 3 });
        bench.generator.run_for(settle)?;
        let all_receive = peers.iter().all(|peer| bench.generator.has_media(*peer));
        anyhow::ensure!(all_receive, "media does not reach everybody");
        let held = memory(&[server.pid()])?;
        say(
            5,
            &format!("{size} receivers: {:.0} KiB resident", held.resident),
        );
        points.push((size as f64, held));
    }
    bench.generator.publish(group, false);
    bench.generator.remove(peers.into_iter().chain([teacher]));
    let of = |figure: fn(&Memory) -> f64| {
        let points: Vec<_> = points
            .iter()
            .map(|(size, held)| (*size, figure(held)))
            .collect();
        slope(&points)
    };
    let row = Row::new(
        5,
        "memory, lecture of 50 to 400, with signalling",
        "KiB/receiver",
    )
    .against(of(|m| m.resident), "limit", LIMIT_KIB)
    .detail("proportional KiB", of(|m| m.proportional))
    .detail("anonymous KiB", of(|m| m.anonymous))
    .detail(
        "resident KiB at 400",
        points.last().map_or(f64::NAN, |p| p.1.resident),
    );
    Ok(vec![row])
}

fn join(
    bench: &mut Bench,
    door: &mut Signalling,
    peers: &[PeerId],
    is_teacher: bool,
) -> Result<()> {
    let person = Person {
        lesson: 0,
        is_teacher,
        video_slots: PHONE_SLOTS,
    };
    let people: Vec<_> = peers.iter().map(|peer| (*peer, person.clone())).collect();
    let_in(&mut bench.generator, door, &people, Duration::from_secs(60))
}
