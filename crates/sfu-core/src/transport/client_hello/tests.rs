//! ClientHellos as browsers write them, in pieces, and nonsense.

use super::*;
use proptest::prelude::*;

const CHROMIUM: &[u16] = &[0x0001, 0x0007, 0x0008];
const FIREFOX: &[u16] = &[0x0007, 0x0008, 0x0001, 0x0002];

fn vector16(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector16(data)].concat()
}

/// A body that offers these profiles between other extensions.
fn hello(profiles: &[u16]) -> Vec<u8> {
    let list: Vec<u8> = profiles
        .iter()
        .flat_map(|profile| profile.to_be_bytes())
        .collect();
    let mut extensions = extension(23, &[]);
    extensions.extend(extension(10, &[0, 2, 0, 29]));
    extensions.extend(extension(
        EXTENSION_USE_SRTP,
        &[vector16(&list), vec![0]].concat(),
    ));
    extensions.extend(extension(43, &[2, 254, 253]));
    body(&extensions)
}

fn body(extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![254, 253];
    body.extend([7; 32]);
    // No session, a cookie of four bytes, two suites, no compression.
    body.extend([0, 4, 1, 2, 3, 4, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0]);
    body.extend(vector16(extensions));
    body
}

fn u24_bytes(n: usize) -> [u8; 3] {
    let [_, a, b, c] = (n as u32).to_be_bytes();
    [a, b, c]
}

/// A record with one fragment of a message of `length` bytes.
fn record(length: usize, offset: usize, fragment: &[u8]) -> Vec<u8> {
    let mut message = vec![CLIENT_HELLO];
    message.extend(u24_bytes(length));
    message.extend([0, 0]);
    message.extend(u24_bytes(offset));
    message.extend(u24_bytes(fragment.len()));
    message.extend(fragment);
    let mut record = vec![CONTENT_HANDSHAKE, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0];
    record.extend(vector16(&message));
    record
}

fn whole(body: &[u8]) -> Vec<u8> {
    record(body.len(), 0, body)
}

#[test]
fn the_best_profile_of_both_is_found_wherever_it_stands() {
    use SrtpProfile::{AeadAes128Gcm, AesCm128HmacSha1_80};
    for (profiles, best) in [
        (CHROMIUM, Some(AeadAes128Gcm)),
        (FIREFOX, Some(AeadAes128Gcm)),
        (&[0x0007], Some(AeadAes128Gcm)),
        (&[0x0001], Some(AesCm128HmacSha1_80)),
        (&[0x0002, 0x0001], Some(AesCm128HmacSha1_80)),
        (&[0x0002, 0x0008], None),
        (&[], None),
    ] {
        let offered = ClientHello::default().push(&whole(&hello(profiles)));
        assert_eq!(offered, Offered::Profile(best), "{profiles:?}");
    }
    let without = ClientHello::default().push(&whole(&body(&extension(23, &[]))));
    assert_eq!(without, Offered::Profile(None), "no use_srtp at all");
}

#[test]
fn fragments_come_in_any_order_and_may_overlap() {
    let body = hello(CHROMIUM);
    let part = |from: usize, to: usize| record(body.len(), from, &body[from..to]);
    let end = body.len();
    let gcm = Offered::Profile(Some(SrtpProfile::AeadAes128Gcm));
    for order in [
        vec![part(0, 20), part(20, 60), part(60, end)],
        vec![part(60, end), part(0, 20), part(20, 60)],
        vec![part(0, 40), part(20, 70), part(65, end)],
        vec![part(0, 20), part(0, 20), part(60, end), part(10, 61)],
    ] {
        let mut hello = ClientHello::default();
        let (last, before) = order.split_last().expect("not empty");
        for datagram in before {
            assert_eq!(hello.push(datagram), Offered::Incomplete);
        }
        assert_eq!(hello.push(last), gcm);
        // All in one datagram is the same.
        assert_eq!(ClientHello::default().push(&order.concat()), gcm);
    }
}

#[test]
fn nonsense_is_called_so() {
    let body = hello(CHROMIUM);
    let good = whole(&body);
    let changed = |at: usize, value: u8| {
        let mut bad = good.clone();
        bad[at] = value;
        bad
    };
    for (what, datagram) in [
        ("not a handshake", changed(0, 23)),
        ("not a ClientHello", changed(RECORD_HEADER, 2)),
        ("cut short", good[..good.len() - 1].to_vec()),
        ("with a tail", [&good[..], &[0]].concat()),
        ("too short for a header", good[..5].to_vec()),
        ("a fragment longer than it is", record(body.len(), 1, &body)),
        (
            "over the bound",
            record(MAX_CLIENT_HELLO_BYTES + 1, 0, &body),
        ),
    ] {
        assert_eq!(
            ClientHello::default().push(&datagram),
            Offered::Nonsense,
            "{what}"
        );
    }
    let mut hello = ClientHello::default();
    assert_eq!(
        hello.push(&record(body.len(), 0, &body[..9])),
        Offered::Incomplete
    );
    let other = record(body.len() + 1, 9, &body[9..]);
    assert_eq!(hello.push(&other), Offered::Nonsense, "of another length");
}

#[test]
fn as_many_datagrams_and_bytes_as_the_bound_are_gathered() {
    let mut body = hello(CHROMIUM);
    body.resize(MAX_CLIENT_HELLO_BYTES, 0);
    let piece = MAX_CLIENT_HELLO_BYTES / MAX_CLIENT_HELLO_DATAGRAMS;
    let mut hello = ClientHello::default();
    for number in 0..MAX_CLIENT_HELLO_DATAGRAMS {
        let from = number * piece;
        let offered = hello.push(&record(body.len(), from, &body[from..from + piece]));
        let is_last = number + 1 == MAX_CLIENT_HELLO_DATAGRAMS;
        assert_eq!(
            offered == Offered::Incomplete,
            !is_last,
            "datagram {number}"
        );
    }
    assert_eq!(
        hello.push(&whole(&body)),
        Offered::Nonsense,
        "one datagram more"
    );
}

#[test]
fn only_sound_fragments_reach_the_library() {
    let body = hello(CHROMIUM);
    let good = whole(&body);
    let pieces = |at: usize| {
        [
            record(body.len(), 0, &body[..at]),
            record(body.len(), at, &body[at..]),
        ]
        .concat()
    };
    let encrypted = [&[22, 254, 253, 0, 1][..], &[0; 6], &vector16(&[9; 40])].concat();
    for (what, datagram, is_sound) in [
        ("whole", good.clone(), true),
        ("two pieces", pieces(MIN_PIECE_BYTES), true),
        ("an empty message", record(0, 0, &[]), true),
        ("encrypted", encrypted, true),
        ("no record", vec![], true),
        ("a crumb", pieces(MIN_PIECE_BYTES - 1), false),
        ("an empty piece", record(body.len(), 5, &[]), false),
        ("cut short", good[..good.len() - 1].to_vec(), false),
        ("with a tail", [&good[..], &[1]].concat(), false),
        ("beyond its message", record(100, 35, &[0; 66]), false),
        (
            "over the bound",
            record(MAX_CLIENT_HELLO_BYTES + 1, 0, &[1; 100]),
            false,
        ),
    ] {
        assert_eq!(fragments_are_sound(&datagram), is_sound, "{what}");
    }
}

proptest! {
    #[test]
    fn damage_is_never_more_than_nonsense(at in any::<prop::sample::Index>(), value: u8, cut in any::<prop::sample::Index>()) {
        let mut datagram = whole(&hello(FIREFOX));
        let at = at.index(datagram.len());
        datagram[at] = value;
        datagram.truncate(cut.index(datagram.len() + 1));
        let mut hello = ClientHello::default();
        let _ = hello.push(&datagram);
        prop_assert!(hello.body.len() <= MAX_CLIENT_HELLO_BYTES);
    }
}
