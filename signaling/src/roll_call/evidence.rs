//! What is known of one seat: when it was there, when it heard the teacher, what its holder did.
//!
//! Invariant: a moment is heard only within a stretch in which the device answered; what is not
//! known to be heard has a cause, or is the line's.

use super::spans::{Span, Spans};
use crate::limits::MAX_ROLL_SPANS;
use homeroom_protocol::RollSessionEnd;
use std::collections::BTreeSet;

/// Why a device that answers does not play the teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The browser waits for a tap, or its loudspeaker does not run.
    Device,
    /// The teacher's packets do not arrive there.
    Line,
    /// Our media broke down.
    Ours,
}

impl Cause {
    /// The word in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Line => "line",
            Self::Ours => "ours",
        }
    }

    /// What a word of the journal means.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let all = [Self::Device, Self::Ours];
        all.into_iter()
            .find(|cause| cause.as_str() == text)
            .unwrap_or(Self::Line)
    }
}

/// One time somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// From.
    pub from_ms: u64,
    /// To; `None` while it goes on.
    pub to_ms: Option<u64>,
    /// How it ended.
    pub end: RollSessionEnd,
}

/// The evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// When the device answered.
    pub stretches: Vec<Stretch>,
    heard: Vec<Span>,
    hearing_since_ms: Option<u64>,
    deaf: Vec<(Span, Cause)>,
    deaf_since: Option<(u64, Cause)>,
    /// Time spoken.
    pub spoke_ms: u64,
    /// Hands raised.
    pub hands: u32,
    /// Messages written.
    pub messages: u32,
    /// Checks answered.
    pub answered: BTreeSet<u32>,
    /// When another device took over from one that was still there.
    pub moves: Vec<u64>,
    /// Several children sit at this screen.
    pub several: bool,
}

impl Evidence {
    /// The device answers from now on.
    pub fn come(&mut self, at_ms: u64) {
        if self.stretches.len() < MAX_ROLL_SPANS {
            self.stretches.push(Stretch {
                from_ms: at_ms,
                to_ms: None,
                end: RollSessionEnd::Open,
            });
        }
    }

    /// It does no longer.
    pub fn go(&mut self, at_ms: u64, end: RollSessionEnd) {
        self.close(at_ms);
        if let Some(last) = self
            .stretches
            .last_mut()
            .filter(|last| last.to_ms.is_none())
        {
            last.to_ms = Some(at_ms.max(last.from_ms));
            last.end = end;
        }
    }

    /// It plays the teacher from now on.
    pub fn hear(&mut self, at_ms: u64) {
        self.close(at_ms);
        self.hearing_since_ms = Some(at_ms);
    }

    /// It does no longer, though it answers.
    pub fn stop_hearing(&mut self, at_ms: u64, cause: Cause) {
        self.close(at_ms);
        self.deaf_since = Some((at_ms, cause));
    }

    /// Whether it plays the teacher now.
    #[must_use]
    pub const fn hears(&self) -> bool {
        self.hearing_since_ms.is_some()
    }

    /// Why it does not, if that is known.
    #[must_use]
    pub fn deaf_by(&self) -> Option<Cause> {
        self.deaf_since.map(|(_, cause)| cause)
    }

    /// Whether no more changes of it are noted.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.heard.len() + self.deaf.len() >= MAX_ROLL_SPANS
    }

    /// Whether its holder did anything that only a person does.
    #[must_use]
    pub fn acted(&self) -> bool {
        self.spoke_ms > 0 || self.hands > 0 || self.messages > 0 || !self.answered.is_empty()
    }

    /// When the device answered.
    pub fn connected(&self, now_ms: u64) -> impl Iterator<Item = Span> {
        let end = move |stretch: &Stretch| stretch.to_ms.unwrap_or(now_ms);
        (self.stretches.iter()).map(move |stretch| Span::new(stretch.from_ms, end(stretch)))
    }

    /// When it played the teacher.
    pub fn heard(&self, now_ms: u64) -> impl Iterator<Item = Span> {
        let open = self.hearing_since_ms.map(|since| Span::new(since, now_ms));
        self.heard.iter().copied().chain(open)
    }

    /// When it answered and did not play, for this reason.
    pub fn deaf(&self, now_ms: u64, cause: Cause) -> impl Iterator<Item = Span> {
        let open = (self.deaf_since).map(|(since, cause)| (Span::new(since, now_ms), cause));
        let all = self.deaf.iter().copied().chain(open);
        all.filter(move |(_, why)| *why == cause)
            .map(|(span, _)| span)
    }

    /// Gaps after which it came back by itself, the server's outages left out.
    pub fn line_gaps(&self) -> impl Iterator<Item = Span> {
        let pairs = self.stretches.windows(2);
        let silent = pairs.filter(|pair| pair[0].end == RollSessionEnd::Silent);
        silent.map(|pair| Span::new(pair[0].to_ms.unwrap_or(pair[1].from_ms), pair[1].from_ms))
    }

    /// The outages of ours that it came back from.
    pub fn outages(&self) -> impl Iterator<Item = Span> {
        let pairs = self.stretches.windows(2);
        let ours = pairs.filter(|pair| pair[0].end == RollSessionEnd::Outage);
        ours.map(|pair| Span::new(pair[0].to_ms.unwrap_or(pair[1].from_ms), pair[1].from_ms))
    }

    /// When the device answered and it is not known to have played or why not: it was connecting.
    #[must_use]
    pub fn connecting(&self, now_ms: u64) -> Spans {
        let known = [Cause::Device, Cause::Line, Cause::Ours];
        let known = known.into_iter().flat_map(|cause| self.deaf(now_ms, cause));
        let known = Spans::of(known.chain(self.heard(now_ms)).collect());
        Spans::of(self.connected(now_ms).collect()).without(&known)
    }

    fn close(&mut self, at_ms: u64) {
        if let Some(since) = self.hearing_since_ms.take() {
            self.heard.push(Span::new(since, at_ms));
        }
        if let Some((since, cause)) = self.deaf_since.take() {
            self.deaf.push((Span::new(since, at_ms), cause));
        }
    }
}
