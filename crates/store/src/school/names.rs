//! Names in the order of the Kazakh alphabet, for databases that may not know it.
//!
//! Invariant: keys compare as names do, byte by byte and in every collation: they are hexadecimal
//! digits only.

use std::fmt::Write;

/// The Kazakh alphabet (Cyrillic); Russian is a part of it.
const ALPHABET: &str = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";
/// Where Unicode's Cyrillic begins: what is in the alphabet goes there, in its order.
const CYRILLIC: usize = 0x0400;

/// Where a name stands in a list.
pub(crate) fn sort_key(name: &str) -> String {
    let mut key = String::new();
    for letter in name.to_lowercase().chars() {
        let place = ALPHABET.chars().position(|known| known == letter);
        let place = place.map_or(letter as usize, |place| CYRILLIC + place);
        // Beyond the basic plane names are rare, and stand at the end.
        let place = place.min(0xffff);
        write!(key, "{place:04x}").expect("a String takes any text");
    }
    key
}

/// What a search compares, and what two spellings of one name have in common.
pub(crate) fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kazakh_names_stand_in_the_order_of_their_alphabet() {
        let right = [
            "9 Ә",
            "Aida",
            "Азамат",
            "Әлия",
            "Әсел",
            "Болат",
            "Ғалым",
            "Дана",
            "Қанат",
            "Лаура",
            "Өмір",
            "Тимур",
            "Ұлан",
            "Үміт",
        ];
        let mut sorted = right.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, right);
        assert!(sort_key("Ильяс") < sort_key("Ілияс"));
        assert!(sort_key("ӘЛИЯ") == sort_key("әлия"));
    }

    #[test]
    fn spaces_and_case_are_no_difference() {
        assert_eq!(folded("  Әлия   НҰРЛАН "), "әлия нұрлан");
    }
}
