//! The resuming of partial sends and the giving up of runs, by script.

use super::*;

/// What a call answers: messages that left, or an error's code.
type Answer = Result<usize, i32>;

/// Batches of one socket whose kernel follows a script.
struct Script {
    segmentation: Segmentation,
    /// Each call so far: the first datagram of it, and its runs.
    calls: Vec<(usize, Vec<usize>)>,
}

impl Script {
    fn new(segmentation: Segmentation) -> Self {
        Self {
            segmentation,
            calls: Vec::new(),
        }
    }

    /// Sends datagrams of `(receiver, length)`; every one that a call says has left is noted, and
    /// the outcome counts exactly these.
    #[track_caller]
    fn send(&mut self, list: &[(u16, usize)], script: &[Answer]) -> (Vec<usize>, SendOutcome) {
        let datagrams = back_to_back(list);
        let mut script = script.iter();
        let mut left = Vec::new();
        let calls = &mut self.calls;
        let outcome = send_all(&datagrams, BATCH, &mut self.segmentation, |rest, runs| {
            let first = datagrams.len() - rest.len();
            calls.push((first, runs.to_vec()));
            let answer = *script.next().expect("no call beyond the script");
            if let Ok(messages) = answer {
                let count: usize = runs[..messages].iter().sum();
                left.extend(first..first + count);
            }
            answer.map_err(io::Error::from_raw_os_error)
        });
        assert_eq!(script.next(), None, "the script goes on");
        assert_eq!(outcome.sent, left.len());
        let tried = outcome.would_block_from.unwrap_or(list.len());
        assert_eq!(outcome.sent + outcome.refused, tried);
        (left, outcome)
    }
}

/// Datagrams of `(receiver, length)`.
fn back_to_back(list: &[(u16, usize)]) -> Vec<Datagram> {
    let mut end = 0;
    let datagram = |&(port, len): &(u16, usize)| {
        let start = end;
        end += len;
        let to = ([192, 0, 2, 1], port).into();
        Datagram { start, len, to }
    };
    list.iter().map(datagram).collect()
}

/// Ten datagrams to ten receivers: what is sent and refused, where it blocks, and where each call
/// begins.
#[track_caller]
fn check_resume(script: &[Answer], expected: (usize, usize, Option<usize>), calls: &[usize]) {
    let list: Vec<_> = (1..=10).map(|port| (port, 9)).collect();
    let mut socket = Script::new(Segmentation::Unwanted);
    let (_, outcome) = socket.send(&list, script);
    let found = (outcome.sent, outcome.refused, outcome.would_block_from);
    assert_eq!(found, expected);
    let begins: Vec<usize> = socket.calls.iter().map(|(first, _)| *first).collect();
    assert_eq!(begins, calls);
    assert_eq!(outcome.calls, calls.len());
}

#[test]
fn partial_sends_are_resumed_where_they_stopped() {
    check_resume(&[Ok(10)], (10, 0, None), &[0]);
    check_resume(&[Ok(3), Ok(6), Ok(1)], (10, 0, None), &[0, 3, 9]);
    check_resume(&[Err(libc::EAGAIN)], (0, 0, Some(0)), &[0]);
    check_resume(&[Ok(4), Err(libc::EAGAIN)], (4, 0, Some(4)), &[0, 4]);
    for refusal in [
        libc::ECONNREFUSED,
        libc::EHOSTUNREACH,
        libc::ENETUNREACH,
        libc::EMSGSIZE,
        libc::EPERM,
        libc::EIO,
    ] {
        check_resume(&[Ok(2), Err(refusal), Ok(7)], (9, 1, None), &[0, 2, 3]);
        check_resume(&[Ok(9), Err(refusal)], (9, 1, None), &[0, 9]);
        let blocked = [Err(refusal), Err(libc::EAGAIN)];
        check_resume(&blocked, (0, 1, Some(1)), &[0, 1]);
    }
}

/// A frame to each of three receivers.
const FRAMES: [(u16, usize); 9] = [
    (1, 9),
    (1, 9),
    (1, 5),
    (2, 9),
    (2, 9),
    (2, 5),
    (3, 9),
    (3, 9),
    (3, 5),
];

#[track_caller]
fn check_frames(
    script: &[Answer],
    calls: &[(usize, &[usize])],
) -> (Vec<usize>, SendOutcome, Segmentation) {
    let mut socket = Script::new(Segmentation::START);
    let (left, outcome) = socket.send(&FRAMES, script);
    let expected: Vec<_> = calls
        .iter()
        .map(|(first, runs)| (*first, runs.to_vec()))
        .collect();
    assert_eq!(socket.calls, expected);
    (left, outcome, socket.segmentation)
}

const ALL: [usize; 9] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn runs_leave_as_one_message_each() {
    let (left, outcome, _) = check_frames(&[Ok(3)], &[(0, &[3, 3, 3])]);
    assert_eq!(left, ALL);
    let expected = SendOutcome {
        sent: 9,
        calls: 1,
        runs: 3,
        segmented: 9,
        ..SendOutcome::default()
    };
    assert_eq!(outcome, expected);
}

#[test]
fn a_partial_send_of_runs_is_resumed_at_a_run() {
    let (left, outcome, _) = check_frames(&[Ok(1), Ok(2)], &[(0, &[3, 3, 3]), (3, &[3, 3])]);
    assert_eq!((left, outcome.runs), (ALL.to_vec(), 3));
    let blocked = [Ok(2), Err(libc::EAGAIN)];
    let (_, outcome, _) = check_frames(&blocked, &[(0, &[3, 3, 3]), (6, &[3])]);
    // Counted in datagrams.
    assert_eq!(outcome.would_block_from, Some(6));
}

/// The path to receiver 2 is narrow.
#[test]
fn a_refused_run_leaves_apart_and_the_others_stay_runs() {
    for code in [libc::EINVAL, libc::EMSGSIZE, libc::EPERM] {
        let (left, outcome, segmentation) = check_frames(
            &[Ok(1), Err(code), Ok(4)],
            &[(0, &[3, 3, 3]), (3, &[3, 3]), (3, &[1, 1, 1, 3])],
        );
        assert_eq!(left, ALL);
        let expected = SendOutcome {
            sent: 9,
            calls: 3,
            runs: 2,
            segmented: 6,
            runs_refused: 1,
            ..SendOutcome::default()
        };
        assert_eq!(outcome, expected);
        // The last run's success is the newest.
        assert_eq!(segmentation, Segmentation::START);
    }
}

#[test]
fn apart_each_datagram_is_refused_or_blocked_for_itself() {
    let (left, outcome, _) = check_frames(
        &[
            Err(libc::EMSGSIZE),
            Err(libc::EMSGSIZE),
            Ok(1),
            Err(libc::EMSGSIZE),
            Ok(2),
        ],
        &[
            (0, &[3, 3, 3]),
            (0, &[1, 1, 1, 3, 3]),
            (1, &[1, 1, 3, 3]),
            (2, &[1, 3, 3]),
            (3, &[3, 3]),
        ],
    );
    assert_eq!((left, outcome.refused), (vec![1, 3, 4, 5, 6, 7, 8], 2));
    let (left, outcome, _) = check_frames(
        &[Err(libc::EINVAL), Ok(2), Err(libc::EAGAIN)],
        &[(0, &[3, 3, 3]), (0, &[1, 1, 1, 3, 3]), (2, &[1, 3, 3])],
    );
    assert_eq!((left, outcome.would_block_from), (vec![0, 1], Some(2)));
}

#[test]
fn a_card_that_cannot_is_asked_once() {
    let (left, outcome, segmentation) = check_frames(
        &[Ok(1), Err(libc::EIO), Ok(6)],
        &[(0, &[3, 3, 3]), (3, &[3, 3]), (3, &[1; 6])],
    );
    assert_eq!((left, outcome.runs_refused), (ALL.to_vec(), 1));
    assert_eq!(segmentation, Segmentation::GivenUp);
    let mut socket = Script::new(segmentation);
    socket.send(&FRAMES, &[Ok(9)]);
    assert_eq!(socket.calls, [(0, vec![1; 9])]);
}

/// Sends one frame again and again, each time as this script says.
fn repeat(socket: &mut Script, times: u32, script: &[Answer]) {
    for _ in 0..times {
        socket.send(&FRAMES[..3], script);
    }
}

const REFUSED_AS_A_RUN: [Answer; 2] = [Err(libc::EINVAL), Ok(3)];

#[test]
fn runs_are_given_up_when_none_succeeds() {
    let mut socket = Script::new(Segmentation::START);
    repeat(&mut socket, MAX_REFUSED_RUNS - 1, &REFUSED_AS_A_RUN);
    assert_ne!(socket.segmentation, Segmentation::GivenUp);
    repeat(&mut socket, 1, &REFUSED_AS_A_RUN);
    assert_eq!(socket.segmentation, Segmentation::GivenUp);
    repeat(&mut socket, 1, &[Ok(3)]);
    assert_eq!(socket.calls.last(), Some(&(0, vec![1; 3])));
}

#[test]
fn one_success_shows_that_runs_can_leave() {
    let mut socket = Script::new(Segmentation::START);
    for _ in 0..3 {
        repeat(&mut socket, MAX_REFUSED_RUNS - 1, &REFUSED_AS_A_RUN);
        repeat(&mut socket, 1, &[Ok(1)]);
    }
    assert_eq!(socket.segmentation, Segmentation::START);
}

/// While the network is down everything is refused; runs are as good as ever afterwards.
#[test]
fn a_run_is_not_blamed_where_its_datagrams_fail_too() {
    let mut socket = Script::new(Segmentation::START);
    let down = [Err(libc::ENETUNREACH); 4];
    repeat(&mut socket, 2 * MAX_REFUSED_RUNS, &down);
    assert_eq!(socket.segmentation, Segmentation::START);
}

#[test]
fn a_batch_beyond_one_call_goes_on_in_the_next() {
    let list: Vec<_> = (0..BATCH as u16 + 1)
        .flat_map(|to| [(to, 9), (to, 9)])
        .collect();
    let mut socket = Script::new(Segmentation::START);
    let (left, outcome) = socket.send(&list, &[Ok(BATCH), Ok(1)]);
    assert_eq!((left.len(), outcome.runs), (list.len(), BATCH + 1));
    assert_eq!(socket.calls[1], (2 * BATCH, vec![2]));
}
