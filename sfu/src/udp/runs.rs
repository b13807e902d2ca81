//! Which datagrams can leave as one message.
//!
//! With `UDP_SEGMENT` (GSO) the kernel takes one buffer and cuts it into datagrams of equal length,
//! of which the last may be shorter; the way through the kernel is then paid once for all of them.
//!
//! Invariant: cut at the first one's length, a run gives back exactly its datagrams, in order.

use homeroom_sfu_core::transmit::Datagram;

/// Most datagrams of one run: what every kernel with GSO takes.
pub(super) const MAX_SEGMENTS: usize = 64;
/// Longest run, in bytes: a UDP payload is at most 65,507, and IPv6 extension headers take of it.
pub(super) const MAX_RUN_BYTES: usize = 65_000;

/// How many datagrams of the front make one run: at least one, unless there is none.
pub(super) fn first_run(datagrams: &[Datagram]) -> usize {
    let Some((first, rest)) = datagrams.split_first() else {
        return 0;
    };
    let mut count = 1;
    let mut end = first.start + first.len;
    for datagram in rest.iter().take(MAX_SEGMENTS - 1) {
        // An empty datagram leaves no trace in a buffer, so it can neither open nor end a run.
        let fits = (1..=first.len).contains(&datagram.len)
            && datagram.start == end
            && end + datagram.len - first.start <= MAX_RUN_BYTES
            && datagram.to == first.to;
        if !fits {
            break;
        }
        count += 1;
        end += datagram.len;
        if datagram.len < first.len {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datagrams of `(port, length)` back to back.
    fn back_to_back(list: &[(u16, usize)]) -> Vec<Datagram> {
        let mut start = 0;
        let datagram = |&(port, len): &(u16, usize)| {
            start += len;
            Datagram {
                start: start - len,
                len,
                to: ([192, 0, 2, 1], port).into(),
            }
        };
        list.iter().map(datagram).collect()
    }

    /// The lengths of the runs, one after another.
    fn runs(mut datagrams: &[Datagram]) -> Vec<usize> {
        let mut runs = Vec::new();
        while !datagrams.is_empty() {
            let run = first_run(datagrams);
            runs.push(run);
            datagrams = &datagrams[run..];
        }
        runs
    }

    #[track_caller]
    fn check(list: &[(u16, usize)], expected: &[usize]) {
        assert_eq!(runs(&back_to_back(list)), expected);
    }

    #[test]
    fn runs_are_of_equal_length_but_for_a_shorter_last() {
        assert_eq!(first_run(&[]), 0);
        check(&[(1, 9)], &[1]);
        check(&[(1, 9), (1, 9), (1, 9)], &[3]);
        check(&[(1, 9), (1, 9), (1, 8), (1, 8), (1, 8)], &[3, 2]);
        check(&[(1, 9), (1, 8), (1, 9)], &[2, 1]);
        check(&[(1, 9), (1, 9), (1, 10), (1, 10)], &[2, 2]);
    }

    #[test]
    fn a_run_goes_to_one_address() {
        check(&[(1, 9), (1, 9), (2, 9), (2, 9), (1, 9)], &[2, 2, 1]);
    }

    #[test]
    fn a_run_has_no_gap() {
        let mut datagrams = back_to_back(&[(1, 9), (1, 9), (1, 9), (1, 9)]);
        datagrams[2].start += 1;
        datagrams[3].start += 1;
        assert_eq!(runs(&datagrams), [2, 2]);
        datagrams.swap(0, 1);
        assert_eq!(runs(&datagrams), [1, 1, 2]);
    }

    #[test]
    fn a_run_has_at_most_so_many_datagrams() {
        check(&[(1, 9); MAX_SEGMENTS], &[64]);
        check(&[(1, 9); MAX_SEGMENTS + 1], &[64, 1]);
    }

    #[test]
    fn a_run_has_at_most_so_many_bytes() {
        check(&[(1, MAX_RUN_BYTES / 50); 50], &[50]);
        check(&[(1, MAX_RUN_BYTES / 50 + 1); 50], &[49, 1]);
        check(&[(1, 64_990), (1, 10)], &[2]);
        check(&[(1, 64_990), (1, 11)], &[1, 1]);
        check(&[(1, 70_000), (1, 70_000)], &[1, 1]);
    }

    #[test]
    fn an_empty_datagram_leaves_alone() {
        check(&[(1, 0)], &[1]);
        check(&[(1, 0), (1, 0), (1, 9)], &[1, 1, 1]);
        check(&[(1, 9), (1, 9), (1, 0), (1, 9)], &[2, 1, 1]);
    }
}
