//! What the server says of itself at `/metrics`: its CPU time, its memory, what it sent.
//!
//! Invariant: read only; a server that tells nothing (it tells only its own machine) is measured
//! without it, and the report says so.

use crate::origin::Origin;
use std::time::Duration;

/// A server that does not answer so long is busy with more important things.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a server has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// CPU time, in seconds.
    pub cpu_seconds: f64,
    /// Memory now, in bytes.
    pub memory_bytes: f64,
    /// Packets of media sent.
    pub packets: f64,
}

/// The way to a server's numbers.
#[derive(Debug, Clone)]
pub struct Meter {
    server: Origin,
}

impl Meter {
    /// Of this server.
    pub fn of(server: impl Into<Origin>) -> Self {
        Self {
            server: server.into(),
        }
    }

    /// What it has used so far; `None` when it does not say.
    pub async fn read(&self) -> Option<Used> {
        let url = format!("{}/metrics", self.server.url());
        let request = self.server.client().get(url).timeout(TIMEOUT);
        let response = request.send().await.ok()?.error_for_status().ok()?;
        parse(&response.text().await.ok()?)
    }
}

fn parse(text: &str) -> Option<Used> {
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(' ')?.trim().parse::<f64>().ok())
    };
    Some(Used {
        cpu_seconds: value("homeroom_process_cpu_seconds_total")?,
        memory_bytes: value("homeroom_process_resident_memory_bytes")?,
        packets: value("homeroom_sfu_rtp_sent_total").unwrap_or(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_numbers_are_read_or_missing() {
        let text = "# TYPE homeroom_process_cpu_seconds counter\n\
                    homeroom_process_cpu_seconds_total 12.5\n\
                    homeroom_process_resident_memory_bytes 1048576\n\
                    homeroom_sfu_rtp_sent_total 7\n# EOF\n";
        let used = parse(text).expect("complete");
        assert_eq!(
            (used.cpu_seconds, used.memory_bytes, used.packets),
            (12.5, 1_048_576.0, 7.0)
        );
        assert_eq!(parse("homeroom_sockets 3\n"), None);
    }
}
