//! SDP text (RFC 8866) as sections of borrowed attributes.
//!
//! Invariant: reading is bounded. The text, a line, and the counts of sections, attributes and
//! formats each have a cap, and what passed holds no control character, so any piece of it may be
//! written into another SDP line.

use super::{
    MAX_ATTRIBUTES, MAX_FORMATS, MAX_LINE_BYTES, MAX_MEDIA_LINES, MAX_OFFER_BYTES, SdpError,
    SyntaxProblem,
};

/// A whole description.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    pub session: Attributes<'a>,
    pub media: Vec<Media<'a>>,
}

/// One m-line and what belongs to it.
#[derive(Debug)]
pub(super) struct Media<'a> {
    /// Where its m-line is, counted from 1.
    pub line: usize,
    pub kind: &'a str,
    pub port: u16,
    pub protocol: &'a str,
    pub formats: Vec<&'a str>,
    pub attributes: Attributes<'a>,
}

/// The `a=` lines of one section, in order.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// The value of the first attribute of that name; empty for a flag.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// The values of all attributes of that name.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.0
            .iter()
            .filter(move |(n, _)| *n == name)
            .map(|(_, value)| *value)
    }

    /// Whether the flag is there.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn push(&mut self, text: &'a str) -> Result<(), SyntaxProblem> {
        if self.0.len() == MAX_ATTRIBUTES {
            return Err(SyntaxProblem::TooManyAttributes);
        }
        self.0.push(text.split_once(':').unwrap_or((text, "")));
        Ok(())
    }
}

/// Reads a description; lines may end in CRLF or LF (RFC 8866 §5).
pub(super) fn read(text: &str) -> Result<Document<'_>, SdpError> {
    if text.len() > MAX_OFFER_BYTES {
        return Err(SdpError::TooLong);
    }
    let mut document = Document::default();
    for (index, line) in text.split_terminator('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        read_line(&mut document, index + 1, line).map_err(|problem| SdpError::Syntax {
            line: index + 1,
            problem,
        })?;
    }
    if text.is_empty() {
        return Err(SdpError::Syntax {
            line: 1,
            problem: SyntaxProblem::NotVersionZero,
        });
    }
    Ok(document)
}

fn read_line<'a>(
    document: &mut Document<'a>,
    number: usize,
    line: &'a str,
) -> Result<(), SyntaxProblem> {
    if line.len() > MAX_LINE_BYTES {
        return Err(SyntaxProblem::TooLong);
    }
    if number == 1 && line != "v=0" {
        return Err(SyntaxProblem::NotVersionZero);
    }
    let (name, value) = line.split_once('=').ok_or(SyntaxProblem::NotALine)?;
    if name.len() != 1 || value.chars().any(char::is_control) {
        return Err(SyntaxProblem::NotALine);
    }
    match name {
        "m" if document.media.len() == MAX_MEDIA_LINES => Err(SyntaxProblem::TooManyMediaLines),
        "m" => {
            document.media.push(read_media_line(number, value)?);
            Ok(())
        }
        "a" => match document.media.last_mut() {
            Some(media) => media.attributes.push(value),
            None => document.session.push(value),
        },
        // Origin, timing, connection, bandwidth: ICE and we decide these.
        _ => Ok(()),
    }
}

/// `kind port protocol format...` (RFC 8866 §5.14).
fn read_media_line(line: usize, value: &str) -> Result<Media<'_>, SyntaxProblem> {
    let mut words = value.split(' ');
    let mut word = || {
        words
            .next()
            .filter(|w| is_token(w))
            .ok_or(SyntaxProblem::BadMediaLine)
    };
    let (kind, port, protocol) = (word()?, word()?, word()?);
    let port = port.parse().map_err(|_| SyntaxProblem::BadMediaLine)?;
    let formats: Vec<&str> = words.take(MAX_FORMATS + 1).collect();
    if formats.len() > MAX_FORMATS {
        return Err(SyntaxProblem::TooManyFormats);
    }
    if formats.is_empty() || !formats.iter().all(|format| is_token(format)) {
        return Err(SyntaxProblem::BadMediaLine);
    }
    Ok(Media {
        line,
        kind,
        port,
        protocol,
        formats,
        attributes: Attributes::default(),
    })
}

/// Visible ASCII of one word: what may be repeated in an answer.
pub(super) fn is_token(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic())
}
