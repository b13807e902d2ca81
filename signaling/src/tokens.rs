//! Secrets and codes, drawn from the system's randomness.
//!
//! Invariant: a token is 128 bits nobody can guess; a code is short, and is protected by the limit
//! on wrong guesses instead.

use homeroom_protocol::LessonCode;
use homeroom_store::LessonId;
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore};

/// A token: 128 random bits as 32 hexadecimal digits.
#[must_use]
pub fn new_token() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a stream key begins with, so that whoever finds one knows what it opens, and we need not try
/// it as anything else.
const STREAM_KEY: &str = "stream-";

/// A stream key: a token that says what it is.
#[must_use]
pub fn new_stream_key() -> String {
    format!("{STREAM_KEY}{}", new_token())
}

/// Whether it says that it is a stream key; the room knows whether it is.
#[must_use]
pub fn is_stream_key(token: &str) -> bool {
    token.starts_with(STREAM_KEY)
}

/// A lesson code; whether it is free is the store's to say.
#[must_use]
pub fn new_code() -> LessonCode {
    let mut rng = rand::rng();
    let mut letter = || *LessonCode::ALPHABET.choose(&mut rng).expect("has letters");
    let letters: String = (0..LessonCode::LETTERS).map(|_| letter() as char).collect();
    LessonCode::parse(&letters).expect("letters of the alphabet make a code")
}

/// A lesson's number: random, so that no two servers need to agree on a counter.
#[must_use]
pub fn new_lesson_id() -> LessonId {
    LessonId(rand::rng().random_range(1..i64::MAX))
}

/// The number of a person, a class or a tool: random, and below 2^53, so that JavaScript reads it
/// exactly.
#[must_use]
pub fn new_number() -> i64 {
    rand::rng().random_range(1..1 << 53)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tokens_and_codes_do_not_repeat() {
        let tokens: BTreeSet<String> = (0..1_000).map(|_| new_token()).collect();
        let codes: BTreeSet<LessonCode> = (0..1_000).map(|_| new_code()).collect();
        assert_eq!((tokens.len(), codes.len()), (1_000, 1_000));
        assert!(tokens.iter().all(|token| token.len() == 32));
        assert!(is_stream_key(&new_stream_key()) && !is_stream_key(&new_token()));
    }
}
