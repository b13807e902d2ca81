//! Text of the chat, made safe to show.
//!
//! Invariant: what passed has 1 to [`MAX_CHAT_CHARS`] characters on at most [`MAX_CHAT_LINES`] lines,
//! and none that cannot be seen, changes the direction of others, or piles marks over its neighbours.

use homeroom_protocol::{MAX_CHAT_CHARS, MAX_CHAT_LINES};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Marks over one letter that are kept; no language of a school needs more.
const MAX_MARKS: usize = 3;

/// The text as it is shown, or `None` when there is nothing to show or too much.
#[must_use]
pub(crate) fn clean(text: &str) -> Option<String> {
    let text = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let visible = only_visible(&text);
    let lines = on_few_lines(&visible);
    let text = lines.trim();
    let fits = (1..=MAX_CHAT_CHARS).contains(&text.chars().count());
    fits.then(|| text.to_owned())
}

fn only_visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let is_mark = c.general_category_group() == GeneralCategoryGroup::Mark;
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\n' => visible.push(c),
            '\t' => visible.push(' '),
            _ if is_hidden(c) || marks > MAX_MARKS => {}
            _ => visible.push(c),
        }
    }
    visible
}

/// Control characters, what steers direction or joins letters without a shape of its own, tags,
/// characters nobody has agreed upon, and letters without ink.
fn is_hidden(c: char) -> bool {
    let hidden = matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    );
    hidden
        || matches!(
            c,
            '\u{34f}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{ffa0}'
        )
}

/// Empty lines are one at most, and lines beyond the last go on in it.
fn on_few_lines(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let (mut lines, mut was_empty) = (0, true);
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && was_empty {
            continue;
        }
        was_empty = line.is_empty();
        if !short.is_empty() {
            short.push(if lines < MAX_CHAT_LINES { '\n' } else { ' ' });
        }
        short.push_str(line);
        lines += 1;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_texts() {
        let table = [
            (" Қай бет? ", Some("Қай бет?")),
            ("a\r\nb\rc", Some("a\nb\nc")),
            ("a\n\n\n\nb", Some("a\n\nb")),
            ("a\tb", Some("a b")),
            ("2 < 3 & <b>", Some("2 < 3 & <b>")),
            ("👍🏽", Some("👍🏽")),
            ("й и\u{306}", Some("й и\u{306}")),
            ("a\u{0}b\u{7}c\u{85}d", Some("abcd")),
            ("a\u{202e}b\u{2066}c\u{200f}d", Some("abcd")),
            ("a\u{200b}\u{200d}\u{feff}\u{ad}b", Some("ab")),
            ("a\u{e0041}b\u{e000}", Some("ab")),
            (
                "a\u{300}\u{301}\u{302}\u{303}\u{304}b",
                Some("a\u{300}\u{301}\u{302}b"),
            ),
            ("", None),
            (" \n\t ", None),
            ("\u{200b}\u{3164}\u{2800}", None),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_message_is_as_long_as_it_may_be_and_no_longer() {
        let longest = "ә".repeat(MAX_CHAT_CHARS);
        assert_eq!(clean(&longest).as_ref(), Some(&longest));
        assert_eq!(
            clean(&(longest.clone() + "\u{200b} ")).as_ref(),
            Some(&longest)
        );
        assert_eq!(clean(&(longest + "ә")), None);
    }

    #[test]
    fn lines_beyond_the_last_go_on_in_it() {
        let text = ["x"; MAX_CHAT_LINES + 2].join("\n");
        let cleaned = clean(&text).expect("fits");
        assert_eq!(cleaned.lines().count(), MAX_CHAT_LINES);
        assert!(cleaned.ends_with("x x x"), "{cleaned:?}");
    }
}
