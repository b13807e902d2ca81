//! What a process or a thread of this machine has used: CPU time and memory, as the kernel says.
//!
//! Invariant: only reads `/proc`; a process that is gone has used nothing more.

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::fs;
use std::ops::Sub;

/// Kernel ticks a second in `/proc/PID/stat` (`USER_HZ`), the same on every Linux we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CpuTime {
    /// All of it, to the nanosecond.
    pub total: f64,
    /// The part outside the kernel, to 10 ms.
    pub user: f64,
    /// The part inside the kernel, to 10 ms.
    pub system: f64,
}

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            total: self.total - before.total,
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }
}

/// What these processes have used.
///
/// # Errors
/// When one of them is gone.
pub fn cpu_time(pids: &[u32]) -> Result<CpuTime> {
    let mut sum = CpuTime::default();
    for pid in pids {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        for task in tasks.with_context(|| format!("process {pid} is gone"))? {
            // A thread may end while we read.
            let schedstat = fs::read_to_string(task?.path().join("schedstat"));
            sum.total += schedstat.map_or(0.0, |text| run_time(&text));
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (user, system) = ticks(&stat).context("an unknown /proc/PID/stat")?;
        sum.user += user;
        sum.system += system;
    }
    Ok(sum)
}

/// What the calling thread has used, in seconds.
#[must_use]
pub fn thread_cpu_time() -> f64 {
    fs::read_to_string("/proc/thread-self/schedstat").map_or(0.0, |text| run_time(&text))
}

fn run_time(schedstat: &str) -> f64 {
    let nanoseconds = schedstat.split(' ').next().and_then(|n| n.parse().ok());
    nanoseconds.map_or(0.0, |n: u64| n as f64 / 1e9)
}

/// User and system time. The name in parentheses may hold anything.
fn ticks(stat: &str) -> Option<(f64, f64)> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let mut next = || Some(fields.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND);
    Some((next()?, next()?))
}

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Memory {
    /// Resident, shared pages included.
    pub resident: f64,
    /// Proportional: shared pages divided among those who share them.
    pub proportional: f64,
    /// Private pages written to and not of a file: heap and stacks.
    pub anonymous: f64,
}

/// What these processes hold now.
///
/// # Errors
/// When one of them is gone.
pub fn memory(pids: &[u32]) -> Result<Memory> {
    let mut sum = Memory::default();
    for pid in pids {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let memory = read_rollup(&text);
        sum.resident += memory.resident;
        sum.proportional += memory.proportional;
        sum.anonymous += memory.anonymous;
    }
    Ok(sum)
}

fn read_rollup(text: &str) -> Memory {
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or(0.0)
    };
    Memory {
        resident: of("Rss:"),
        proportional: of("Pss:"),
        anonymous: of("Anonymous:"),
    }
}

/// The cores this process may run on, and how they are divided.
#[derive(Debug, Clone)]
pub struct Cores {
    /// Of the server when it has one worker.
    pub server: usize,
    /// Of the load generator.
    pub generator: usize,
}

impl Cores {
    /// The first for the server, the last for the generator.
    ///
    /// # Errors
    /// When this process has but one core: the two would measure each other.
    pub fn divide() -> Result<Self> {
        let mine = sched_getaffinity(Pid::from_raw(0))?;
        let mine: Vec<usize> = (0..CpuSet::count())
            .filter(|core| mine.is_set(*core).unwrap_or(false))
            .collect();
        match mine[..] {
            [server, .., generator] => Ok(Self { server, generator }),
            _ => anyhow::bail!("a server and its load need a core each; here is one"),
        }
    }
}

/// Keeps the calling thread, and whatever it starts from now on, on these cores.
///
/// # Errors
/// When the system does not let us.
pub fn stay_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(run_time("1500000000 7 9\n"), 1.5);
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0\n";
        assert_eq!(ticks(stat), Some((2.5, 0.5)));
        let rollup = "00-ff ---p [rollup]\nRss:   80 kB\nPss:  70 kB\nAnonymous:  60 kB\n";
        let memory = read_rollup(rollup);
        assert_eq!(
            (memory.resident, memory.proportional, memory.anonymous),
            (80.0, 70.0, 60.0)
        );
    }

    #[test]
    fn this_process_has_used_something() {
        let used = cpu_time(&[std::process::id()]).expect("we run");
        assert!(used.total > 0.0);
        assert!(memory(&[std::process::id()]).expect("we run").resident > 0.0);
    }
}
