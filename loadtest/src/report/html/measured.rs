//! The table of figures: what is measured goes down, numbers of students go right, so that it fits
//! a page and each figure stands beside its limit.
//!
//! Invariant: a figure is marked when it is the one that hit its limit, by the trial's own word.

use super::text::{figure, mark, sorted};
use crate::report::Report;
use crate::report::words::say;
use crate::scenario::{Limits, Words};
use crate::trial::{Limit, Trial};
use maud::{Markup, html};

/// What is not there.
const NONE: &str = "—";

/// One figure of every trial.
struct Row {
    words: Words,
    /// The limit, and how it is written.
    limit: Option<(Limit, String)>,
    of: fn(&Trial) -> String,
}

pub(super) fn draw(report: &Report) -> Markup {
    let trials = sorted(report);
    html! {
        h2 { (say("Өлшемдер", "Измерения", "Measured")) }
        div.wide {
            table.measured {
                thead {
                    tr {
                        th scope="col" { (say("Оқушы", "Учеников", "Students")) }
                        th.limit scope="col" { (say("Шегі", "Предел", "Limit")) }
                        @for trial in &trials {
                            @let (class, mark) = mark(trial);
                            th class=(class) scope="col" { span.mark { (mark) } (trial.students) }
                        }
                    }
                }
                tbody {
                    @for row in rows(&report.scenario.limits) { (line(&row, &trials)) }
                }
            }
        }
    }
}

fn line(row: &Row, trials: &[&Trial]) -> Markup {
    let (hits, limit) = row
        .limit
        .as_ref()
        .map(|(limit, text)| (limit, text))
        .unzip();
    html! {
        tr {
            th scope="row" { (row.words) }
            td.limit { @if let Some(limit) = limit { (limit) } }
            @for trial in trials {
                td.hit[hits.is_some_and(|limit| trial.limits_hit.contains(limit))] {
                    ((row.of)(trial))
                }
            }
        }
    }
}

fn rows(limits: &Limits) -> [Row; 12] {
    let most = |limit, value: f64| Some((limit, format!("≤ {}", figure(value))));
    [
        Row {
            words: say("Кірді", "Вошло", "Joined"),
            limit: Some((
                Limit::Joined,
                format!("≥ {} %", figure(limits.joined_percent)),
            )),
            of: |t| t.joined.to_string(),
        },
        Row {
            words: say("Дыбысқа дейін, с", "До звука, с", "To sound, s"),
            limit: most(Limit::JoinTime, limits.join_ms / 1e3),
            of: |t| figure(t.sound_p95_ms / 1e3),
        },
        Row {
            words: say(
                "Естілмеген сөз, %",
                "Не слышно речи, %",
                "Speech missing, %",
            ),
            limit: most(Limit::Voice, limits.concealed_percent),
            of: |t| figure(t.concealed_p95_percent.max(t.full.concealed_percent)),
        },
        Row {
            words: say(
                "Дыбыс кешігуі, мс",
                "Задержка голоса, мс",
                "Voice delay, ms",
            ),
            limit: most(Limit::VoiceDelay, limits.voice_ms),
            of: |t| figure(t.voice_ms.p99),
        },
        Row {
            words: say("Қатып қалған сурет, %", "Картинка стояла, %", "Frozen, %"),
            limit: most(Limit::Picture, limits.frozen_percent),
            of: |t| figure(t.frozen_p95_percent),
        },
        Row {
            words: say(
                "Сурет кешігуі, мс",
                "Задержка картинки, мс",
                "Picture delay, ms",
            ),
            limit: most(Limit::PictureDelay, limits.picture_ms),
            of: |t| figure(t.picture_ms.p99),
        },
        Row {
            words: say("Сурет биіктігі", "Высота картинки", "Height of pictures"),
            // A share of pictures, which is no height.
            limit: Some((Limit::Sharpness, String::new())),
            of: height,
        },
        Row {
            words: say("Жоғалған пакет, %", "Потеря пакетов, %", "Packets lost, %"),
            limit: most(Limit::Loss, limits.loss_percent),
            of: |t| figure(t.loss_percent),
        },
        Row {
            words: say(
                "Бөтен не бүлінген",
                "Чужое или испорченное",
                "Foreign or broken",
            ),
            limit: Some((Limit::Wrong, "0".to_owned())),
            of: |t| (t.wrong + t.full.faults).to_string(),
        },
        Row {
            words: say("Сервер, ядро", "Сервер, ядра", "Server, cores"),
            limit: None,
            of: |t| {
                t.server
                    .map_or(NONE.to_owned(), |server| figure(server.cores))
            },
        },
        Row {
            words: say(
                "Сервер жады, МБ",
                "Память сервера, МБ",
                "Server's memory, MB",
            ),
            limit: None,
            of: |t| {
                t.server
                    .map_or(NONE.to_owned(), |server| figure(server.memory_mb))
            },
        },
        Row {
            words: say(
                "Оқушыға, кбит/с",
                "На ученика, кбит/с",
                "To a student, kbit/s",
            ),
            limit: None,
            of: |t| figure(t.kbit),
        },
    ]
}

fn height(trial: &Trial) -> String {
    match trial.height {
        0 => NONE.to_owned(),
        height => format!("{height}p"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{report, trial};

    #[test]
    fn the_figure_that_hit_its_limit_is_marked_and_no_other() {
        let mut late = trial(400, &[Limit::VoiceDelay], &[]);
        late.voice_ms.p99 = 123.0;
        let table = draw(&report(vec![late, trial(200, &[], &[])])).into_string();
        assert_eq!(table.matches("class=\"hit\"").count(), 1, "{table}");
        assert!(table.contains("<td class=\"hit\">123</td>"), "{table}");
        let (fewer, more) = (table.find("</span>200"), table.find("</span>400"));
        assert!(fewer.is_some() && fewer < more, "the fewest first");
    }
}
