//! Counts what became of the packets of one stream.
//!
//! Invariant: `lost() + unique() == expected()`; a packet that came late was never lost.

/// Sequence numbers remembered behind the highest; older ones count as stale.
const WINDOW: u64 = 1024;
const WORDS: usize = WINDOW as usize / 64;

/// Continuity of one RTP stream by its sequence numbers (RFC 3550 §A.1, extended to 64 bits).
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    first: u64,
    highest: u64,
    unique: u64,
    duplicates: u64,
    stale: u64,
    seen: [u64; WORDS],
}

impl Arrivals {
    /// Takes one packet and says its extended number, or `None` when it is a repetition.
    pub fn take(&mut self, sequence: u16) -> Option<u64> {
        if self.unique == 0 {
            // One cycle above zero, so that an early packet from before the first has a number.
            let number = (1 << 16) | u64::from(sequence);
            (self.first, self.highest) = (number, number);
            return self.mark(number);
        }
        let ahead = sequence.wrapping_sub(self.highest as u16) as i16;
        let number = self.highest.wrapping_add_signed(i64::from(ahead));
        if number > self.highest {
            self.advance(number);
        } else if self.highest - number >= WINDOW {
            self.stale += 1;
            return None;
        }
        self.first = self.first.min(number);
        self.mark(number)
    }

    /// Packets that arrived, each once.
    #[must_use]
    pub fn unique(&self) -> u64 {
        self.unique
    }

    /// Packets the numbers say were sent.
    #[must_use]
    pub fn expected(&self) -> u64 {
        if self.unique == 0 {
            0
        } else {
            self.highest - self.first + 1
        }
    }

    /// Packets that never came, as far as is known now.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.expected() - self.unique
    }

    /// The extended number of the first packet.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The extended number of the newest packet.
    #[must_use]
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether this one came; one too old to know did.
    #[must_use]
    pub fn has(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        number + WINDOW <= self.highest || self.seen[word] & bit != 0
    }

    /// Packets that came again.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Packets too old to be told from repetitions.
    #[must_use]
    pub fn stale(&self) -> u64 {
        self.stale
    }

    fn advance(&mut self, to: u64) {
        let from = self.highest + 1;
        for number in from.max(to.saturating_sub(WINDOW - 1))..=to {
            let (word, bit) = place(number);
            self.seen[word] &= !bit;
        }
        self.highest = to;
    }

    fn mark(&mut self, number: u64) -> Option<u64> {
        let (word, bit) = place(number);
        if self.seen[word] & bit != 0 {
            self.duplicates += 1;
            return None;
        }
        self.seen[word] |= bit;
        self.unique += 1;
        Some(number)
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % WINDOW;
    ((at / 64) as usize, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sequence: &[u16], unique: u64, lost: u64, duplicates: u64) {
        let mut arrivals = Arrivals::default();
        for number in sequence {
            arrivals.take(*number);
        }
        assert_eq!(
            (arrivals.unique(), arrivals.lost(), arrivals.duplicates()),
            (unique, lost, duplicates),
            "{sequence:?}"
        );
    }

    #[test]
    fn loss_and_repetition_are_told_apart() {
        check(&[], 0, 0, 0);
        check(&[7, 8, 9], 3, 0, 0);
        check(&[7, 9], 2, 1, 0);
        check(&[7, 9, 8], 3, 0, 0);
        check(&[7, 8, 8, 7], 2, 0, 2);
        check(&[65_534, 65_535, 0, 1], 4, 0, 0);
        check(&[0, 65_535], 2, 0, 0);
        check(&[1, 1000], 2, 998, 0);
    }

    #[test]
    fn a_packet_older_than_the_window_is_stale() {
        let mut arrivals = Arrivals::default();
        arrivals.take(0);
        arrivals.take(WINDOW as u16);
        assert_eq!(
            arrivals.take(1),
            Some((1 << 16) + 1),
            "at the edge it still counts"
        );
        assert_eq!(arrivals.take(0), None);
        assert_eq!(arrivals.stale(), 1);
    }
}
