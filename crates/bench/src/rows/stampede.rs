//! Row 9: a school comes at the bell, and everybody has media.
//!
//! Joins a second of one core are joins by the server's CPU time, because here the students share
//! the machine: their own handshakes are what takes the wall's time.
//!
//! Invariant: a join counts when its first packet of media was authentic.

use super::say;
use crate::door::{Door, Person, ask, let_in};
use crate::generator::PeerId;
use crate::media::Shape;
use crate::offer::track;
use crate::report::Row;
use crate::signalling::Signalling;
use crate::subject::Bench;
use crate::usage::{cpu_time, thread_cpu_time};
use anyhow::{Context, Result};
use homeroom_sfu_core::transport::dtls::{Dtls, DtlsIdentity, RtcDtls};
use homeroom_sfu_core::transport::srtp::SrtpProfile;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Lessons they come to: a lesson takes 600 at once and then 5 a second.
const LESSONS: usize = 2;
/// Camera slots of a phone's page.
const PHONE_SLOTS: usize = 4;

/// The row.
pub fn rows(bench: &mut Bench) -> Result<Vec<Row>> {
    let students = if bench.quick { 300 } else { 1_000 };
    say(
        9,
        &format!("{students} students join {LESSONS} lessons at once"),
    );
    let server = bench.server(&bench.one_worker())?;
    let mut door = Signalling::open(bench.runtime.clone(), server.url(), LESSONS)?;
    let group = bench.new_group();
    let person = |lesson, is_teacher| Person {
        lesson,
        is_teacher,
        video_slots: PHONE_SLOTS,
    };
    let mut teachers = Vec::new();
    for lesson in 0..LESSONS {
        let voice = track(Shape::VOICE, 0, Instant::now());
        let link = bench.endpoint();
        let teacher = bench.generator.add(group, link, vec![voice])?;
        teachers.push((teacher, person(lesson, true)));
    }
    let_in(
        &mut bench.generator,
        &mut door,
        &teachers,
        Duration::from_secs(10),
    )?;
    bench.generator.publish(group, true);
    bench.generator.run_for(Duration::from_millis(300))?;
    let mut people = Vec::new();
    for number in 0..students {
        let link = bench.endpoint();
        let student = bench.generator.add(group, link, Vec::new())?;
        people.push((student, person(number % LESSONS, false)));
    }
    let (started, before) = (Instant::now(), cpu_time(&[server.pid()])?);
    ask(&bench.generator, &mut door, &people)?;
    let mut waiting: Vec<PeerId> = people.iter().map(|(peer, _)| *peer).collect();
    let within = Duration::from_secs(60);
    bench
        .generator
        .run_until(within, "media for everybody", |generator| {
            while let Some((peer, way)) = door.poll()? {
                generator.connect(peer, way);
            }
            waiting.retain(|peer| !generator.has_media(*peer));
            Ok(waiting.is_empty())
        })?;
    let wall = started.elapsed().as_secs_f64();
    let cpu = cpu_time(&[server.pid()])? - before;
    bench.generator.publish(group, false);
    let everybody = people.iter().chain(&teachers);
    bench.generator.remove(everybody.map(|(peer, _)| *peer));
    drop(server);
    let handshakes = handshakes_per_second(&bench.identity, if bench.quick { 100 } else { 400 })?;
    let joins = students as f64;
    let row = Row::new(
        9,
        format!("stampede of {students}, media up"),
        "joins/s/core",
    )
    .against(joins / cpu.total, "DTLS alone", handshakes)
    .detail("joins/s here", joins / wall)
    .detail("server CPU ms/join", 1e3 * cpu.total / joins)
    .detail("user share", cpu.user / (cpu.user + cpu.system))
    .detail("server core %", 100.0 * cpu.total / wall);
    Ok(vec![row])
}

/// Server sides of DTLS handshakes a second of CPU time, in memory.
fn handshakes_per_second(identity: &Arc<DtlsIdentity>, count: usize) -> Result<f64> {
    let profiles = [SrtpProfile::AeadAes128Gcm];
    let mut spent = 0.0;
    for _ in 0..count {
        let (now, fingerprint) = (Instant::now(), identity.fingerprint());
        let mut client = RtcDtls::client(now, identity.clone(), fingerprint, &profiles)?;
        let started = thread_cpu_time();
        let mut server = RtcDtls::server(identity.clone(), fingerprint);
        spent += thread_cpu_time() - started;
        let mut is_done = false;
        for _ in 0..10 {
            let flight: Vec<_> = std::iter::from_fn(|| client.poll_transmit()).collect();
            let started = thread_cpu_time();
            for datagram in flight {
                is_done |= matches!(server.handle(now, &datagram), Ok(Some(_)));
            }
            let answer: Vec<_> = std::iter::from_fn(|| server.poll_transmit()).collect();
            spent += thread_cpu_time() - started;
            for datagram in answer {
                // The other side is not what is measured.
                let _ = client.handle(now, &datagram);
            }
            if is_done {
                break;
            }
        }
        is_done
            .then_some(())
            .context("a handshake that does not end")?;
    }
    Ok(count as f64 / spent)
}
