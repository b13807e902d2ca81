//! The lines of the roll: everybody expected, then whoever else came.
//!
//! Invariant: a line is worked out anew each time, from evidence, rules and decisions alone.

use super::judge::{Frame, measure};
use super::spans::Span;
use super::{Line, LineKey, RollCall, Standing};
use homeroom_protocol::{
    Attendance, ParticipantId, RollCheck, RollHead, RollLine, RollRules, RollSession,
    RollSessionEnd,
};
use std::collections::BTreeSet;

impl RollCall {
    /// The school's rules.
    #[must_use]
    pub const fn rules(&self) -> &RollRules {
        &self.rules
    }

    /// Every line there is: the roster's order, then the others in the order of coming.
    #[must_use]
    pub fn keys(&self) -> Vec<LineKey> {
        let roster = self.roster.iter().map(|line| LineKey::Person(line.person));
        let expected: BTreeSet<LineKey> = roster.clone().collect();
        let mut others: Vec<_> = (self.seats_of.iter())
            .filter(|(key, _)| !expected.contains(key))
            .map(|(key, seats)| (seats.first().copied(), *key))
            .collect();
        others.sort_unstable();
        roster
            .chain(others.into_iter().map(|(_, key)| key))
            .collect()
    }

    /// What the whole stands at.
    #[must_use]
    pub fn head(&self) -> RollHead {
        let mut head = RollHead {
            started_ms: self.begins_ms(),
            ended_ms: self.course.ended_ms,
            late_after_ms: self.rules.late_after_ms,
            check: self.last_check(),
            ..RollHead::default()
        };
        self.decisions.settle_head(&mut head);
        head
    }

    /// Every line as of now.
    #[must_use]
    pub fn roll_lines(&self, now_ms: u64) -> Vec<RollLine> {
        let keys = self.keys().into_iter();
        keys.filter_map(|key| self.roll_line(key, now_ms)).collect()
    }

    /// One line as of now; `None` when there is no such line.
    #[must_use]
    pub fn roll_line(&self, key: LineKey, now_ms: u64) -> Option<RollLine> {
        let now_ms = self.course.ended_ms.map_or(now_ms, |end| end.min(now_ms));
        let expected = self.expected_name(key);
        let ids = self.seats_of.get(&key).map_or(&[][..], Vec::as_slice);
        let seats: Vec<(ParticipantId, &Line)> = (ids.iter())
            .filter_map(|id| Some((*id, self.lines.get(id)?)))
            .collect();
        let latest = seats
            .iter()
            .max_by_key(|(_, line)| line.standing.since_ms());
        let name = expected.or_else(|| seats.first().map(|(_, line)| line.name.as_str()))?;
        let mut line = blank(key, name);
        // Without a list everybody who comes is who comes.
        line.expected = expected.is_some() || self.roster.is_empty();
        line.participant = latest.map(|(id, _)| *id);
        line.now = latest.map(|(_, seat)| seat.standing.status());
        line.hearing_now = seats.iter().any(|(_, seat)| seat.evidence.hears());
        self.add_visits(&mut line, &seats);
        self.add_checks(&mut line, &seats);
        for (_, seat) in &seats {
            line.spoke_ms += seat.evidence.spoke_ms;
            line.hands += seat.evidence.hands;
            line.messages += seat.evidence.messages;
        }
        let evidence: Vec<_> = seats.iter().map(|(_, seat)| &seat.evidence).collect();
        let frame = Frame {
            course: &self.course,
            lesson: self.lesson_span(now_ms),
            is_over: self.course.ended_ms.is_some(),
            rules: &self.rules,
            now_ms,
        };
        measure(&mut line, &evidence, &frame);
        if !line.expected {
            line.measured = Attendance::Guest;
        }
        self.decisions.settle(key, &mut line);
        let screen = self.decisions.screen_of(key);
        line.at_screen_of = screen
            .and_then(|screen| self.name_of(screen))
            .map(str::to_owned);
        Some(line)
    }

    /// Every time somebody came, in order.
    #[must_use]
    pub fn sessions(&self, now_ms: u64) -> Vec<RollSession> {
        let mut sessions = Vec::new();
        for (key, ids) in &self.seats_of {
            for seat in ids.iter().filter_map(|id| self.lines.get(id)) {
                for stretch in &seat.evidence.stretches {
                    let to_ms = stretch.to_ms.unwrap_or(now_ms);
                    let span = Span::new(stretch.from_ms, to_ms);
                    let heard = super::spans::Spans::of(seat.evidence.heard(now_ms).collect());
                    sessions.push(RollSession {
                        line: key.to_id(),
                        name: self.name_of(*key).unwrap_or(&seat.name).to_owned(),
                        from_ms: stretch.from_ms,
                        to_ms,
                        heard_ms: heard.within(span).total_ms(),
                        end: stretch.end,
                    });
                }
            }
        }
        sessions.sort_by(|a, b| (a.from_ms, &a.line).cmp(&(b.from_ms, &b.line)));
        sessions
    }

    /// Whether there is such a line.
    #[must_use]
    pub fn has_line(&self, key: LineKey) -> bool {
        self.name_of(key).is_some()
    }

    fn begins_ms(&self) -> Option<u64> {
        self.decisions.begins_ms.or_else(|| self.course.begins_ms())
    }

    /// From its beginning to its end, or to now.
    fn lesson_span(&self, now_ms: u64) -> Option<Span> {
        let from_ms = self.begins_ms()?;
        let teachers = self.lines.values().filter(|line| line.role.is_staff());
        let seen = teachers.map(|line| match line.standing {
            Standing::Here { .. } => now_ms,
            Standing::Expected => 0,
            Standing::Away { since_ms, .. } => since_ms,
            Standing::Left { last_seen_ms } => last_seen_ms,
        });
        let to_ms = self.course.ended_ms.or_else(|| seen.max());
        Some(Span::new(from_ms, to_ms.unwrap_or(now_ms)))
    }

    fn expected_name(&self, key: LineKey) -> Option<&str> {
        let LineKey::Person(person) = key else {
            return None;
        };
        let line = self.roster.iter().find(|line| line.person == person)?;
        Some(&line.name)
    }

    fn name_of(&self, key: LineKey) -> Option<&str> {
        self.expected_name(key).or_else(|| {
            let id = self.seats_of.get(&key)?.first()?;
            self.lines.get(id).map(|line| line.name.as_str())
        })
    }

    fn add_visits(&self, line: &mut RollLine, seats: &[(ParticipantId, &Line)]) {
        let mut stretches: Vec<_> = (seats.iter())
            .flat_map(|(_, seat)| seat.evidence.stretches.iter())
            .collect();
        stretches.sort_unstable_by_key(|stretch| stretch.from_ms);
        line.sessions = u32::try_from(stretches.len()).unwrap_or(u32::MAX);
        line.first_seen_ms = stretches.first().map(|stretch| stretch.from_ms);
        let is_open = stretches.iter().any(|s| s.end == RollSessionEnd::Open);
        let ends = stretches.iter().filter_map(|stretch| stretch.to_ms);
        line.last_seen_ms = ends.max().filter(|_| !is_open);
        let gaps = stretches.windows(2).map(|pair| {
            let end_ms = pair[0].to_ms.unwrap_or(pair[1].from_ms);
            pair[1].from_ms.saturating_sub(end_ms)
        });
        line.longest_gap_ms = gaps.max().unwrap_or(0);
    }

    fn add_checks(&self, line: &mut RollLine, seats: &[(ParticipantId, &Line)]) {
        for (number, check) in (1..).zip(&self.course.checks) {
            let asked = seats.iter().any(|(id, _)| check.asked.contains(id));
            let answered = seats
                .iter()
                .any(|(_, seat)| seat.evidence.answered.contains(&number));
            line.checks_sent += u32::from(asked || answered);
            line.checks_answered += u32::from(answered);
            if asked && !answered {
                line.check_missed_ms.get_or_insert(check.sent_ms);
            }
        }
    }

    fn last_check(&self) -> Option<RollCheck> {
        let check = self.course.checks.last()?;
        let number = u32::try_from(self.course.checks.len()).ok()?;
        let answered = |line: &&Line| line.evidence.answered.contains(&number);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(RollCheck {
            number,
            sent_ms: check.sent_ms,
            until_ms: check.until_ms,
            asked: count(check.asked.len()),
            answered: count(self.lines.values().filter(answered).count()),
        })
    }
}

fn blank(key: LineKey, name: &str) -> RollLine {
    RollLine {
        id: key.to_id(),
        name: name.to_owned(),
        participant: None,
        expected: false,
        now: None,
        hearing_now: false,
        status: Attendance::Absent,
        measured: Attendance::Absent,
        flags: Vec::new(),
        late_ms: 0,
        left_early_ms: 0,
        first_seen_ms: None,
        last_seen_ms: None,
        first_heard_ms: None,
        last_heard_ms: None,
        connected_ms: 0,
        heard_ms: 0,
        possible_ms: 0,
        ours_ms: 0,
        line_ms: 0,
        device_ms: 0,
        sessions: 0,
        longest_gap_ms: 0,
        checks_sent: 0,
        checks_answered: 0,
        check_missed_ms: None,
        spoke_ms: 0,
        hands: 0,
        messages: 0,
        at_screen_of: None,
        decided: None,
        dispute: None,
    }
}
