//! Words and figures as the page writes them.
//!
//! Invariant: what is the same in all languages is written once, what is not is written in each,
//! and the page shows one.

use crate::report::Report;
use crate::scenario::Words;
use crate::trial::Trial;
use maud::{Markup, Render, html};
use std::time::{Duration, UNIX_EPOCH};

impl Render for Words {
    fn render(&self) -> Markup {
        let Self { kk, ru, en } = self;
        if kk == ru && ru == en {
            return html! { (kk) };
        }
        html! {
            span lang="kk" { (kk) }
            span lang="ru" { (ru) }
            span lang="en" { (en) }
        }
    }
}

/// As many digits as a person reads.
pub(super) fn figure(value: f64) -> String {
    let digits = match value.abs() {
        a if a >= 100.0 || a == 0.0 => 0,
        a if a >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Day and minute, UTC.
pub(super) fn date(ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(ms);
    let at = time::OffsetDateTime::from(at);
    format!(
        "{:02}.{:02}.{} {:02}:{:02} UTC",
        at.day(),
        u8::from(at.month()),
        at.year(),
        at.hour(),
        at.minute()
    )
}

/// The trials, the smallest number of students first.
pub(super) fn sorted(report: &Report) -> Vec<&Trial> {
    let mut trials: Vec<&Trial> = report.trials.iter().collect();
    trials.sort_by_key(|trial| trial.students);
    trials
}

/// How a trial went, as the style's class and as a mark that needs no colour.
pub(super) fn mark(trial: &Trial) -> (&'static str, &'static str) {
    if !trial.is_valid() {
        ("unknown", "?")
    } else if trial.is_good() {
        ("yes", "✓")
    } else if trial.is_good_by_voice() {
        ("part", "◐")
    } else {
        ("no", "✗")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_dates_are_read() {
        assert_eq!(
            (figure(0.0), figure(1.5), figure(123.4)),
            ("0".into(), "1.5".into(), "123".into())
        );
        assert_eq!(date(1_800_000_000_000), "15.01.2027 08:00 UTC");
    }

    #[test]
    fn what_is_the_same_in_all_languages_is_written_once() {
        let same = |text: &str| Words {
            kk: text.to_owned(),
            ru: text.to_owned(),
            en: text.to_owned(),
        };
        assert_eq!(same("a<b").render().into_string(), "a&lt;b");
        let other = Words {
            en: "c".to_owned(),
            ..same("a")
        };
        let text = other.render().into_string();
        assert_eq!(text.matches("<span lang=").count(), 3);
    }
}
