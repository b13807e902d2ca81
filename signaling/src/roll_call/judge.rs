//! From evidence to a line: how much of the lesson somebody heard, and what the rules call that.
//!
//! Invariant: only what was heard counts as attended, and only what could have been heard is asked
//! for; causes explain what was lost and never add to it.

use super::course::Course;
use super::evidence::{Cause, Evidence};
use super::spans::{Span, Spans};
use homeroom_protocol::{Attendance, RollFlag, RollLine, RollRules};

/// So often may devices take a seat from each other in [`MOVES_WITHIN_MS`] before it is remarkable.
const USUAL_MOVES: usize = 2;
const MOVES_WITHIN_MS: u64 = 5 * 60_000;
/// So long without sound is worth a word.
const UNHEARD_MS: u64 = 60_000;

/// What a line is judged against.
pub struct Frame<'a> {
    /// The lesson.
    pub course: &'a Course,
    /// From its beginning to its end, or to now; `None` before it began.
    pub lesson: Option<Span>,
    /// It has ended: what somebody may still make up for, they no longer can.
    pub is_over: bool,
    /// The rules.
    pub rules: &'a RollRules,
    /// Now.
    pub now_ms: u64,
}

/// Fills in what was measured: times, minutes, causes, status and flags.
pub fn measure(line: &mut RollLine, seats: &[&Evidence], frame: &Frame<'_>) {
    let Some(lesson) = frame.lesson else {
        line.measured = Attendance::Absent;
        return;
    };
    let now_ms = frame.now_ms;
    let all = |spans: Vec<Span>| Spans::of(spans).within(lesson);
    let connected = all(seats.iter().flat_map(|s| s.connected(now_ms)).collect());
    let heard = all(seats.iter().flat_map(|s| s.heard(now_ms)).collect());
    let down = frame
        .course
        .outages_of(seats.iter().flat_map(|s| s.outages()), now_ms);
    let broken = seats.iter().flat_map(|s| s.deaf(now_ms, Cause::Ours));
    let broken = Spans::of(broken.collect()).without(&heard);
    let ours = Spans::of(
        [down.within(lesson), broken.within(lesson)]
            .into_iter()
            .flat_map(Spans::into_iter)
            .collect(),
    );
    let possible = Spans::of(vec![lesson]).without(&ours);
    let heard = heard.without(&ours);
    let lost = possible.without(&heard);
    let connecting = seats.iter().map(|s| s.connecting(now_ms));
    let connecting = Spans::of(connecting.flat_map(Spans::into_iter).collect());
    let is_unheard = heard.total_ms() == 0;
    // A device that never connects is not a line that comes back.
    let silent = connecting.clone().into_iter().filter(|_| is_unheard);
    let blocked = seats.iter().flat_map(|s| s.deaf(now_ms, Cause::Device));
    let device = all(blocked.chain(silent).collect());
    let device = device.without(&heard).without(&ours);
    let gaps = seats.iter().flat_map(|s| s.line_gaps());
    let deaf = seats.iter().flat_map(|s| s.deaf(now_ms, Cause::Line));
    let line_lost = all(connecting.into_iter().chain(gaps).chain(deaf).collect());
    let line_lost = line_lost.without(&heard).without(&ours).without(&device);

    line.connected_ms = connected.total_ms();
    line.heard_ms = heard.total_ms();
    line.possible_ms = possible.total_ms();
    line.ours_ms = ours.total_ms();
    line.line_ms = line_lost.total_ms();
    line.device_ms = device.total_ms();
    line.first_heard_ms = heard.first_ms();
    line.last_heard_ms = heard.last_ms();
    line.late_ms = late_by(&heard, &possible, lesson, frame.rules);
    line.left_early_ms = early_by(&heard, &possible, lesson, frame.rules);

    let acted = seats.iter().any(|seat| seat.acted());
    let faults_ms = line.line_ms + line.ours_ms;
    let missed_ms = lost.total_ms() + line.ours_ms;
    let is_technical = (line.heard_ms > 0 || acted)
        && line.line_ms + line.device_ms + line.ours_ms > 0
        && faults_ms * 100 >= u64::from(frame.rules.technical_percent) * missed_ms;
    let first_ms = line
        .first_heard_ms
        .filter(|_| !frame.is_over && line.late_ms == 0);
    // While it goes on, nobody is blamed for the minutes in which coming is in time.
    let lead = first_ms.map(|first| possible.within(Span::new(lesson.from_ms, first)));
    let asked_ms = line.possible_ms - lead.map_or(0, |lead| lead.total_ms());
    line.measured = judge(line, asked_ms, is_technical, acted, frame.rules);
    flag(line, seats, is_technical);
}

/// What the rules call it; `asked_ms` of the lesson are asked for.
fn judge(
    line: &RollLine,
    asked_ms: u64,
    is_technical: bool,
    acted: bool,
    rules: &RollRules,
) -> Attendance {
    if line.heard_ms == 0 {
        // Nobody who did something was absent; why they heard nothing is for the teacher to ask.
        return if acted {
            Attendance::Technical
        } else {
            Attendance::Absent
        };
    }
    let percent = |of_ms: u64| line.heard_ms * 100 / of_ms.max(1);
    // Between coming and going.
    let stay_ms = asked_ms.saturating_sub(line.late_ms + line.left_early_ms);
    let has_holes = percent(stay_ms) < rules.present_percent.into();
    let is_punctual = line.late_ms == 0 && line.left_early_ms == 0;
    let is_little = percent(asked_ms) < rules.partial_percent.into();
    if is_little || has_holes {
        return if is_technical {
            Attendance::Technical
        } else {
            Attendance::Partial
        };
    }
    if is_punctual {
        return Attendance::Present;
    }
    if line.late_ms >= line.left_early_ms {
        Attendance::Late
    } else {
        Attendance::LeftEarly
    }
}

fn flag(line: &mut RollLine, seats: &[&Evidence], is_technical: bool) {
    let never = line.heard_ms == 0 && line.connected_ms >= UNHEARD_MS;
    let moved = seats.iter().any(|seat| {
        let moves = seat.moves.windows(USUAL_MOVES + 1);
        moves
            .into_iter()
            .any(|few| few[USUAL_MOVES] - few[0] <= MOVES_WITHIN_MS)
    });
    let missed = line.checks_answered < line.checks_sent && line.check_missed_ms.is_some();
    let flags = [
        (RollFlag::Late, line.late_ms > 0),
        (RollFlag::LeftEarly, line.left_early_ms > 0),
        (
            RollFlag::Technical,
            is_technical && line.measured != Attendance::Present,
        ),
        (RollFlag::Unheard, never || line.device_ms >= UNHEARD_MS),
        (RollFlag::TwoPlaces, moved),
        (RollFlag::MissedCheck, missed),
        (RollFlag::Several, seats.iter().any(|seat| seat.several)),
    ];
    let raised = flags.into_iter().filter(|(_, is)| *is);
    line.flags = raised.map(|(flag, _)| flag).collect();
}

/// Our outages are nobody's lateness.
fn late_by(heard: &Spans, possible: &Spans, lesson: Span, rules: &RollRules) -> u64 {
    let Some(first) = heard.first_ms() else {
        return 0;
    };
    let late = possible.within(Span::new(lesson.from_ms, first)).total_ms();
    if late > rules.late_after_ms { late } else { 0 }
}

fn early_by(heard: &Spans, possible: &Spans, lesson: Span, rules: &RollRules) -> u64 {
    let Some(last) = heard.last_ms() else {
        return 0;
    };
    let early = possible.within(Span::new(last, lesson.to_ms)).total_ms();
    if early > rules.early_before_ms {
        early
    } else {
        0
    }
}
