//! Row 1 beside other servers: the same lecture, the same receivers, in the same run.
//!
//! Invariant: what a line calls its profile is what every transport of ours agreed on; where the
//! other side agreed on something else, the details say so.

use super::forwarding::{measure_in_turn, row_of};
use super::say;
use crate::janus::{Janus, JanusOptions, media_address};
use crate::report::Row;
use crate::scene::Scene;
use crate::subject::{Bench, Ends, Subject};
use crate::window::Window;
use anyhow::{Context, Result};
use homeroom_sfu_core::transport::srtp::SrtpProfile;
use std::path::PathBuf;

/// What every WebRTC endpoint has.
const COMMON: &[SrtpProfile] = &[SrtpProfile::AesCm128HmacSha1_80];
/// What browsers offer too, as far as we speak it.
const PREFERRED: &[SrtpProfile] = &[SrtpProfile::AeadAes128Gcm, SrtpProfile::AesCm128HmacSha1_80];

/// What to measure.
#[derive(Debug, Clone)]
pub struct Peers {
    /// Its program.
    pub janus: PathBuf,
    /// People in the lecture.
    pub receivers: usize,
    /// One more Janus, with so many event loops.
    pub event_loops: Option<usize>,
}

/// A subject and what it is called.
type Named = (String, Subject);

/// The lines: ours beside a Janus as shipped with the profile everybody has, the same with the one
/// that browsers get, and ours beside a Janus with other event loops.
///
/// # Errors
/// When one of them cannot be run here.
pub fn rows(bench: &mut Bench, peers: &Peers) -> Result<Vec<Row>> {
    let scene = Scene::lectures(1, peers.receivers);
    let people = peers.receivers;
    say(
        1,
        &format!("lecture 1 → {people}, 720p and voice, beside Janus"),
    );
    let one = bench.one_worker();
    let mut options = JanusOptions {
        binary: peers.janus.clone(),
        cores: one.cores.clone(),
        event_loops: None,
    };
    let at = Some(media_address()?);
    // Ours, then what it is held against.
    let mut subjects: Vec<Named> = Vec::new();
    let mut name = String::new();
    for profiles in [COMMON, PREFERRED] {
        let ends = Ends { profiles, at };
        let ours = bench.homeroom_with(&scene, &one, ends)?;
        subjects.push(("homeroom".to_owned(), ours));
        let janus = bench.janus(&scene, &options, ends)?;
        name = janus.name().context("a Janus")?;
        subjects.push((name.clone(), janus));
    }
    if let Some(loops) = peers.event_loops {
        options.event_loops = Some(loops);
        let profiles = COMMON;
        let janus = bench.janus(&scene, &options, Ends { profiles, at })?;
        subjects.push((format!("{name}, event loops {loops}"), janus));
    }
    let turns: Vec<_> = subjects
        .iter()
        .map(|(name, subject)| (name.as_str(), subject))
        .collect();
    let windows = measure_in_turn(bench, 1, &turns)?;
    let pairs = [(0, 1), (2, 3), (0, 4)].into_iter();
    let pairs = pairs.filter(|(_, theirs)| *theirs < subjects.len());
    let lines = pairs.map(|pair| {
        let [ours, theirs] = [pair.0, pair.1].map(|i| (&subjects[i], &windows[i][..]));
        line(bench, people, ours, theirs)
    });
    let lines = lines.collect();
    for (_, subject) in subjects {
        bench.end(subject);
    }
    lines
}

fn line(
    bench: &Bench,
    people: usize,
    ours: (&Named, &[Window]),
    theirs: (&Named, &[Window]),
) -> Result<Row> {
    let sealed = agreed(bench, &ours.0.1).map_or("several profiles", name_of);
    let workload = format!("lecture 1 → {people}, {sealed}");
    let [our_side, their_side] = [ours, theirs].map(|(named, windows)| (&*named.0, windows));
    let mut row = row_of(1, &workload, our_side, their_side);
    for (prefix, ((name, subject), windows)) in [("", ours), ("baseline ", theirs)] {
        let held = subject.held_for_receivers()? / people as f64;
        let profile = agreed(bench, subject);
        row = row
            .detail(format!("{prefix}KiB a receiver"), held)
            .detail(
                format!("{prefix}SRTP profile"),
                profile.map_or(f64::NAN, number_of),
            )
            .detail(format!("{prefix}delivered %"), worst(windows));
        let problem = format!("{name}: its transports agreed on several profiles");
        row.invalid_unless(profile.is_some(), problem);
    }
    Ok(row)
}

/// The program, if this machine has it.
#[must_use]
pub fn find_janus() -> Option<PathBuf> {
    Janus::find()
}

/// What all transports of a subject are sealed with, if it is one thing.
fn agreed(bench: &Bench, subject: &Subject) -> Option<SrtpProfile> {
    let mut profiles = subject.peers.iter().map(|p| bench.generator.profile(*p));
    let first = profiles.next()??;
    profiles.all(|other| other == Some(first)).then_some(first)
}

/// The smallest share that arrived in a round, in percent.
fn worst(windows: &[Window]) -> f64 {
    let shares = windows.iter().map(|window| 100.0 * window.delivery);
    shares.fold(f64::NAN, f64::min)
}

const fn name_of(profile: SrtpProfile) -> &'static str {
    match profile {
        SrtpProfile::AeadAes128Gcm => "AEAD_AES_128_GCM",
        SrtpProfile::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
    }
}

/// The number DTLS has for it (RFC 5764 §4.1.2, RFC 7714 §14.2).
const fn number_of(profile: SrtpProfile) -> f64 {
    match profile {
        SrtpProfile::AesCm128HmacSha1_80 => 1.0,
        SrtpProfile::AeadAes128Gcm => 7.0,
    }
}
