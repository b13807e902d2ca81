//! What this process has used, as the kernel says: for `/metrics`.
//!
//! Invariant: only reads `/proc`; where there is none, nothing is said.

use std::fs;

/// Kernel ticks a second in `/proc/PID/stat` (`USER_HZ`), the same on every Linux we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time and memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Used {
    pub cpu_seconds: f64,
    pub resident_bytes: u64,
}

impl Used {
    /// Now.
    pub(crate) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        Self::read(&stat, &status)
    }

    /// The name in parentheses may hold anything.
    fn read(stat: &str, status: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ').skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        let cpu_seconds = (ticks()? + ticks()?) / TICKS_PER_SECOND;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = resident.split_whitespace().next()?.parse().ok()?;
        Some(Self {
            cpu_seconds,
            resident_bytes: kib * 1024,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0\n";
        let status = "Name:\tx\nVmRSS:\t      80 kB\n";
        let used = Used {
            cpu_seconds: 3.0,
            resident_bytes: 80 * 1024,
        };
        assert_eq!(Used::read(stat, status), Some(used));
        assert!(Used::now().is_some_and(|used| used.resident_bytes > 0));
    }
}
