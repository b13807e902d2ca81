//! Names as people type them, made safe to show.
//!
//! Invariant: a name that passed holds no control or direction-changing character, so it cannot
//! reorder, hide or break the text around it on any page, log or spreadsheet.

use homeroom_protocol::MAX_NAME_CHARS;

/// The name trimmed, or `None` when it is empty, too long or holds what a name never holds.
#[must_use]
pub fn clean(text: &str, max_chars: usize) -> Option<String> {
    let text = text.trim();
    let fits = (1..=max_chars).contains(&text.chars().count());
    let visible = text.chars().any(|c| !is_invisible(c));
    (fits && visible && !text.chars().any(is_forbidden)).then(|| text.to_owned())
}

/// The name, numbered when somebody else already has it: two pupils called Dana stay apart on the
/// roll.
#[must_use]
pub fn make_unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut unique = name.to_owned();
    let mut number = 2;
    while taken(&unique) {
        let suffix = format!(" ({number})");
        let keep = MAX_NAME_CHARS - suffix.chars().count();
        unique = name.chars().take(keep).chain(suffix.chars()).collect();
        number += 1;
    }
    unique
}

/// Control characters, line and paragraph separators, and the marks, embeddings, overrides and
/// isolates of the bidirectional algorithm (Unicode UAX #9 §2).
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// Characters that leave no ink: a name of only these would be a blank line.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_names() {
        let longest = "ә".repeat(MAX_NAME_CHARS);
        let table = [
            (" Aida ", Some("Aida")),
            ("Әйгерім Ү.", Some("Әйгерім Ү.")),
            ("O'Brien <b>", Some("O'Brien <b>")),
            (&longest, Some(&longest)),
            ("", None),
            (" \t ", None),
            ("\u{200b}\u{2060}", None),
            ("a\nb", None),
            ("a\u{0}b", None),
            ("a\u{202e}b", None),
            ("a\u{2066}b", None),
            ("a\u{200f}b", None),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text, MAX_NAME_CHARS).as_deref(), expected, "{text:?}");
        }
        assert_eq!(clean(&"a".repeat(MAX_NAME_CHARS + 1), MAX_NAME_CHARS), None);
    }

    #[test]
    fn the_same_name_is_numbered() {
        let taken = ["Dana", "Dana (2)"];
        let unique = |name: &str| make_unique(name, |other| taken.contains(&other));
        assert_eq!(unique("Aida"), "Aida");
        assert_eq!(unique("Dana"), "Dana (3)");
    }

    #[test]
    fn a_numbered_name_is_no_longer_than_a_name() {
        let longest = "x".repeat(MAX_NAME_CHARS);
        let unique = make_unique(&longest, |other| other == longest);
        assert_eq!(unique.chars().count(), MAX_NAME_CHARS);
        assert!(unique.ends_with("x (2)"));
    }
}
