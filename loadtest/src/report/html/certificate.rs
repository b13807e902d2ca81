//! On what machine it was measured, how far independent counts agree, and the server's seal.
//!
//! Invariant: a seal is shown only after it was checked against this very report.

use super::text::{date, figure};
use crate::report::words::say;
use crate::report::{Report, Seal};
use crate::scenario::Words;
use crate::trial::{MAX_DISAGREEMENT_PERCENT, Trial};
use anyhow::Result;
use homeroom_protocol::load_test::SealedStatement;
use maud::{Markup, html};

pub(super) fn draw(report: &Report) -> Result<Markup> {
    let digest = report.digest()?;
    Ok(html! {
        h2 { (say("Куәлік", "Свидетельство", "Certificate")) }
        table.seal {
            tbody {
                (machine(report))
                @if let Some(trial) = report.shown() { (checks(trial)) }
                (row(&say(
                    "Есептің ізі (SHA-256)",
                    "Отпечаток отчёта (SHA-256)",
                    "Digest of the report (SHA-256)",
                ), &html! { code { (digest) } }))
                @match (report.verify(), &report.seal) {
                    (Ok(statement), Some(seal)) => { (sealed(&statement, seal)) }
                    (Ok(_) | Err(_), _) => { (not_sealed()) }
                }
            }
        }
        p { (how_to_check()) }
    })
}

fn row(words: &Words, value: &Markup) -> Markup {
    html! { tr { th scope="row" { (words) } td { (value) } } }
}

fn machine(report: &Report) -> Markup {
    let machine = &report.machine;
    html! {
        (row(
            &say("Жүктеме жасаған компьютер", "Компьютер, создавший нагрузку", "Load came from"),
            &html! {
                (machine.processor) " · " (machine.cores) " × · " (machine.memory_mb) " MB · "
                (machine.kernel)
            },
        ))
        (row(
            &say("Бағдарлама нұсқасы", "Версия программы", "Release"),
            &html! { (report.server_version) },
        ))
    }
}

/// How far independent counts agree.
fn checks(trial: &Trial) -> Markup {
    let agreement = |percent: f64| {
        let mark = match percent <= MAX_DISAGREEMENT_PERCENT {
            true => "✓",
            false => "✗",
        };
        html! { (mark) " " (figure(percent)) " %" }
    };
    html! {
        @if let Some(percent) = trial.server.and_then(|server| server.disagreement_percent) {
            (row(&say(
                "Сервер санағымен айырма",
                "Расхождение со счётом сервера",
                "Apart from the server's own count",
            ), &agreement(percent)))
        }
        @if let Some(kernel) = trial.kernel {
            (row(&say(
                "Жүйе ядросының санағымен айырма",
                "Расхождение со счётом ядра системы",
                "Apart from the kernel's count",
            ), &agreement(kernel.disagreement_percent)))
        }
        @if trial.full.bots > 0 {
            (row(&say(
                "Дыбысты нақты тыңдаған боттар",
                "Боты, слушавшие звук по-настоящему",
                "Bots that decoded all they heard",
            ), &html! { (trial.full.bots) }))
        }
    }
}

fn sealed(statement: &SealedStatement, seal: &Seal) -> Markup {
    html! {
        (row(&say("Сервер", "Сервер", "Server"), &html! {
            (statement.processor) " · " (statement.cores) " × · " (statement.memory_mb) " MB"
        }))
        (row(&say("Мөр қойылды", "Запечатано", "Sealed"), &html! {
            (date(statement.sealed_ms)) " · " (statement.lesson)
        }))
        (row(
            &say("Сервер кілті (Ed25519)", "Ключ сервера (Ed25519)", "The server's key (Ed25519)"),
            &html! { code { (seal.public_key) } },
        ))
    }
}

fn not_sealed() -> Markup {
    let none = say(
        "Бұл есепте сервердің мөрі жоқ.",
        "На этом отчёте нет печати сервера.",
        "This report has no seal of the server.",
    );
    row(&say("Мөр", "Печать", "Seal"), &html! { (none) })
}

fn how_to_check() -> Markup {
    let words = say(
        "Мөр есептің осы серверде осы уақытта жасалғанын және кейін өзгертілмегенін білдіреді. Тексеру:",
        "Печать говорит, что отчёт сделан на этом сервере в это время и потом не изменён. Проверка:",
        "The seal says that the report was made on this server at this time and not changed since. To check it:",
    );
    html! { (words) " " code { "homeroom-loadtest verify report.json" } }
}
