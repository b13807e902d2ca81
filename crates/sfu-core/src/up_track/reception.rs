//! Reception statistics for receiver reports (RFC 3550 §6.4.1, appendix A.3 and A.8).
//!
//! Invariant: counts are of originals only; retransmissions travel on their own SSRC.

use homeroom_rtp::rtcp::ReportBlock;
use std::time::Instant;

/// What one SSRC has sent us.
pub struct Reception {
    clock_rate: u32,
    first: Option<(u64, Instant)>,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    transit: Option<i64>,
    jitter: f64,
    sender_report: Option<(u32, Instant)>,
}

impl Reception {
    pub const fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            first: None,
            highest: 0,
            received: 0,
            expected_before: 0,
            received_before: 0,
            transit: None,
            jitter: 0.0,
            sender_report: None,
        }
    }

    pub fn on_packet(&mut self, now: Instant, index: u64, timestamp: u32) {
        let (_, begun_at) = *self.first.get_or_insert((index, now));
        self.highest = self.highest.max(index);
        self.received += 1;
        let elapsed = now.saturating_duration_since(begun_at).as_micros() as i64;
        let arrival = elapsed * i64::from(self.clock_rate) / 1_000_000;
        let transit = i64::from((arrival as u32).wrapping_sub(timestamp) as i32);
        if let Some(before) = self.transit.replace(transit) {
            let difference = (transit - before).unsigned_abs() as f64;
            self.jitter += (difference - self.jitter) / 16.0;
        }
    }

    pub const fn on_sender_report(&mut self, now: Instant, ntp_middle: u32) {
        self.sender_report = Some((ntp_middle, now));
    }

    pub fn report(&mut self, now: Instant, ssrc: u32) -> Option<ReportBlock> {
        let (first, _) = self.first?;
        let expected = self.highest - first.min(self.highest) + 1;
        let lost = expected as i64 - self.received as i64;
        let expected_now = expected - self.expected_before;
        let lost_now = expected_now as i64 - (self.received - self.received_before) as i64;
        self.expected_before = expected;
        self.received_before = self.received;
        let fraction = match (lost_now.max(0) as u64 * 256).checked_div(expected_now) {
            Some(fraction) => fraction.min(255) as u8,
            None => 0,
        };
        let since = |(_, at): &(u32, Instant)| now.saturating_duration_since(*at).as_secs_f64();
        Some(ReportBlock {
            ssrc,
            fraction_lost: fraction,
            cumulative_lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            extended_highest_sequence: self.highest as u32,
            jitter: self.jitter as u32,
            last_sender_report: self.sender_report.map_or(0, |(ntp, _)| ntp),
            // In units of 1/65,536 s.
            delay_since_last_sender_report: self
                .sender_report
                .as_ref()
                .map_or(0, |report| (since(report) * 65_536.0) as u32),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_report_counts_what_is_missing_since_the_last_one() {
        let start = Instant::now();
        let mut reception = Reception::new(90_000);
        assert!(reception.report(start, 7).is_none(), "nothing has come");
        for index in [100, 101, 103, 104] {
            reception.on_packet(start, index, 0);
        }
        let report = reception.report(start, 7).expect("begun");
        assert_eq!(
            (report.cumulative_lost, report.fraction_lost),
            (1, 51),
            "1 of 5"
        );
        assert_eq!(report.extended_highest_sequence, 104);
        for index in 105..115 {
            reception.on_packet(start, index, 0);
        }
        let report = reception.report(start, 7).expect("begun");
        assert_eq!((report.cumulative_lost, report.fraction_lost), (1, 0));
    }

    #[test]
    fn delay_since_the_sender_report_is_in_65536ths() {
        let start = Instant::now();
        let mut reception = Reception::new(48_000);
        reception.on_packet(start, 1, 0);
        reception.on_sender_report(start, 0xabcd_1234);
        let report = reception
            .report(start + Duration::from_millis(500), 7)
            .expect("begun");
        assert_eq!(report.last_sender_report, 0xabcd_1234);
        assert_eq!(report.delay_since_last_sender_report, 32_768);
    }

    #[test]
    fn even_spacing_has_no_jitter_and_uneven_has() {
        let start = Instant::now();
        let jitter = |late_ms: u64| {
            let mut reception = Reception::new(48_000);
            for i in 0..100 {
                let late = if i % 2 == 0 { 0 } else { late_ms };
                let at = start + Duration::from_millis(20 * i + late);
                reception.on_packet(at, i, (960 * i) as u32);
            }
            reception.report(start, 7).expect("begun").jitter
        };
        assert_eq!(jitter(0), 0);
        // 10 ms are 480 ticks.
        assert!((440..=480).contains(&jitter(10)), "{}", jitter(10));
    }
}
