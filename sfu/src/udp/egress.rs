//! What becomes of a batch: runs are tried as one message, and what fails is tried apart.
//!
//! A run may fail for being a run: the network card cannot compute checksums, or the way to that
//! one receiver takes only shorter packets, which the kernel would cut for single datagrams.
//!
//! Invariant: each datagram is sent once, refused once, or left to the caller with all behind it;
//! none is lost or doubled because it was tried in a run.

use super::BATCH;
use super::runs::first_run;
use homeroom_sfu_core::transmit::Datagram;
use std::io;

/// Runs refused one after another, where their datagrams alone were not, until segmentation is
/// given up. One phone on a narrow path must not cost a whole school its runs.
const MAX_REFUSED_RUNS: u32 = 64;

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOutcome {
    /// Datagrams given to the network.
    pub sent: usize,
    /// Datagrams the system refused for a reason of their own.
    pub refused: usize,
    /// The first datagram not tried, when the socket's buffer was full.
    pub would_block_from: Option<usize>,
    /// System calls it took.
    pub calls: usize,
    /// Runs of two or more datagrams that left as one message.
    pub runs: usize,
    /// Datagrams in those runs.
    pub segmented: usize,
    /// Runs the system refused; their datagrams were tried one by one.
    pub runs_refused: usize,
}

/// Whether runs leave as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segmentation {
    /// Not asked for.
    Unwanted,
    /// They do.
    InUse { refused_in_a_row: u32 },
    /// The kernel or the network card cannot.
    GivenUp,
}

impl Segmentation {
    pub const START: Self = Self::InUse {
        refused_in_a_row: 0,
    };

    fn run_left(&mut self) {
        if let Self::InUse { refused_in_a_row } = self {
            *refused_in_a_row = 0;
        }
    }

    fn run_failed_for_being_one(&mut self) {
        if let Self::InUse { refused_in_a_row } = self {
            *refused_in_a_row += 1;
            if *refused_in_a_row >= MAX_REFUSED_RUNS {
                *self = Self::GivenUp;
            }
        }
    }
}

/// Sends `datagrams` by repeated calls of `call(rest, runs)`: it sends as messages the runs of
/// these lengths, with which `rest` begins, and tells how many of the messages left, or why the
/// very first could not.
pub(super) fn send_all(
    datagrams: &[Datagram],
    messages_per_call: usize,
    segmentation: &mut Segmentation,
    mut call: impl FnMut(&[Datagram], &[usize]) -> io::Result<usize>,
) -> SendOutcome {
    let mut sending = Sending {
        datagrams,
        segmentation,
        next: 0,
        alone_until: 0,
        is_run_suspect: false,
        outcome: SendOutcome::default(),
    };
    let mut runs = [0; BATCH];
    while sending.next < datagrams.len() {
        let runs = sending.plan(&mut runs[..messages_per_call]);
        sending.outcome.calls += 1;
        match call(&datagrams[sending.next..], runs) {
            // The kernel stops at the first failure and says why when it is tried again as first.
            Ok(messages) if messages > 0 => sending.left(&runs[..messages]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                sending.outcome.would_block_from = Some(sending.next);
                break;
            }
            Ok(_) => sending.refused(runs[0], None),
            Err(error) => sending.refused(runs[0], error.raw_os_error()),
        }
    }
    sending.outcome
}

struct Sending<'a> {
    datagrams: &'a [Datagram],
    segmentation: &'a mut Segmentation,
    /// The first datagram not decided.
    next: usize,
    /// Datagrams before this one leave alone, because their run was refused.
    alone_until: usize,
    /// Whether that run's datagrams have yet to tell if being a run was the reason.
    is_run_suspect: bool,
    outcome: SendOutcome,
}

impl Sending<'_> {
    /// Fills `runs` with the lengths of the next runs, as far as there is room.
    fn plan<'r>(&self, runs: &'r mut [usize]) -> &'r [usize] {
        let in_runs = matches!(self.segmentation, Segmentation::InUse { .. });
        let mut from = self.next;
        let mut count = 0;
        for run in &mut *runs {
            if from == self.datagrams.len() {
                break;
            }
            *run = if in_runs && from >= self.alone_until {
                first_run(&self.datagrams[from..])
            } else {
                1
            };
            from += *run;
            count += 1;
        }
        &runs[..count]
    }

    fn left(&mut self, runs: &[usize]) {
        for &run in runs {
            self.next += run;
            self.outcome.sent += run;
            if run > 1 {
                self.outcome.runs += 1;
                self.outcome.segmented += run;
                self.segmentation.run_left();
            } else if self.is_run_suspect && self.next <= self.alone_until {
                self.is_run_suspect = false;
                self.segmentation.run_failed_for_being_one();
            }
        }
    }

    /// The next message, a run of this length, cannot leave.
    fn refused(&mut self, run: usize, code: Option<i32>) {
        if run == 1 {
            self.outcome.refused += 1;
            self.next += 1;
            return;
        }
        self.outcome.runs_refused += 1;
        self.alone_until = self.next + run;
        self.is_run_suspect = true;
        // What the kernel says when the network card computes no checksums; no later run would do
        // better.
        if code == Some(libc::EIO) {
            *self.segmentation = Segmentation::GivenUp;
        }
    }
}

#[cfg(test)]
mod tests;
