//! The packets of one layer of a source that are to leave together, and how far they have got.
//!
//! A picture's packets come within a fraction of a millisecond, and nobody can show it before the
//! last of them: sent together they cost a receiver one send instead of six. What comes while a
//! burst is being sent is the next one.
//!
//! Invariant: a round, once begun, takes in no packet more, and serves each subscriber of its time
//! once, whoever unsubscribes meanwhile.

use crate::bounds::MAX_BURST;

/// Where a burst stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Nothing is here.
    #[default]
    Empty,
    /// The rest of the picture may come in a moment.
    Waiting,
    /// It leaves as soon as its turn comes.
    Ripe,
}

/// What waits of one layer of a source.
#[derive(Debug, Default)]
pub struct Burst {
    /// Packet indices, oldest first; the first `round` of them are being sent.
    indices: Vec<u64>,
    round: usize,
    served: usize,
    /// Somebody is shown this layer since this round.
    switched: bool,
    /// Where it stands.
    pub stage: Stage,
}

impl Burst {
    /// Adds a packet.
    pub fn push(&mut self, index: u64) {
        assert!(!self.is_full(), "the worker fans out when it is asked to");
        self.indices.push(index);
    }

    /// Whether it takes no packet more.
    pub fn is_full(&self) -> bool {
        self.indices.len() == MAX_BURST
    }

    /// The packets of this round, which begins here unless it has begun.
    pub fn round(&mut self) -> &[u64] {
        if self.round == 0 {
            self.round = self.indices.len();
        }
        &self.indices[..self.round]
    }

    /// How many subscribers have had this round.
    pub const fn served(&self) -> usize {
        self.served
    }

    /// So many more have had it.
    pub const fn serve(&mut self, subscribers: usize) {
        self.served += subscribers;
    }

    /// Whether somebody is shown this layer since this round, and another or none before.
    pub const fn note_switch(&mut self, switched: bool) {
        self.switched |= switched;
    }

    /// Somebody is no subscriber any more; `place` was theirs.
    pub const fn unsubscribed(&mut self, place: usize) {
        if place < self.served {
            self.served -= 1;
        }
    }

    /// Everybody has had this round; what came meanwhile is ripe. Whether somebody is shown this
    /// layer since, and another or none before.
    pub fn end_round(&mut self) -> bool {
        self.indices.drain(..self.round);
        (self.round, self.served) = (0, 0);
        self.stage = if self.indices.is_empty() {
            Stage::Empty
        } else {
            Stage::Ripe
        };
        std::mem::take(&mut self.switched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(indices: &[u64]) -> Burst {
        let mut burst = Burst::default();
        indices.iter().for_each(|index| burst.push(*index));
        burst.stage = Stage::Ripe;
        burst
    }

    #[test]
    fn what_comes_during_a_round_is_the_next_one() {
        let mut burst = burst(&[1, 2]);
        assert_eq!(burst.round(), [1, 2]);
        burst.serve(5);
        burst.push(3);
        assert_eq!(burst.round(), [1, 2]);
        burst.serve(5);
        assert_eq!(burst.served(), 10);
        assert!(!burst.end_round());
        assert_eq!((burst.stage, burst.served()), (Stage::Ripe, 0));
        assert_eq!(burst.round(), [3]);
        assert!(!burst.end_round());
        assert_eq!(burst.stage, Stage::Empty);
        assert_eq!(burst.round(), [0; 0]);
    }

    #[test]
    fn a_switch_is_told_when_its_round_ends_and_once() {
        let mut burst = burst(&[1]);
        burst.round();
        burst.serve(1);
        burst.note_switch(true);
        burst.push(2);
        burst.serve(1);
        burst.note_switch(false);
        assert!(burst.end_round());
        burst.round();
        assert!(!burst.end_round());
    }

    #[test]
    fn who_unsubscribes_neither_costs_another_the_round_nor_gives_it_twice() {
        let mut burst = burst(&[1]);
        burst.round();
        burst.serve(3);
        burst.unsubscribed(3);
        assert_eq!(burst.served(), 3, "they had not had it");
        burst.unsubscribed(0);
        assert_eq!(burst.served(), 2, "the fourth is the third now");
    }
}
