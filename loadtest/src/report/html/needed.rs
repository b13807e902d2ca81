//! What other shapes of lessons need on such a machine.
//!
//! Invariant: said to be computed, and how far off it may be, or that this is not known.

use super::text::figure;
use crate::report::words::{say, shape_words};
use crate::report::{Model, Projection, Report};
use crate::scenario::Words;
use crate::trial::LESSON_SECONDS;
use maud::{Markup, html};

pub(super) fn draw(report: &Report) -> Markup {
    let Some(model) = &report.model else {
        return html! {};
    };
    let columns = [
        say("Сабақ", "Уроки", "Lessons"),
        say("Процессор, ядро", "Процессор, ядра", "Processor, cores"),
        // U+2060: a unit stays whole.
        say(
            "Арна, Мбит/\u{2060}с",
            "Канал, Мбит/\u{2060}с",
            "Line, Mbit/\u{2060}s",
        ),
        say(
            "Оқушыға, кбит/\u{2060}с",
            "На ученика, кбит/\u{2060}с",
            "To a student, kbit/\u{2060}s",
        ),
        say("Сабаққа, МБ", "За урок, МБ", "A lesson, MB"),
    ];
    html! {
        h2 { (say("Басқа сабақтарға не керек", "Что нужно для других уроков", "What other lessons need")) }
        div.wide {
            table {
                thead { tr { @for column in &columns { th scope="col" { (column) } } } }
                tbody { @for shape in &model.projections { (row(shape)) } }
            }
        }
        p { (how_exact(model)) }
    }
}

fn row(shape: &Projection) -> Markup {
    let mb = shape.kbit / 8.0 * LESSON_SECONDS / 1e3;
    html! {
        tr {
            th scope="row" { (shape_words(shape.shape, shape.lessons, shape.students)) }
            @for value in [shape.cores, shape.mbit, shape.kbit, mb] { td { (figure(value)) } }
        }
    }
}

fn how_exact(model: &Model) -> Words {
    let each = figure(model.us_per_packet);
    match model.error_percent.map(figure) {
        Some(error) => say(
            format!(
                "Бұл есептеу: осы процессор бір пакетке {each} мкс жұмсады. Өлшенген нүктелерден ең үлкен ауытқу {error}%."
            ),
            format!(
                "Это расчёт: на один пакет такой процессор тратит {each} мкс. Наибольшее расхождение с измеренным — {error} %."
            ),
            format!(
                "This is computed: such a processor spends {each} µs on a packet. What was measured is at most {error} % off."
            ),
        ),
        None => say(
            format!(
                "Бұл есептеу: осы процессор бір пакетке {each} мкс жұмсады. Бір ғана өлшем болғандықтан, қателігі белгісіз."
            ),
            format!(
                "Это расчёт: на один пакет такой процессор тратит {each} мкс. Измерение было одно, поэтому погрешность неизвестна."
            ),
            format!(
                "This is computed: such a processor spends {each} µs on a packet. There was one measurement, so its error is not known."
            ),
        ),
    }
}
