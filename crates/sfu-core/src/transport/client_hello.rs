//! Reads which SRTP profiles a DTLS ClientHello offers, before DTLS sees it.
//!
//! The DTLS library takes the first profile of the *client's* list that we support, and browsers
//! list AES-CM first, which costs two to four times as much per packet as AES-GCM. So we look
//! first, and then let DTLS offer only what we prefer.
//!
//! Invariant: at most [`MAX_CLIENT_HELLO_BYTES`] are kept, whatever the fragments claim.

use crate::bounds::{MAX_CLIENT_HELLO_BYTES, MAX_CLIENT_HELLO_DATAGRAMS};
use crate::transport::srtp::SrtpProfile;

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const CONTENT_HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Senders cut messages to fit a path of hundreds of bytes, never to crumbs.
const MIN_PIECE_BYTES: usize = 64;
const EXTENSION_USE_SRTP: u16 = 14;

/// What is known of the ClientHello so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Offered {
    /// More fragments are to come.
    Incomplete,
    /// Whole; the best profile both sides speak, if any.
    Profile(Option<SrtpProfile>),
    /// Not a ClientHello, or over the bound.
    Nonsense,
}

/// Gathers the fragments of one ClientHello (RFC 6347 §4.2.3).
#[derive(Default)]
pub struct ClientHello {
    body: Vec<u8>,
    seen: Vec<(usize, usize)>,
    datagrams: usize,
}

impl ClientHello {
    /// Takes one datagram.
    pub fn push(&mut self, datagram: &[u8]) -> Offered {
        self.datagrams += 1;
        if self.datagrams > MAX_CLIENT_HELLO_DATAGRAMS {
            return Offered::Nonsense;
        }
        let mut rest = datagram;
        while !rest.is_empty() {
            let Some((record, tail)) = split_record(rest) else {
                return Offered::Nonsense;
            };
            rest = tail;
            if !self.push_fragment(record) {
                return Offered::Nonsense;
            }
        }
        if !self.is_complete() {
            return Offered::Incomplete;
        }
        Offered::Profile(use_srtp(&self.body).and_then(best_profile))
    }

    fn push_fragment(&mut self, record: &[u8]) -> bool {
        let Some((header, fragment)) = record.split_at_checked(HANDSHAKE_HEADER) else {
            return false;
        };
        let length = u24(&header[1..4]);
        let offset = u24(&header[6..9]);
        let fits = header[0] == CLIENT_HELLO
            && length <= MAX_CLIENT_HELLO_BYTES
            && u24(&header[9..12]) == fragment.len()
            && offset + fragment.len() <= length;
        if !fits || (!self.body.is_empty() && self.body.len() != length) {
            return false;
        }
        self.body.resize(length, 0);
        self.body[offset..offset + fragment.len()].copy_from_slice(fragment);
        self.seen.push((offset, offset + fragment.len()));
        true
    }

    fn is_complete(&mut self) -> bool {
        self.seen.sort_unstable();
        let reach = |end: usize, &(from, to): &(usize, usize)| {
            if from <= end { end.max(to) } else { end }
        };
        !self.body.is_empty() && self.seen.iter().fold(0, reach) == self.body.len()
    }
}

/// Whether every plaintext handshake record of a DTLS datagram carries the fragment it announces,
/// and that no piece but a last one is tiny. The library stores fragments by what they announce and
/// joins them by recursion, so ten thousand crumbs would exhaust the stack.
pub fn fragments_are_sound(datagram: &[u8]) -> bool {
    let mut rest = datagram;
    while let Some((header, tail)) = rest.split_at_checked(RECORD_HEADER) {
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let Some((record, tail)) = tail.split_at_checked(length) else {
            return false;
        };
        let is_plain_handshake = header[0] == CONTENT_HANDSHAKE && header[3..5] == [0, 0];
        if is_plain_handshake && !is_sound(record) {
            return false;
        }
        rest = tail;
    }
    rest.is_empty()
}

/// A record may hold several messages (RFC 6347 §4.2.3), each a header and its fragment.
fn is_sound(record: &[u8]) -> bool {
    let mut rest = record;
    while let Some((header, tail)) = rest.split_at_checked(HANDSHAKE_HEADER) {
        let (length, offset) = (u24(&header[1..4]), u24(&header[6..9]));
        let fragment = u24(&header[9..12]);
        let is_last = offset + fragment == length;
        let fits = offset + fragment <= length && fragment <= tail.len();
        if !fits || (fragment < MIN_PIECE_BYTES && !is_last) || length > MAX_CLIENT_HELLO_BYTES {
            return false;
        }
        rest = &tail[fragment..];
    }
    rest.is_empty()
}

/// One record's fragment and what follows it (RFC 6347 §4.1).
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(RECORD_HEADER)?;
    let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
    (header[0] == CONTENT_HANDSHAKE).then_some(())?;
    rest.split_at_checked(length)
}

/// The profile list of the `use_srtp` extension (RFC 5764 §4.1.1) in a ClientHello's body.
fn use_srtp(body: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(body);
    reader.take(2 + 32)?;
    reader.vector8()?;
    reader.vector8()?;
    reader.vector16()?;
    reader.vector8()?;
    let mut extensions = Reader(reader.vector16()?);
    while let Some(kind) = extensions.u16() {
        let data = extensions.vector16()?;
        if kind == EXTENSION_USE_SRTP {
            return Reader(data).vector16();
        }
    }
    None
}

fn best_profile(list: &[u8]) -> Option<SrtpProfile> {
    let offered = |wanted: u16| list.chunks_exact(2).any(|p| p == wanted.to_be_bytes());
    if offered(0x0007) {
        Some(SrtpProfile::AeadAes128Gcm)
    } else if offered(0x0001) {
        Some(SrtpProfile::AesCm128HmacSha1_80)
    } else {
        None
    }
}

fn u24(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |n, byte| n << 8 | usize::from(*byte))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }

    fn vector8(&mut self) -> Option<&'a [u8]> {
        let n = self.take(1)?[0];
        self.take(usize::from(n))
    }

    fn vector16(&mut self) -> Option<&'a [u8]> {
        let n = self.u16()?;
        self.take(usize::from(n))
    }
}

#[cfg(test)]
mod tests;
