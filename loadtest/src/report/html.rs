//! The page: one file with everything in it, in three languages, to be read, printed and sent.
//!
//! In the order of reading: `answer` is for a headmaster, `measured` and `curves` for whoever
//! asks how it is known, `needed` for who buys the next server, `certificate` for who doubts it.
//! `text` has what all of them need.
//!
//! Invariant: no script, nothing fetched; every text from outside is escaped (maud does that).

mod answer;
mod certificate;
mod curves;
mod measured;
mod needed;
mod text;

use super::Report;
use super::words::{headline, say};
use anyhow::Result;
use maud::{DOCTYPE, PreEscaped, html};

const STYLE: &str = include_str!("html/page.css");
/// Languages by their code and own name; the first is shown first.
const LANGUAGES: [(&str, &str); 3] = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")];

/// The whole page.
pub(super) fn page(report: &Report) -> Result<String> {
    let page = html! {
        (DOCTYPE)
        html lang="kk" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (headline(report).ru) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                // Without a script: the chosen button decides by CSS which language is seen.
                @for (code, _) in LANGUAGES {
                    input type="radio" name="language" id=(code) checked[code == LANGUAGES[0].0];
                }
                nav {
                    @for (code, name) in LANGUAGES {
                        label for=(code) { (name) }
                    }
                }
                main {
                    (answer::draw(report))
                    (measured::draw(report))
                    (curves::draw(report)?)
                    (needed::draw(report))
                    (certificate::draw(report)?)
                    footer { p { (whom()) } }
                }
            }
        }
    };
    Ok(page.into_string())
}

/// What stood in for students, and what was not tried.
fn whom() -> crate::scenario::Words {
    say(
        "Оқушылар — нақты WebRTC қосылымдары бар бағдарламалар: дыбысы шынайы Opus, суреті шынайы VP8. Оқушы үйіндегі интернет пен телефон бұл сынаққа кірмейді.",
        "Ученики здесь — программы с настоящими соединениями WebRTC, настоящим звуком Opus и картинкой VP8. Домашний интернет и телефон ученика в проверку не входят.",
        "The students here are programs with real WebRTC connections, real Opus sound and VP8 pictures. A student's line at home and their phone are not part of the test.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{report, trial};
    use crate::trial::Limit;

    #[test]
    fn a_page_stands_alone_and_says_everything_in_three_languages() {
        let mut report = report(vec![
            trial(100, &[], &[]),
            trial(200, &[], &[]),
            trial(400, &[Limit::Picture], &[]),
        ]);
        report.machine.processor = "<script>\"x\"".to_owned();
        let page = page(&report).expect("draws");
        for text in [
            "Бұл сервер 200 оқушыны жақсы көтереді",
            "Этот сервер хорошо выдерживает 200 учеников",
            "This server holds 200 students well",
            "voice yes, but pictures freeze",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.contains("<svg") && !page.contains("<script"));
        let outside = page.matches("http").count();
        assert_eq!(outside, page.matches("http://www.w3.org/2000/svg").count());
        let count = |lang: &str| page.matches(&format!("<span lang=\"{lang}\">")).count();
        assert_eq!((count("kk"), count("kk")), (count("ru"), count("en")));
        if let Ok(path) = std::env::var("HOMEROOM_REPORT_PAGE") {
            std::fs::write(path, page).expect("writes");
        }
    }
}
