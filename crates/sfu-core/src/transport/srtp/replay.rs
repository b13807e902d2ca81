//! Which packet indices were already accepted, as a ring of bits (in the manner of RFC 6479).
//!
//! Invariant: an index is let through at most once. Only authentic packets may move the window,
//! so `check` and `accept` are apart.

use super::SrtpError;

const WORD_BITS: u64 = u64::BITS as u64;

/// Indices a window of so many words tells apart. One word is always in the course of being
/// overwritten.
pub(super) const fn span(words: usize) -> u64 {
    (words as u64 - 1) * WORD_BITS
}

/// The newest index and which of those behind it were seen.
pub(super) struct ReplayWindow<const WORDS: usize> {
    newest: u64,
    seen: [u64; WORDS],
}

impl<const WORDS: usize> ReplayWindow<WORDS> {
    pub fn starting_at(index: u64) -> Self {
        let mut window = Self {
            newest: index,
            seen: [0; WORDS],
        };
        window.mark(index);
        window
    }

    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether a packet of this index may still be new.
    pub fn check(&self, index: u64) -> Result<(), SrtpError> {
        if index > self.newest {
            return Ok(());
        }
        let is_too_old = self.newest - index >= span(WORDS);
        let was_seen = self.seen[word_of::<WORDS>(index)] & bit_of(index) != 0;
        if is_too_old || was_seen {
            Err(SrtpError::Replayed)
        } else {
            Ok(())
        }
    }

    /// Remembers an index that passed [`Self::check`] and whose packet was authentic.
    pub fn accept(&mut self, index: u64) {
        debug_assert!(self.check(index).is_ok(), "an index is accepted once");
        if index > self.newest {
            let steps = (index / WORD_BITS - self.newest / WORD_BITS).min(WORDS as u64);
            for step in 0..steps {
                self.seen[word_of::<WORDS>(index - step * WORD_BITS)] = 0;
            }
            self.newest = index;
        }
        self.mark(index);
    }

    fn mark(&mut self, index: u64) {
        self.seen[word_of::<WORDS>(index)] |= bit_of(index);
    }
}

fn word_of<const WORDS: usize>(index: u64) -> usize {
    (index / WORD_BITS % WORDS as u64) as usize
}

fn bit_of(index: u64) -> u64 {
    1 << (index % WORD_BITS)
}
