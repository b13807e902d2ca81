//! The random part of a link: a packet's dice, and the chain that groups losses.
//!
//! Invariant: every packet rolls the same dice, whatever the configuration.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::LinkConfig;

/// The random values of one packet, each in 0–1.
#[derive(Debug)]
pub(super) struct Dice {
    burst: f64,
    loss: f64,
    pub jitter: f64,
    pub reorder: f64,
    pub duplicate: f64,
}

#[derive(Debug)]
pub(super) struct Luck {
    rng: ChaCha8Rng,
    /// A burst of losses is under way.
    in_burst: bool,
}

impl Luck {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            in_burst: false,
        }
    }

    pub fn roll(&mut self) -> Dice {
        Dice {
            burst: self.rng.random(),
            loss: self.rng.random(),
            jitter: self.rng.random(),
            reorder: self.rng.random(),
            duplicate: self.rng.random(),
        }
    }

    /// Gilbert and Elliott's model: a chain of two states, each with a loss of its own. The mean
    /// length of a burst and the mean loss fix both probabilities of changing state.
    pub fn is_lost(&mut self, dice: &Dice, config: &LinkConfig) -> bool {
        let &LinkConfig { loss, burst, .. } = config;
        if burst <= 1.0 || loss >= 1.0 {
            self.in_burst = false;
            return dice.loss < loss;
        }
        let in_bursts = config.share_in_bursts();
        self.in_burst = match self.in_burst {
            true => dice.burst >= 1.0 / burst,
            false => dice.burst < in_bursts / (1.0 - in_bursts) / burst,
        };
        match self.in_burst {
            true => dice.loss < config.burst_loss,
            false => dice.loss < config.base_loss,
        }
    }
}
