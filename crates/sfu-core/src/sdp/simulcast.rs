//! The layers that a video line offers (RFC 8853, with the names of RFC 8851).
//!
//! Only what we can place is taken: a line whose packets do not carry their mid and their layer's
//! name is one stream to us, and the client then sends one.
//!
//! Invariant: at most [`MAX_LAYERS`] names, each once, each safe to repeat in an answer.

use super::Kind;
use super::codec;
use super::offer::Claimed;
use crate::bounds::{MAX_LAYERS, MAX_RID_BYTES};
use crate::sdp::Purpose;
use std::fmt::{self, Write};

/// The names of a line's layers, smallest first as clients list them; empty for one stream.
///
/// RFC 8853 §5.2 lets the order say which layer is preferred, and no browser orders them otherwise
/// than its page does: ours lists the smallest first.
pub(super) fn read(line: &Claimed<'_, '_>) -> Vec<String> {
    let is_sent = matches!(line.purpose, Purpose::Up(_)) && line.purpose.kind() == Kind::Video;
    let ids = codec::read_extensions(line.media);
    if !is_sent || ids.mid.is_none() || ids.rid.is_none() {
        return Vec::new();
    }
    let Some(value) = line.media.attributes.value("simulcast") else {
        return Vec::new();
    };
    let mut rids: Vec<String> = Vec::new();
    for name in names(value) {
        if is_named(line, name) && !rids.iter().any(|known| known == name) {
            rids.push(name.to_owned());
        }
        if rids.len() == MAX_LAYERS {
            break;
        }
    }
    // One layer is what a line without layers is.
    if rids.len() < 2 { Vec::new() } else { rids }
}

/// `send q;~h,x;f recv …` (RFC 8853 §5.1): of alternatives the first, whether paused or not.
fn names(value: &str) -> impl Iterator<Item = &str> {
    let mut words = value.split(' ').skip_while(|word| *word != "send");
    let streams = words.nth(1).unwrap_or_default().split(';');
    streams.filter_map(|stream| {
        let first = stream.split(',').next()?;
        Some(first.strip_prefix('~').unwrap_or(first))
    })
}

/// Whether an `a=rid` line of the offer sends it (RFC 8853 §5.2: other names are ignored).
fn is_named(line: &Claimed<'_, '_>, name: &str) -> bool {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_good = (1..=MAX_RID_BYTES).contains(&name.len()) && name.bytes().all(is_id);
    let mut rids = line.media.attributes.values("rid");
    is_good
        && rids.any(|rid| {
            let mut words = rid.split(' ');
            words.next() == Some(name) && words.next() == Some("send")
        })
}

/// The answer's part: we receive all that we took.
pub(super) fn write(out: &mut String, rids: &[String]) -> fmt::Result {
    for rid in rids {
        write!(out, "a=rid:{rid} recv\r\n")?;
    }
    if !rids.is_empty() {
        write!(out, "a=simulcast:recv {}\r\n", rids.join(";"))?;
    }
    Ok(())
}
