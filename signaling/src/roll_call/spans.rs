//! Stretches of time and what can be done with them.
//!
//! Invariant: a [`Spans`] is sorted, and its stretches neither touch nor are empty.

/// From a moment to another, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first moment in it.
    pub from_ms: u64,
    /// The first one after it.
    pub to_ms: u64,
}

impl Span {
    /// The stretch between two moments; empty when they are the wrong way round.
    #[must_use]
    pub const fn new(from_ms: u64, to_ms: u64) -> Self {
        let to_ms = if to_ms < from_ms { from_ms } else { to_ms };
        Self { from_ms, to_ms }
    }

    const fn len(self) -> u64 {
        self.to_ms - self.from_ms
    }

    fn cut(self, other: Self) -> Self {
        let from_ms = self.from_ms.max(other.from_ms);
        Self::new(from_ms, self.to_ms.min(other.to_ms).max(from_ms))
    }
}

/// Several of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// All moments that are in any of them.
    #[must_use]
    pub fn of(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.len() > 0);
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.from_ms <= last.to_ms => last.to_ms = last.to_ms.max(span.to_ms),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    /// How long they are together.
    #[must_use]
    pub fn total_ms(&self) -> u64 {
        self.0.iter().map(|span| span.len()).sum()
    }

    /// What of them is within a stretch.
    #[must_use]
    pub fn within(&self, frame: Span) -> Self {
        Self::of(self.0.iter().map(|span| span.cut(frame)).collect())
    }

    /// What of them is in none of the others.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len() + others.0.len());
        for span in &self.0 {
            let mut from_ms = span.from_ms;
            for other in &others.0 {
                left.push(Span::new(from_ms, other.from_ms.min(span.to_ms)));
                from_ms = from_ms.max(other.to_ms.min(span.to_ms));
            }
            left.push(Span::new(from_ms, span.to_ms));
        }
        Self::of(left)
    }

    /// The stretches between them.
    pub fn gaps(&self) -> impl Iterator<Item = Span> {
        let pairs = self.0.windows(2);
        pairs.map(|pair| Span::new(pair[0].to_ms, pair[1].from_ms))
    }

    /// The first moment of all.
    #[must_use]
    pub fn first_ms(&self) -> Option<u64> {
        self.0.first().map(|span| span.from_ms)
    }

    /// The last one.
    #[must_use]
    pub fn last_ms(&self) -> Option<u64> {
        self.0.last().map(|span| span.to_ms)
    }
}

impl IntoIterator for Spans {
    type Item = Span;
    type IntoIter = std::vec::IntoIter<Span>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(pairs: &[(u64, u64)]) -> Spans {
        Spans::of(pairs.iter().map(|(a, b)| Span::new(*a, *b)).collect())
    }

    #[test]
    fn two_devices_at_once_count_once() {
        assert_eq!(
            spans(&[(5, 9), (0, 6), (9, 10), (20, 20)]),
            spans(&[(0, 10)])
        );
        assert_eq!(spans(&[(0, 4), (6, 9)]).total_ms(), 7);
    }

    #[test]
    fn what_is_taken_out_of_the_middle_leaves_both_ends() {
        let lesson = spans(&[(0, 100)]);
        let outages = spans(&[(10, 20), (90, 120)]);
        assert_eq!(lesson.without(&outages), spans(&[(0, 10), (20, 90)]));
        assert_eq!(outages.without(&lesson), spans(&[(100, 120)]));
        assert_eq!(
            outages.within(Span::new(15, 95)),
            spans(&[(15, 20), (90, 95)])
        );
    }
}
