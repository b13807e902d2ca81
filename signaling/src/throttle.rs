//! Token buckets: how often something may happen, for one client, one address prefix, everybody.
//!
//! Invariant: memory is bounded by `MAX_TRACKED_PREFIXES` whoever calls; addresses are kept as
//! prefixes, only while their bucket is not full, and are never logged.

use crate::limits::MAX_TRACKED_PREFIXES;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Where a stranger comes from, as coarse as one household or school: an IPv4 address, or the /56
/// of an IPv6 one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix(u128);

impl Prefix {
    /// The prefix of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u32::from(v4).into()),
            IpAddr::V6(v6) => Self(u128::from(v6) >> 72 << 72),
        }
    }

    /// Not an address but somebody known by a number; never in one throttle with addresses.
    #[must_use]
    pub const fn of_number(number: u128) -> Self {
        Self(number)
    }
}

/// What may happen how often.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Refill per second.
    pub per_second: u32,
    /// Size of the bucket.
    pub burst: u32,
}

impl From<(u32, u32)> for Rate {
    fn from((per_second, burst): (u32, u32)) -> Self {
        Self { per_second, burst }
    }
}

/// One bucket, counted in thousandths so that milliseconds refill it exactly.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    rate: Rate,
    milli_tokens: u64,
    at_ms: u64,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate, now_ms: u64) -> Self {
        Self {
            rate,
            milli_tokens: u64::from(rate.burst) * 1_000,
            at_ms: now_ms,
        }
    }

    /// Whether a token is there.
    pub fn has(&mut self, now_ms: u64) -> bool {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        let refill = passed_ms.saturating_mul(self.rate.per_second.into());
        let full = u64::from(self.rate.burst) * 1_000;
        self.milli_tokens = full.min(self.milli_tokens.saturating_add(refill));
        self.at_ms = self.at_ms.max(now_ms);
        self.milli_tokens >= 1_000
    }

    /// Takes a token; `false` when there is none.
    pub fn take(&mut self, now_ms: u64) -> bool {
        let has = self.has(now_ms);
        if has {
            self.milli_tokens -= 1_000;
        }
        has
    }

    /// Gives a token back that was taken for nothing.
    pub fn put_back(&mut self) {
        let full = u64::from(self.rate.burst) * 1_000;
        self.milli_tokens = full.min(self.milli_tokens + 1_000);
    }

    fn is_full(&mut self, now_ms: u64) -> bool {
        self.has(now_ms);
        self.milli_tokens == u64::from(self.rate.burst) * 1_000
    }
}

/// Buckets by prefix under one for everybody.
#[derive(Debug)]
pub struct Throttle {
    prefix_rate: Rate,
    everybody: Bucket,
    prefixes: BTreeMap<Prefix, Bucket>,
    /// Shared by the prefixes that no longer fit.
    others: Bucket,
    swept_ms: u64,
}

impl Throttle {
    /// Everything full.
    #[must_use]
    pub fn new(prefix_rate: Rate, everybody_rate: Rate, now_ms: u64) -> Self {
        Self {
            prefix_rate,
            everybody: Bucket::new(everybody_rate, now_ms),
            prefixes: BTreeMap::new(),
            others: Bucket::new(prefix_rate, now_ms),
            swept_ms: now_ms,
        }
    }

    /// Whether the prefix and everybody have a token.
    pub fn has(&mut self, prefix: Prefix, now_ms: u64) -> bool {
        self.everybody.has(now_ms) && self.bucket(prefix, now_ms).has(now_ms)
    }

    /// Takes a token of the prefix and of everybody; `false` when either has none.
    pub fn take(&mut self, prefix: Prefix, now_ms: u64) -> bool {
        self.has(prefix, now_ms) && self.everybody.take(now_ms) && {
            self.bucket(prefix, now_ms).take(now_ms)
        }
    }

    /// Gives a token back to the prefix and to everybody.
    pub fn put_back(&mut self, prefix: Prefix, now_ms: u64) {
        self.everybody.put_back();
        self.bucket(prefix, now_ms).put_back();
    }

    fn bucket(&mut self, prefix: Prefix, now_ms: u64) -> &mut Bucket {
        let known = self.prefixes.contains_key(&prefix);
        if !known && self.prefixes.len() >= MAX_TRACKED_PREFIXES {
            self.sweep(now_ms);
        }
        if !known && self.prefixes.len() >= MAX_TRACKED_PREFIXES {
            return &mut self.others;
        }
        let rate = self.prefix_rate;
        let fresh = || Bucket::new(rate, now_ms);
        self.prefixes.entry(prefix).or_insert_with(fresh)
    }

    /// Forgets who has been quiet; at most once a second, so that a flood of addresses costs no
    /// more than a trickle.
    fn sweep(&mut self, now_ms: u64) {
        if now_ms >= self.swept_ms + 1_000 {
            self.swept_ms = now_ms;
            self.prefixes.retain(|_, bucket| !bucket.is_full(now_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 20,
        burst: 60,
    };

    fn prefix(text: &str) -> Prefix {
        Prefix::of(text.parse().expect("is an address"))
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::new(RATE, 0);
        let taken =
            |bucket: &mut Bucket, now_ms| (0..1_000).filter(|_| bucket.take(now_ms)).count();
        assert_eq!(taken(&mut bucket, 0), 60);
        assert_eq!(taken(&mut bucket, 49), 0);
        assert_eq!(taken(&mut bucket, 50), 1);
        assert_eq!(taken(&mut bucket, 1_050), 20);
        assert_eq!(taken(&mut bucket, 1_000_000), 60);
        assert_eq!(
            taken(&mut bucket, 0),
            0,
            "a clock that steps back gives nothing"
        );
    }

    #[test]
    fn one_prefix_does_not_empty_anothers_bucket() {
        let mut throttle = Throttle::new((1, 2).into(), (1, 100).into(), 0);
        let (school, home) = (prefix("192.0.2.1"), prefix("192.0.2.2"));
        assert!(throttle.take(school, 0) && throttle.take(school, 0));
        assert!(!throttle.take(school, 0));
        assert!(throttle.take(home, 0));
    }

    #[test]
    fn everybody_together_is_bounded_too() {
        let mut throttle = Throttle::new((1, 10).into(), (1, 3).into(), 0);
        let taken = (0..10).filter(|n| throttle.take(Prefix(*n), 0)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn strangers_beyond_the_table_share_a_bucket_until_others_are_quiet() {
        let many = u32::try_from(MAX_TRACKED_PREFIXES).expect("fits");
        let mut throttle = Throttle::new((1, 2).into(), (1, 4 * many).into(), 0);
        for number in 0..many {
            assert!(throttle.take(Prefix(number.into()), 0));
        }
        let extra = |n: u32| Prefix((many + n).into());
        let taken = (0..10).filter(|n| throttle.take(extra(*n), 10)).count();
        assert_eq!(taken, 2, "they share one bucket");
        assert_eq!(throttle.prefixes.len(), MAX_TRACKED_PREFIXES);
        assert!(throttle.take(extra(11), 10_000), "quiet ones are forgotten");
        assert_eq!(throttle.prefixes.len(), 1);
    }

    #[test]
    fn neighbours_in_an_ipv6_site_are_one() {
        assert_eq!(prefix("2001:db8:0:1200::1"), prefix("2001:db8:0:12ff:9::2"));
        assert_ne!(prefix("2001:db8:0:1200::1"), prefix("2001:db8:0:1300::1"));
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
    }
}
