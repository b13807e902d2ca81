//! Looks for the most students that a server serves well: doubles until it is too much, then
//! halves the difference.
//!
//! Invariant: never tries more than the scenario says, and stops asking for more as soon as the
//! load test itself is in the way: what follows would be about the load test.

use crate::scenario::Search;
use crate::trial::Trial;

/// What one number came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All was well.
    Good,
    /// Some limit was hit.
    Bad,
    /// It says nothing about the server.
    Doubtful,
}

impl From<&Trial> for Outcome {
    fn from(trial: &Trial) -> Self {
        match (trial.is_valid(), trial.is_good()) {
            (false, _) => Self::Doubtful,
            (true, true) => Self::Good,
            (true, false) => Self::Bad,
        }
    }
}

/// The search as a value: numbers come out, outcomes go in.
#[derive(Debug)]
pub struct Bisection {
    search: Search,
    good: usize,
    bad: Option<usize>,
    next: Option<usize>,
}

impl Bisection {
    /// Begins where the scenario says.
    #[must_use]
    pub fn new(search: Search) -> Self {
        Self {
            search,
            good: 0,
            bad: None,
            next: Some(search.from.min(search.most)),
        }
    }

    /// The number to try next; `None` when the answer is known.
    #[must_use]
    pub const fn next(&self) -> Option<usize> {
        self.next
    }

    /// Takes what became of [`Bisection::next`].
    pub fn take(&mut self, outcome: Outcome) {
        let Some(tried) = self.next.take() else {
            return;
        };
        match outcome {
            Outcome::Good => self.good = self.good.max(tried),
            // What the load test cannot make, it cannot ask for.
            Outcome::Bad | Outcome::Doubtful => self.bad = Some(tried),
        }
        let Search { step, most, .. } = self.search;
        self.next = match self.bad {
            None if self.good >= most => None,
            None => Some((2 * self.good).min(most)),
            Some(bad) => {
                let middle = (self.good + bad) / 2 / step * step;
                (middle > self.good && middle < bad).then_some(middle)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers tried when so many are served well.
    #[track_caller]
    fn check(holds: usize, tried: &[usize]) {
        let search = Search {
            from: 100,
            step: 25,
            most: 1_000,
        };
        let mut bisection = Bisection::new(search);
        let mut numbers = Vec::new();
        while let Some(number) = bisection.next() {
            numbers.push(number);
            let is_good = number <= holds;
            bisection.take(if is_good { Outcome::Good } else { Outcome::Bad });
        }
        assert_eq!(numbers, tried);
    }

    #[test]
    fn it_doubles_and_then_halves_to_the_step() {
        check(330, &[100, 200, 400, 300, 350, 325]);
        check(400, &[100, 200, 400, 800, 600, 500, 450, 425]);
    }

    #[test]
    fn it_stops_at_the_most_and_finds_less_than_the_first() {
        check(5_000, &[100, 200, 400, 800, 1_000]);
        check(60, &[100, 50, 75]);
        check(10, &[100, 50, 25]);
    }
}
