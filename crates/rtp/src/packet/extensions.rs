//! The header extension block in its one-byte and two-byte forms (RFC 8285).
//!
//! Invariant: iteration yields at most [`MAX_EXTENSIONS`] elements, each inside the block, and
//! stops at the first element that does not fit.

use crate::cursor::{Reader, Writer};

/// More elements than this in one packet are ignored; browsers send fewer than ten.
pub const MAX_EXTENSIONS: usize = 16;

/// `defined by profile` value of the one-byte form.
const ONE_BYTE_FORM: u16 = 0xbede;
/// The two-byte form's value; its low four bits are free for applications.
const TWO_BYTE_FORM: u16 = 0x1000;
/// In the one-byte form this id means: stop reading.
const ONE_BYTE_STOP_ID: u8 = 15;

/// One header extension element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The number that the session description gave to the extension's URI.
    pub id: u8,
    /// The element's value.
    pub data: &'a [u8],
}

/// Iterates over the elements of one packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    form: Form,
    rest: &'a [u8],
    yielded: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// No extension, or a profile we do not know: skipped as a whole.
    #[default]
    None,
    OneByte,
    TwoByte,
}

impl<'a> Extensions<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let profile = reader.u16()?;
        let words = reader.u16()?;
        let rest = reader.take(usize::from(words) * 4)?;
        let form = match profile {
            ONE_BYTE_FORM => Form::OneByte,
            _ if profile & 0xfff0 == TWO_BYTE_FORM => Form::TwoByte,
            _ => Form::None,
        };
        Some(Self {
            form,
            rest,
            yielded: 0,
        })
    }

    fn next_element(&mut self) -> Option<Extension<'a>> {
        let mut reader = Reader(self.rest);
        let mut id = reader.u8()?;
        while id == 0 {
            id = reader.u8()?;
        }
        let (id, len) = match self.form {
            Form::None => return None,
            Form::OneByte if id >> 4 == ONE_BYTE_STOP_ID => return None,
            Form::OneByte => (id >> 4, usize::from(id & 0x0f) + 1),
            Form::TwoByte => (id, usize::from(reader.u8()?)),
        };
        let data = reader.take(len)?;
        self.rest = reader.0;
        Some(Extension { id, data })
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        if self.yielded == MAX_EXTENSIONS {
            return None;
        }
        let element = self.next_element();
        match element {
            Some(_) => self.yielded += 1,
            None => self.rest = &[],
        }
        element
    }
}

/// The longest data of the one-byte form.
const MAX_SHORT: usize = 16;

/// Writes elements of which one may be long: in the one-byte form if it is not, as that is shorter.
pub(super) fn write_any(writer: &mut Writer<'_>, extensions: &[Extension<'_>]) {
    if extensions.iter().all(|one| one.data.len() <= MAX_SHORT) {
        return write(writer, extensions);
    }
    writer.u16(TWO_BYTE_FORM);
    let words_at = writer.len();
    writer.u16(0);
    for extension in extensions {
        let len = extension.data.len();
        assert!(
            extension.id > 0 && len <= usize::from(u8::MAX),
            "two-byte elements hold 255 bytes"
        );
        writer.u8(extension.id);
        writer.u8(len as u8);
        writer.bytes(extension.data);
    }
    writer.align_to_word();
    let words = (writer.len() - words_at - 2) / 4;
    writer.patch_u16(words_at, words as u16);
}

pub(super) fn write(writer: &mut Writer<'_>, extensions: &[Extension<'_>]) {
    writer.u16(ONE_BYTE_FORM);
    let words_at = writer.len();
    writer.u16(0);
    for extension in extensions {
        let len = extension.data.len();
        assert!(
            (1..ONE_BYTE_STOP_ID).contains(&extension.id),
            "one-byte ids are 1–14"
        );
        assert!((1..=16).contains(&len), "one-byte elements hold 1–16 bytes");
        writer.u8(extension.id << 4 | (len - 1) as u8);
        writer.bytes(extension.data);
    }
    writer.align_to_word();
    let words = (writer.len() - words_at - 2) / 4;
    writer.patch_u16(words_at, words as u16);
}
