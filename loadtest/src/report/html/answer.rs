//! What a headmaster reads first: the answer, a few figures, what came of each number of students,
//! and what "well" means.
//!
//! Invariant: what makes the test doubtful stands right beside what it says.

use super::text::{date, figure, mark, sorted};
use crate::report::words::{
    doubt_words, headline, meanwhile_words, outcome, remark_words, returned_words, say,
};
use crate::report::{Question, Report};
use crate::scenario::{Limits, Words};
use crate::trial::Trial;
use maud::{Markup, html};

pub(super) fn draw(report: &Report) -> Markup {
    html! {
        (head(report))
        @if let Some(trial) = report.shown() { (facts(trial)) }
        h2 { (say("Нәтиже", "Что получилось", "What came out")) }
        (verdict(report))
        @if let Some(trial) = report.shown() {
            @if let Some(sentence) = returned_words(trial.returned) { p { (sentence) } }
            @for sentence in meanwhile_words(&trial.meanwhile) { p { (sentence) } }
        }
        (cautions(report))
        p { (well(&report.scenario.limits)) }
    }
}

fn head(report: &Report) -> Markup {
    let kind = match report.question {
        Question::Run => say("Сервер сынағы", "Проверка сервера", "Server test"),
        Question::Capacity => say(
            "Сервердің сыйымдылығы",
            "Вместимость сервера",
            "Server capacity",
        ),
    };
    let class = match (report.valid, report.students) {
        (true, 0) => "no",
        (true, _) => "yes",
        (false, _) => "part",
    };
    html! {
        header {
            p { "Homeroom · " (kind) " · " (date(report.began_ms)) }
            h1 class=(class) { (headline(report)) }
            p { (report.scenario.about) }
        }
    }
}

fn facts(trial: &Trial) -> Markup {
    let n = trial.students;
    html! {
        dl.facts {
            (fact(
                &say(
                    format!("Оқушыға 45 минуттық сабаққа ({n} оқушы)"),
                    format!("На ученика за урок 45 минут ({n} учеников)"),
                    format!("To a student in a lesson of 45 minutes ({n} students)"),
                ),
                &figure(trial.mb_per_lesson),
                &say("МБ", "МБ", "MB"),
            ))
            (fact(
                &say(
                    "Сервердің интернет арнасы",
                    "Канал сервера наружу",
                    "The server's line out",
                ),
                &figure(trial.kbit * trial.joined as f64 / 1e3),
                &say("Мбит/с", "Мбит/с", "Mbit/s"),
            ))
            (fact(
                &say(
                    "Дыбыс кешігуі (100 пакеттің 99\u{2011}ы)",
                    "Задержка голоса (99 из 100 пакетов)",
                    "Delay of voices (99 of 100 packets)",
                ),
                &figure(trial.voice_ms.p99),
                &say("мс", "мс", "ms"),
            ))
            (fact(
                &say(
                    "Басқаннан дыбысқа дейін (100 оқушының 95\u{2011}і)",
                    "От нажатия до звука (95 из 100 учеников)",
                    "From a tap to sound (95 of 100 students)",
                ),
                &figure(trial.sound_p95_ms / 1e3),
                &say("с", "с", "s"),
            ))
            @if let Some(server) = trial.server {
                (fact(
                    &say(
                        "Сервер процессоры",
                        "Процессор сервера",
                        "The server's processor",
                    ),
                    &figure(server.cores),
                    &say("ядро", "ядра", "cores"),
                ))
                (fact(
                    &say("Сервер жады", "Память сервера", "The server's memory"),
                    &figure(server.memory_mb),
                    &say("МБ", "МБ", "MB"),
                ))
            }
            @if trial.height > 0 {
                (fact(
                    &say("Суреттің биіктігі", "Высота картинки", "Height of pictures"),
                    &format!("{}p", trial.height),
                    &say("", "", ""),
                ))
            }
        }
    }
}

fn fact(words: &Words, value: &str, unit: &Words) -> Markup {
    html! { div { dt { (words) } dd { (value) " " small { (unit) } } } }
}

/// A line for each number of students.
fn verdict(report: &Report) -> Markup {
    html! {
        ul.verdict {
            @for trial in sorted(report) {
                @let (class, mark) = mark(trial);
                @let n = trial.students;
                li class=(class) {
                    span.mark { (mark) } " "
                    b { (say(
                        format!("{n} оқушы"),
                        format!("{n} учеников"),
                        format!("{n} students"),
                    )) }
                    ": " (outcome(trial, report.scenario.class.height))
                }
            }
        }
    }
}

/// Why some of it proves nothing, and what else should be known.
fn cautions(report: &Report) -> Markup {
    let doubt = report.trials.iter().flat_map(|t| &t.doubts).next();
    let doubt = doubt.map(|doubt| {
        let why = doubt_words(*doubt);
        say(
            format!("Сынақтың бір бөлігі жарамсыз: {}.", why.kk),
            format!("Часть проверки недействительна: {}.", why.ru),
            format!("Part of this test is invalid: {}.", why.en),
        )
    });
    let remarks = report.trials.iter().flat_map(|t| t.remarks.clone());
    let mut remarks: Vec<_> = remarks.collect();
    remarks.sort_unstable();
    remarks.dedup();
    let notes = doubt
        .into_iter()
        .chain(remarks.into_iter().map(remark_words));
    html! { @for note in notes { p.note { (note) } } }
}

/// What counts as good, in a sentence.
fn well(limits: &Limits) -> Words {
    let joined = figure(limits.joined_percent);
    let join = figure(limits.join_ms / 1e3);
    let concealed = figure(limits.concealed_percent);
    let frozen = figure(limits.frozen_percent);
    let voice = figure(limits.voice_ms);
    let picture = figure(limits.picture_ms);
    say(
        format!(
            "«Жақсы» деген мынаны білдіреді: оқушылардың {joined}% кірді; 100 оқушының 95-і үшін дыбыс {join} секундта келді, сөздің {concealed}%-дан азы жоғалды, сурет уақыттың {frozen}%-дан азында қатып қалды; дыбыс {voice} мс-тан, сурет {picture} мс-тан көп кешікпеді."
        ),
        format!(
            "«Хорошо» значит: вошли {joined} % учеников; для 95 из 100 звук появился за {join} с, потеряно меньше {concealed} % речи, картинка стояла меньше {frozen} % времени; голос опаздывал не больше чем на {voice} мс, картинка — на {picture} мс."
        ),
        format!(
            "“Well” means: {joined} % of the students got in; for 95 of 100 there was sound within {join} s, less than {concealed} % of the speech was missing and pictures stood still for less than {frozen} % of the time; voices came at most {voice} ms late, pictures {picture} ms."
        ),
    )
}
