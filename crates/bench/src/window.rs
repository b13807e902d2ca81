//! One steady window: what a subject used while its people received.
//!
//! Invariant: the window is valid only if the receivers themselves can tell that nothing was lost
//! or forged, and the generator had time to spare.

use crate::generator::{Delays, Totals};
use crate::subject::{Bench, Subject};
use crate::usage::{CpuTime, cpu_time};
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Media flows so long before a window opens: key frames and choices of speakers are over.
const WARM_UP: Duration = Duration::from_millis(700);
/// While the subject is asked what it counted, the generator stands still; then it makes up for it.
const SETTLE: Duration = Duration::from_millis(300);
/// What was sent has so long to arrive after media has stopped.
const DRAIN: Duration = Duration::from_millis(1_000);
/// Nothing more is coming when nothing came for so long.
const QUIET: Duration = Duration::from_millis(60);
/// Share of the packets that must arrive.
const MIN_DELIVERY: f64 = 0.999;
/// Share of its core that the generator may use.
const MAX_GENERATOR_BUSY: f64 = 0.9;

/// What was seen in one window.
#[derive(Debug, Clone)]
pub struct Window {
    /// What the subject used.
    pub cpu: CpuTime,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Packets that arrived.
    pub arrived: f64,
    /// Share of the packets that arrived.
    pub delivery: f64,
    /// Share of its core that the generator used.
    pub generator_busy: f64,
    /// What the subject counted.
    pub counted: BTreeMap<String, f64>,
    /// Delays of sampled packets.
    pub delays: Option<Delays>,
    /// What stands in the way of believing it.
    pub problems: Vec<String>,
}

impl Window {
    /// Microseconds of CPU time per packet that arrived.
    #[must_use]
    pub fn us_per_packet(&self) -> f64 {
        self.cpu.total * 1e6 / self.arrived
    }

    /// Cores used.
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.cpu.total / self.seconds
    }

    /// The part of [`Window::us_per_packet`] outside the kernel.
    #[must_use]
    pub fn user_us(&self) -> f64 {
        let ticks = self.cpu.user + self.cpu.system;
        self.us_per_packet() * self.cpu.user / ticks
    }
}

/// Lets a subject's media flow and looks at it for so long.
///
/// # Errors
/// When the subject is gone or a transport fails.
pub fn measure(bench: &mut Bench, subject: &Subject, time: Duration) -> Result<Window> {
    let (group, pids) = (subject.group, [subject.pid()]);
    bench.generator.publish(group, true);
    bench.generator.run_for(WARM_UP)?;
    let counted_before = subject.metrics(&bench.runtime)?;
    bench.generator.run_for(SETTLE)?;
    bench.generator.take_delays(group);
    let (started, before, cpu_before) = (
        Instant::now(),
        bench.generator.totals(group),
        cpu_time(&pids)?,
    );
    bench.generator.run_for(time)?;
    let (cpu, after) = (cpu_time(&pids)? - cpu_before, bench.generator.totals(group));
    let seconds = started.elapsed().as_secs_f64();
    bench.generator.publish(group, false);
    let counted_after = subject.metrics(&bench.runtime)?;
    let all = drain(bench, subject)?;
    let delays = bench.generator.take_delays(group);
    let generator_busy = (after.generator_cpu - before.generator_cpu) / seconds;
    let (delivery, problems) = judge(&before, &all, generator_busy);
    let counted = counted_after.into_iter().map(|(name, value)| {
        let before = counted_before.get(&name).copied().unwrap_or(0.0);
        (name, value - before)
    });
    Ok(Window {
        cpu,
        seconds,
        arrived: (after.arrived - before.arrived) as f64,
        delivery,
        generator_busy,
        counted: counted.collect(),
        delays,
        problems,
    })
}

/// What has been sent and received when nothing more comes.
fn drain(bench: &mut Bench, subject: &Subject) -> Result<Totals> {
    let started = Instant::now();
    let mut totals = bench.generator.totals(subject.group);
    while started.elapsed() < DRAIN {
        bench.generator.run_for(QUIET)?;
        let now = bench.generator.totals(subject.group);
        if now.arrived == totals.arrived {
            break;
        }
        totals = now;
    }
    Ok(totals)
}

/// The share that arrived, and what is wrong. `after` is when nothing more comes; before that, a
/// burst may be under way.
fn judge(before: &Totals, after: &Totals, generator_busy: f64) -> (f64, Vec<String>) {
    let arrived = (after.arrived - before.arrived) as f64;
    let spanned = (after.spanned - before.spanned) as f64;
    let expected = (after.expected - before.expected) as f64;
    let delivery = match spanned > 0.0 && expected > 0.0 {
        true => (arrived / spanned).min(arrived / expected).min(1.0),
        false => 0.0,
    };
    let mut problems = Vec::new();
    if delivery < MIN_DELIVERY {
        problems.push(format!("{:.2} % delivered", 100.0 * delivery));
    }
    if arrived > 1.01 * expected + after.burst as f64 {
        problems.push("more than a burst was under way when the window opened".to_owned());
    }
    let forged = after.forged - before.forged;
    if forged > 0 {
        problems.push(format!("{forged} packets were not authentic"));
    }
    if generator_busy > MAX_GENERATOR_BUSY {
        problems.push(format!(
            "the generator's core was {:.0} % busy",
            100.0 * generator_busy
        ));
    }
    (delivery, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected, arrived, spanned, forged, and what share is said to have arrived.
    #[track_caller]
    fn check(expected: u64, arrived: u64, spanned: u64, forged: u64, share: f64, problems: usize) {
        let after = Totals {
            expected,
            arrived,
            spanned,
            forged,
            burst: 10,
            ..Totals::default()
        };
        let (delivery, said) = judge(&Totals::default(), &after, 0.5);
        assert!((delivery - share).abs() < 1e-4, "{delivery}");
        assert_eq!(said.len(), problems, "{said:?}");
    }

    #[test]
    fn only_what_the_receivers_can_tell_counts() {
        check(10_000, 10_000, 10_000, 0, 1.0, 0);
        check(10_000, 9_991, 9_991, 0, 0.9991, 0);
        check(10_000, 9_900, 10_000, 0, 0.99, 1);
        check(10_000, 5_000, 5_000, 0, 0.5, 1);
        check(10_000, 10_000, 10_000, 1, 1.0, 1);
        check(10_000, 11_000, 11_000, 0, 1.0, 1);
    }

    #[test]
    fn what_was_never_sent_is_not_delivered() {
        let (delivery, said) = judge(&Totals::default(), &Totals::default(), 0.5);
        assert_eq!((delivery, said.len()), (0.0, 1));
    }

    #[test]
    fn a_generator_without_time_to_spare_measures_itself() {
        let after = Totals {
            expected: 100,
            arrived: 100,
            spanned: 100,
            ..Totals::default()
        };
        assert_eq!(judge(&Totals::default(), &after, 0.95).1.len(), 1);
    }
}
