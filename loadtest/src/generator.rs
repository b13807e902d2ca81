//! What the load test itself uses, and whether it keeps up: a load test that is the bottleneck
//! measures itself.
//!
//! Invariant: only reads `/proc`; nothing here changes what is measured.

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Kernel ticks a second in `/proc/PID/stat` (`USER_HZ`), the same on every Linux we run on.
const TICKS_PER_SECOND: f64 = 100.0;
/// How often it is looked whether turns come when they are due.
const TURN: Duration = Duration::from_millis(20);

/// CPU time of a process since it began, in seconds; `None` when it is gone.
#[must_use]
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// User and system time. The name in parentheses may hold anything.
fn ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS_PER_SECOND)
}

/// CPU time of everything on this machine since it began, in seconds.
#[must_use]
pub fn machine_busy_seconds() -> Option<f64> {
    busy(&fs::read_to_string("/proc/stat").ok()?)
}

fn busy(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<f64> = fields
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    // user, nice, system, idle, iowait, irq, softirq; interrupts are somebody's work too.
    let busy = [0, 1, 2, 5, 6].map(|i| fields.get(i).copied().unwrap_or(0.0));
    Some(busy.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// Cores that this process may run on.
#[must_use]
pub fn cores() -> usize {
    let mine = sched_getaffinity(Pid::from_raw(0));
    mine.map_or(1, |set| {
        let mine = (0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false));
        mine.count().max(1)
    })
}

/// Datagrams that the kernel had to drop because these sockets of ours were full.
#[must_use]
pub fn dropped(ports: &BTreeSet<u16>) -> u64 {
    let text = fs::read_to_string("/proc/self/net/udp").unwrap_or_default();
    dropped_in(&text, ports)
}

fn dropped_in(table: &str, ports: &BTreeSet<u16>) -> u64 {
    let line = |line: &str| {
        let mut fields = line.split_whitespace();
        let (_, port) = fields.nth(1)?.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let drops: u64 = fields.next_back()?.parse().ok()?;
        ports.contains(&port).then_some(drops)
    };
    table.lines().filter_map(line).sum()
}

/// What the kernel counted of all networks of this machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KernelCount {
    /// Bytes of UDP's contents that came in.
    pub bytes: u64,
    /// UDP datagrams, or runs of them where they travelled as one.
    pub datagrams: u64,
}

impl KernelCount {
    /// Now.
    #[must_use]
    pub fn now() -> Option<Self> {
        let snmp = fs::read_to_string("/proc/self/net/snmp").ok()?;
        let netstat = fs::read_to_string("/proc/self/net/netstat").ok()?;
        Self::read(&snmp, &netstat)
    }

    /// What was added since `before`.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(before.bytes),
            datagrams: self.datagrams.saturating_sub(before.datagrams),
        }
    }

    fn read(snmp: &str, netstat: &str) -> Option<Self> {
        const IP_HEADER: u64 = 20;
        const UDP_HEADER: u64 = 8;
        let datagrams = field(snmp, "Udp:", "InDatagrams")?;
        let packets = field(snmp, "Ip:", "InDelivers")?;
        let octets = field(netstat, "IpExt:", "InOctets")?;
        let headers = packets * IP_HEADER + datagrams * UDP_HEADER;
        Some(Self {
            bytes: octets.saturating_sub(headers),
            datagrams,
        })
    }
}

/// The kernel writes a line of names, and below it one of numbers.
fn field(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split(' ').position(|found| found == name)?;
    numbers.split(' ').nth(at)?.parse().ok()
}

/// Watches whether our own turns come when they are due.
pub struct LagWatch {
    late: Arc<Mutex<Vec<u32>>>,
    task: JoinHandle<()>,
}

impl LagWatch {
    /// Starts to.
    #[must_use]
    pub fn start() -> Self {
        let late = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&late);
        let task = tokio::spawn(async move {
            loop {
                let due = Instant::now() + TURN;
                tokio::time::sleep_until(due.into()).await;
                let us = u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX);
                noted
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(us);
            }
        });
        Self { late, task }
    }

    /// How late 99 of 100 turns were at most since the last time, in milliseconds.
    #[must_use]
    pub fn take_p99_ms(&self) -> f64 {
        let mut late =
            std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        late.sort_unstable();
        let at = (late.len() * 99).div_ceil(100).saturating_sub(1);
        late.get(at).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }
}

impl Drop for LagWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The machine, as it describes itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor.
    pub processor: String,
    /// Its cores.
    pub cores: usize,
    /// Memory, in MB.
    pub memory_mb: u64,
    /// The system's kernel.
    pub kernel: String,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
                .unwrap_or_default()
        };
        let memory = value(&meminfo, "MemTotal");
        let memory = memory
            .split(' ')
            .next()
            .and_then(|kb| kb.parse::<u64>().ok());
        Self {
            processor: value(&cpuinfo, "model name"),
            cores: cpuinfo
                .lines()
                .filter(|l| l.starts_with("processor"))
                .count(),
            memory_mb: memory.unwrap_or(0) / 1024,
            kernel: format!("Linux {}", release.trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0\n";
        assert_eq!(ticks(stat), Some(3.0));
        assert_eq!(busy("cpu  100 0 50 9999 7 20 30 0 0 0\ncpu0 1"), Some(2.0));
        let snmp = "Ip: Forwarding InDelivers\nIp: 1 10\nUdp: InDatagrams NoPorts\nUdp: 7 0\n";
        let netstat = "IpExt: InNoRoutes InOctets\nIpExt: 0 1000\n";
        let count = KernelCount {
            bytes: 1000 - 200 - 56,
            datagrams: 7,
        };
        assert_eq!(KernelCount::read(snmp, netstat), Some(count));
        let udp = "  sl  local_address rem_address st ... drops\n\
                   1: 0100007F:1F90 00000000:0000 07 0 0 0 0 0 0 0 0 5\n\
                   2: 0100007F:1F91 00000000:0000 07 0 0 0 0 0 0 0 0 9\n";
        assert_eq!(dropped_in(udp, &BTreeSet::from([0x1f90])), 5);
    }

    #[test]
    fn this_process_and_machine_are_seen() {
        assert!(cpu_seconds(std::process::id()).is_some());
        assert!(machine_busy_seconds().is_some_and(|busy| busy > 0.0));
        assert!(KernelCount::now().is_some());
        assert!(Machine::this().cores >= 1 && cores() >= 1);
    }
}
