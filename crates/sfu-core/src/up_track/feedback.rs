//! Arrival times of one participant's packets, for its own congestion control
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! Invariant: a feedback covers each sequence number once, in order, and at most
//! [`MAX_FEEDBACK_PACKETS`] of them.

use crate::bounds::{FEEDBACK_INTERVAL, MAX_FEEDBACK_PACKETS};
use homeroom_rtp::rtcp::{WrittenFeedback, write_transport_feedback};
use homeroom_rtp::sequence;
use std::time::Instant;

/// The arrivals since the last feedback.
pub struct Feedback {
    epoch: Instant,
    /// By sequence number, modulo their number; none before the first packet, as most people only
    /// listen.
    arrivals: Box<[Option<u64>]>,
    first: Option<u64>,
    end: u64,
    count: u8,
    due: Option<Instant>,
}

impl Feedback {
    /// `epoch` is the zero of the arrival clock.
    pub fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            arrivals: Box::default(),
            first: None,
            end: 0,
            count: 0,
            due: None,
        }
    }

    /// Notes a packet by its transport-wide sequence number.
    pub fn on_packet(&mut self, now: Instant, sequence_number: u16) {
        if self.arrivals.is_empty() {
            self.arrivals = vec![None; MAX_FEEDBACK_PACKETS].into_boxed_slice();
        }
        // Start one turn up, so that reordering at the beginning has somewhere to go.
        let reference = if self.end == 0 { 1 << 16 } else { self.end };
        let index = sequence::unwrap(reference, sequence_number);
        let first = match self.first {
            Some(first) if index >= first => first,
            // Reported already as lost; saying otherwise later is allowed but of no use.
            Some(_) => return,
            None if self.end > 0 && index < self.end => return,
            // A gap since the last report is part of the next one.
            None if self.end > 0 && index - self.end < MAX_FEEDBACK_PACKETS as u64 => self.end,
            None => index,
        };
        let limit = MAX_FEEDBACK_PACKETS as u64;
        if index - first >= limit {
            // More than one report's worth: drop the oldest knowledge, keep the clock honest.
            self.arrivals.fill(None);
            self.first = Some(index);
        } else {
            for gap in self.end.max(first)..index {
                self.arrivals[(gap % limit) as usize] = None;
            }
            self.first = Some(first);
        }
        let arrived = now.saturating_duration_since(self.epoch).as_micros() as u64;
        self.arrivals[(index % limit) as usize] = Some(arrived);
        self.end = self.end.max(index + 1);
        self.due.get_or_insert(now + FEEDBACK_INTERVAL);
    }

    /// When a feedback is due.
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Writes the feedback that is due; its length.
    pub fn poll(
        &mut self,
        now: Instant,
        buffer: &mut [u8],
        sender: u32,
        media: u32,
    ) -> Option<usize> {
        if self.due? > now {
            return None;
        }
        let first = self.first.take()?;
        let limit = MAX_FEEDBACK_PACKETS as u64;
        let arrivals = &self.arrivals;
        let packets =
            (first..self.end).map(|index| (index as u16, arrivals[(index % limit) as usize]));
        let WrittenFeedback { len, packets } =
            write_transport_feedback(buffer, sender, media, self.count, packets);
        self.count = self.count.wrapping_add(1);
        let covered = first + packets as u64;
        if covered < self.end {
            self.first = Some(covered);
        } else {
            self.due = None;
        }
        Some(len)
    }
}

#[cfg(test)]
mod tests;
