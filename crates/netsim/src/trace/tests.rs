//! Steps come at their time and change what they name; mistakes are told with their place.

use super::*;

const S: Duration = Duration::from_secs(1);

const THIRTY_BAD_SECONDS: &str = "
[[step]]
at_s = 0
rate_kbps = 2000
delay_ms = 25

[[step]]
at_s = 30
rate_kbps = 250

[[step]]
at_s = 60.5
rate_kbps = 2000
loss = 0.01
";

fn rate(rate_kbps: f64) -> LinkChange {
    LinkChange {
        rate_kbps: Some(rate_kbps),
        ..LinkChange::default()
    }
}

#[test]
fn a_file_is_the_trace_it_says() {
    let trace = Trace::from_toml(THIRTY_BAD_SECONDS).expect("a trace");
    let steps = [
        (
            Duration::ZERO,
            LinkChange {
                delay_ms: Some(25.0),
                ..rate(2_000.0)
            },
        ),
        (30 * S, rate(250.0)),
        (
            60 * S + S / 2,
            LinkChange {
                loss: Some(0.01),
                ..rate(2_000.0)
            },
        ),
    ];
    let steps = steps.map(|(at, change)| Step { at, change });
    assert_eq!(
        Ok(trace),
        Trace::new(LinkConfig::PERFECT, steps.to_vec()),
        "from text and from values"
    );
}

#[test]
fn an_empty_file_is_a_perfect_link() {
    assert_eq!(Trace::from_toml(""), Ok(LinkConfig::PERFECT.into()));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let table = [
        (
            "[[step]]\nat_s = 0\n\n[[step]]\nat_s = 1\nrate = 2\n",
            "line 4: unknown field `rate`",
        ),
        ("[[step]]\nrate_kbps = 2\n", "line 1: a step without at_s"),
        (
            "[[step]]\nat_s = \"soon\"\n",
            "line 1: at_s is not a number",
        ),
        ("[[step]]\nat_s = -1\n", "line 1: at_s = -1"),
        (
            "[[step]]\nat_s = 0\nloss = \"much\"\n",
            "line 1: invalid type: string",
        ),
        ("[[steps]]\nat_s = 0\n", "unknown field `steps`"),
        (
            "[[step]]\nat_s = 2\n[[step]]\nat_s = 1\n",
            "step 2 is earlier",
        ),
        (
            "[[step]]\nat_s = 2\nloss = 7\n",
            "step 1: loss = 7 is not a share",
        ),
        (
            "[[step]]\nat_s = 0\nburst = 2\n[[step]]\nat_s = 1\nloss = 0.9\n",
            "step 2: bursts of 2 packets",
        ),
        ("[[step]\n", "line 1"),
    ];
    for (text, expected) in table {
        let error = Trace::from_toml(text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{expected:?} in {error:?}");
    }
}

#[test]
fn steps_are_bounded() {
    let step = Step {
        at: S,
        change: LinkChange::default(),
    };
    let of = |count| Trace::new(LinkConfig::PERFECT, vec![step; count]);
    assert!(of(MAX_STEPS).is_ok());
    assert_eq!(
        of(MAX_STEPS + 1),
        Err(TraceError::TooManySteps(MAX_STEPS + 1))
    );
}

#[test]
fn a_schedule_takes_each_step_at_its_time() {
    let trace = Trace::from_toml(THIRTY_BAD_SECONDS).expect("a trace");
    let began = Instant::now();
    let mut schedule = Schedule::new(began, &trace);
    let mut rates = Vec::new();
    while let Some(at) = schedule.next_at() {
        assert_eq!(schedule.step(at - Duration::from_nanos(1)), None);
        assert_eq!(schedule.step(at), Some(at));
        rates.push((at - began, schedule.config().rate_bps));
        assert_eq!(schedule.config().delay, Duration::from_millis(25));
    }
    let expected = [
        (Duration::ZERO, Some(2_000_000)),
        (30 * S, Some(250_000)),
        (60 * S + S / 2, Some(2_000_000)),
    ];
    assert_eq!(rates, expected);
}

#[test]
fn a_change_that_a_later_step_could_not_follow_is_refused() {
    let text = "[[step]]\nat_s = 10\nloss = 0.9\n";
    let trace = Trace::from_toml(text).expect("a trace");
    let mut schedule = Schedule::new(Instant::now(), &trace);
    let bursts = LinkChange {
        burst: Some(2.0),
        ..LinkChange::default()
    };
    assert!(schedule.change(&bursts).is_err());
    assert_eq!(*schedule.config(), LinkConfig::PERFECT);
    assert_eq!(schedule.change(&rate(64.0)), Ok(()));
    assert_eq!(schedule.config().rate_bps, Some(64_000));
}
