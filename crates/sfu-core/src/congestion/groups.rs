//! Packets that left together, and how much longer one such group took than the one before
//! (draft-ietf-rmcat-gcc-02 §5.2).
//!
//! Single packets say little: of a frame's packets each waits for the one before it. Groups of
//! 5 ms say whether the queue on the way grows.
//!
//! Invariant: the variations of consecutive groups add up to the variation from the first to the
//! last, so that reordering and jitter cancel out; a jump of a clock starts anew.

/// Packets sent within this time are one group.
const GROUP_US: u64 = 5_000;
/// Packets that arrive this close after each other, sooner than they were sent, waited together
/// somewhere on the way (a radio that wakes up) and are one group too.
const BURST_US: i64 = 5_000;
/// But no longer than this.
const MAX_BURST_US: i64 = 100_000;
/// Variations beyond this are a clock's jump, not a queue.
const MAX_VARIATION_US: i64 = 3_000_000;

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent_us: u64,
    last_sent_us: u64,
    first_arrived_us: i64,
    last_arrived_us: i64,
}

/// One group compared with the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variation {
    /// How much longer it took, in microseconds; negative when the queue shrinks.
    pub delay_us: i64,
    /// How much later it was sent.
    pub sent_us: u64,
    /// When its last packet arrived, on the receiver's clock.
    pub arrived_us: i64,
}

/// The two groups that are looked at.
#[derive(Debug, Default)]
pub struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
}

impl Groups {
    /// Takes a packet, in the order of sending; the variation of the group that it completes.
    pub fn on_packet(&mut self, sent_us: u64, arrived_us: i64) -> Option<Variation> {
        let Some(group) = &mut self.current else {
            self.current = Some(Group::of(sent_us, arrived_us));
            return None;
        };
        if sent_us < group.first_sent_us {
            return None;
        }
        if group.takes(sent_us, arrived_us) {
            group.last_sent_us = group.last_sent_us.max(sent_us);
            group.last_arrived_us = group.last_arrived_us.max(arrived_us);
            return None;
        }
        let complete = *group;
        self.current = Some(Group::of(sent_us, arrived_us));
        let before = self.previous.replace(complete)?;
        let sent_us = complete.last_sent_us.saturating_sub(before.last_sent_us);
        let arrived_us = complete.last_arrived_us;
        let delay_us = arrived_us - before.last_arrived_us - sent_us as i64;
        if delay_us.abs() > MAX_VARIATION_US {
            self.reset();
            return None;
        }
        Some(Variation {
            delay_us,
            sent_us,
            arrived_us,
        })
    }

    /// Forgets what came before a gap.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Group {
    const fn of(sent_us: u64, arrived_us: i64) -> Self {
        Self {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            first_arrived_us: arrived_us,
            last_arrived_us: arrived_us,
        }
    }

    fn takes(&self, sent_us: u64, arrived_us: i64) -> bool {
        if sent_us - self.first_sent_us <= GROUP_US {
            return true;
        }
        let after = arrived_us - self.last_arrived_us;
        let sooner = after - sent_us.saturating_sub(self.last_sent_us) as i64;
        sooner < 0
            && (0..=BURST_US).contains(&after)
            && arrived_us - self.first_arrived_us < MAX_BURST_US
    }
}
