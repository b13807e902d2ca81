//! The plots: over the number of students, and second by second of the lessons worth a look.
//!
//! Invariant: a plot's key stands in its caption, in the order and the colours of its lines.

use super::text::sorted;
use crate::report::Report;
use crate::report::plot::{COLOURS, Plot};
use crate::report::words::say;
use crate::scenario::{Limits, Words};
use crate::trial::{Second, Trial};
use anyhow::Result;
use maud::{Markup, PreEscaped, html};

pub(super) fn draw(report: &Report) -> Result<Markup> {
    let limits = &report.scenario.limits;
    let shown = report.shown();
    // Where it broke is worth seeing too.
    let broken = sorted(report)
        .into_iter()
        .find(|trial| trial.is_valid() && !trial.is_good());
    let broken = broken.filter(|t| shown.is_some_and(|shown| shown.students != t.students));
    let mut lessons = Vec::new();
    let looked_at = shown.into_iter().chain(broken);
    for trial in looked_at.filter(|trial| !trial.timeline.is_empty()) {
        lessons.push(by_second(trial, limits)?);
    }
    Ok(html! {
        (by_students(report)?)
        @for lesson in lessons { (lesson) }
    })
}

/// A line: what it is over, and how high.
type Points = Vec<(f64, f64)>;

/// A plot with its words.
struct Curve {
    caption: Words,
    limit: Option<f64>,
    /// What each line is, and where it goes.
    lines: Vec<(Words, Points)>,
}

impl Curve {
    fn draw(self, has_points: bool, window: Option<(f64, f64)>) -> Result<Markup> {
        let (keys, lines): (Vec<Words>, Vec<Points>) = self.lines.into_iter().unzip();
        let plot = Plot {
            lines: &lines,
            has_points,
            limit: self.limit,
            window,
        };
        if plot.is_empty() {
            return Ok(html! {});
        }
        let svg = PreEscaped(plot.draw()?);
        Ok(html! {
            figure {
                figcaption {
                    (self.caption)
                    small {
                        @for (key, colour) in keys.iter().zip(COLOURS) {
                            span.entry { span.key style={ "background:" (colour) } {} (key) } " "
                        }
                    }
                }
                (svg)
            }
        })
    }
}

fn by_students(report: &Report) -> Result<Markup> {
    let trials = sorted(report).into_iter().filter(|t| t.seconds > 0.0);
    let trials: Vec<&Trial> = trials.collect();
    if trials.len() < 2 {
        return Ok(html! {});
    }
    let by = |of: fn(&Trial) -> f64| -> Points {
        let points = trials.iter().map(|t| (t.students as f64, of(t)));
        points.collect()
    };
    let limits = &report.scenario.limits;
    let curves = [
        Curve {
            caption: say("Кешігу, мс", "Задержка, мс", "Delay, ms"),
            limit: Some(limits.voice_ms),
            lines: vec![
                (say("дыбыс", "голос", "voices"), by(|t| t.voice_ms.p99)),
                (
                    say("сурет", "картинка", "pictures"),
                    by(|t| t.picture_ms.p99),
                ),
            ],
        },
        missing(
            limits,
            by(|t| t.concealed_p95_percent),
            by(|t| t.frozen_p95_percent),
            by(|t| t.loss_percent),
        ),
        processor(
            by(|t| t.server.map_or(0.0, |server| server.cores)),
            by(|t| t.generator.cores),
        ),
        line_out(by(|t| t.kbit * t.joined as f64 / 1e3)),
    ];
    let heading = say(
        "Оқушы саны өскенде",
        "С ростом числа учеников",
        "As more students come",
    );
    group(&heading, curves, |curve| curve.draw(true, None))
}

fn by_second(trial: &Trial, limits: &Limits) -> Result<Markup> {
    let n = trial.students;
    let end = trial.timeline.last().map_or(0.0, |second| second.at);
    let window = (trial.seconds > 0.0).then_some((end - trial.seconds, end));
    let by = |of: fn(&Second) -> f64| -> Points {
        let points = trial.timeline.iter().map(|second| (second.at, of(second)));
        points.collect()
    };
    let pictures = (trial.height > 0).then(|| Curve {
        caption: say(
            "Сурет кешігуі, мс",
            "Задержка картинки, мс",
            "Delay of pictures, ms",
        ),
        limit: Some(limits.picture_ms),
        lines: vec![
            (half(), by(|s| s.picture_ms[0])),
            (most(), by(|s| s.picture_ms[1])),
        ],
    });
    let before = [
        Curve {
            caption: say("Оқушылар", "Ученики", "Students"),
            limit: None,
            lines: vec![
                (say("кірді", "вошли", "joined"), by(|s| s.joined as f64)),
                (
                    say(
                        "дыбыс пен сурет бар",
                        "есть звук и картинка",
                        "have sound and pictures",
                    ),
                    by(|s| s.connected as f64),
                ),
            ],
        },
        Curve {
            caption: say(
                "Дыбыс кешігуі, мс",
                "Задержка голоса, мс",
                "Delay of voices, ms",
            ),
            limit: Some(limits.voice_ms),
            lines: vec![
                (half(), by(|s| s.voice_ms[0])),
                (most(), by(|s| s.voice_ms[1])),
            ],
        },
    ];
    let after = [
        missing(
            limits,
            by(|s| s.concealed_percent),
            by(|s| s.frozen_percent),
            by(|s| s.loss_percent),
        ),
        processor(
            by(|s| s.server_cores.unwrap_or(0.0)),
            by(|s| s.generator_cores),
        ),
        line_out(by(|s| s.mbit)),
    ];
    let heading = say(
        format!("{n} оқушымен сабақтың барысы, секунд"),
        format!("Ход урока с {n} учениками, секунды"),
        format!("The lesson with {n} students, by the second"),
    );
    let curves = before.into_iter().chain(pictures).chain(after);
    group(&heading, curves, |curve| curve.draw(false, window))
}

/// Plots under a heading.
fn group(
    heading: &Words,
    curves: impl IntoIterator<Item = Curve>,
    draw: impl Fn(Curve) -> Result<Markup>,
) -> Result<Markup> {
    let drawn: Vec<Markup> = curves.into_iter().map(draw).collect::<Result<_>>()?;
    Ok(html! {
        h2 { (heading) }
        div.plots { @for curve in drawn { (curve) } }
    })
}

fn missing(limits: &Limits, speech: Points, frozen: Points, lost: Points) -> Curve {
    Curve {
        caption: say("Жетпегені, %", "Чего не хватало, %", "What was missing, %"),
        limit: Some(limits.concealed_percent),
        lines: vec![
            (
                say("естілмеген сөз", "не слышная речь", "speech not heard"),
                speech,
            ),
            (
                say("қатып қалған сурет", "замершая картинка", "frozen pictures"),
                frozen,
            ),
            (
                say("жоғалған пакет", "потерянные пакеты", "lost packets"),
                lost,
            ),
        ],
    }
}

fn processor(server: Points, load_test: Points) -> Curve {
    Curve {
        caption: say("Процессор, ядро", "Процессор, ядра", "Processor, cores"),
        limit: None,
        lines: vec![
            (say("сервер", "сервер", "server"), server),
            (
                say("жүктеме жасаушы", "создатель нагрузки", "load test itself"),
                load_test,
            ),
        ],
    }
}

fn line_out(mbit: Points) -> Curve {
    Curve {
        caption: say("Арна, Мбит/с", "Канал, Мбит/с", "Line, Mbit/s"),
        limit: None,
        lines: vec![(
            say("барлық оқушыға", "всем ученикам", "to all students"),
            mbit,
        )],
    }
}

fn half() -> Words {
    say("жартысы бұдан аз", "половина меньше", "half are below")
}

fn most() -> Words {
    say(
        "100-ден 99-ы бұдан аз",
        "99 из 100 меньше",
        "99 of 100 are below",
    )
}
