//! The socket over loopback.

use super::ingress::MAX_DATAGRAM_BYTES;
use super::*;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// An arena with these datagrams side by side.
fn batch<'a>(
    datagrams: impl IntoIterator<Item = (SocketAddr, &'a [u8])>,
) -> (Vec<u8>, Vec<Datagram>) {
    let mut arena = Vec::new();
    let mut list = Vec::new();
    for (to, bytes) in datagrams {
        list.push(Datagram {
            start: arena.len(),
            len: bytes.len(),
            to,
        });
        arena.extend_from_slice(bytes);
    }
    (arena, list)
}

fn localhost(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A socket and how to reach it over IPv4.
fn bound() -> (UdpSocket, SocketAddr) {
    bound_in(SendMode::default())
}

fn bound_in(mode: SendMode) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(0, mode).expect("a free port");
    let port = socket.local_port().expect("it is bound");
    (socket, localhost(port))
}

/// Each datagram of a batch and where it came from.
fn contents(batch: &mut RecvBatch) -> Vec<(Vec<u8>, SocketAddr)> {
    let mut all = Vec::new();
    for index in 0..batch.len() {
        let (bytes, from) = batch.get_mut(index);
        all.push((bytes.to_vec(), from));
    }
    all
}

/// What arrives until `count` datagrams have, and whatever waits behind them. Loopback usually
/// delivers before the sending call returns, but a busy kernel may put it off.
fn drain(socket: &UdpSocket, count: usize) -> Vec<(Vec<u8>, SocketAddr)> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut all = Vec::new();
    let mut batch = RecvBatch::default();
    loop {
        match socket.recv(&mut batch) {
            Ok(received) => {
                assert_eq!(received, batch.len());
                all.extend(contents(&mut batch));
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                assert!(batch.is_empty());
                if all.len() >= count || Instant::now() > deadline {
                    return all;
                }
                std::thread::yield_now();
            }
        }
    }
}

/// The first batch that arrives.
fn wait(socket: &UdpSocket) -> RecvBatch {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut batch = RecvBatch::default();
    while socket.recv(&mut batch).is_err() {
        assert!(Instant::now() < deadline, "nothing has arrived");
        std::thread::yield_now();
    }
    batch
}

/// How many of a batch that never filled the socket's buffer were sent, and how many refused.
fn told(outcome: SendOutcome) -> (usize, usize) {
    assert_eq!(outcome.would_block_from, None);
    (outcome.sent, outcome.refused)
}

/// Whether this kernel cuts runs and joins what arrives.
fn lacks_segmentation() -> bool {
    let (socket, _) = bound();
    let joins = set_option(&socket.socket, libc::SOL_UDP, libc::UDP_GRO, 1).is_ok();
    let lacks = socket.has_given_up_segmentation() || !joins;
    if lacks {
        eprintln!("SKIPPED: this kernel has no UDP_SEGMENT or no UDP_GRO");
    }
    lacks
}

#[test]
fn more_than_a_batch_arrives_whole_and_in_order() {
    let ((mut sender, from), (receiver, to)) = (bound(), bound());
    let count = 2 * BATCH + 7;
    let payloads: Vec<Vec<u8>> = (0..count)
        .map(|index| vec![index as u8; 1 + index])
        .collect();
    let (arena, datagrams) = batch(payloads.iter().map(|bytes| (to, bytes.as_slice())));
    assert_eq!(told(sender.send(&arena, &datagrams)), (count, 0));
    let expected: Vec<_> = payloads.into_iter().map(|bytes| (bytes, from)).collect();
    assert_eq!(drain(&receiver, count), expected);
}

#[test]
fn nothing_to_send_is_no_call() {
    assert_eq!(bound().0.send(&[], &[]), SendOutcome::default());
}

#[test]
fn a_received_datagram_can_be_changed_in_place() {
    let ((mut sender, _), (receiver, to)) = (bound(), bound());
    let (arena, datagrams) = batch([(to, b"abc".as_slice())]);
    sender.send(&arena, &datagrams);
    let mut received = wait(&receiver);
    received.get_mut(0).0[0] = b'X';
    assert_eq!(received.get_mut(0).0, b"Xbc");
}

/// Both families on one socket; IPv4 peers are seen as IPv4 and answered as they were seen.
#[test]
fn dual_stack() {
    let (mut ours, over_v4) = bound();
    if !ours.dual_stack {
        eprintln!("SKIPPED: this machine has no IPv6");
        return;
    }
    let over_v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, over_v4.port()));
    for (peer_address, ours_seen) in [("127.0.0.1:0", over_v4), ("[::1]:0", over_v6)] {
        let peer = std::net::UdpSocket::bind(peer_address).expect("loopback has both families");
        let from = peer.local_addr().expect("it is bound");
        peer.send_to(b"ping", ours_seen).expect("loopback takes it");
        assert_eq!(drain(&ours, 1), [(b"ping".to_vec(), from)]);
        let (arena, datagrams) = batch([(from, b"pong".as_slice())]);
        assert_eq!(told(ours.send(&arena, &datagrams)), (1, 0));
        let mut answer = [0; 8];
        let (len, seen) = peer.recv_from(&mut answer).expect("it has arrived");
        assert_eq!((&answer[..len], seen), (b"pong".as_slice(), ours_seen));
    }
}

/// Where there is no IPv6 the same interface works over IPv4, and IPv6 addresses are refused.
#[test]
fn without_ipv6() {
    let v4_only = || {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        UdpSocket::over(socket, false, SendMode::default()).expect("an open socket")
    };
    let (mut sender, receiver) = (v4_only(), v4_only());
    let to = localhost(receiver.local_port().expect("it is bound"));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, to.port()));
    let (arena, datagrams) = batch([(v6, b"1".as_slice()), (to, b"2".as_slice())]);
    assert_eq!(told(sender.send(&arena, &datagrams)), (1, 1));
    let from = localhost(sender.local_port().expect("it is bound"));
    assert_eq!(drain(&receiver, 1), [(b"2".to_vec(), from)]);
}

/// Nobody listens, no such port, too long for UDP: the others are neither lost nor sent twice.
#[test]
fn a_refused_datagram_does_not_hold_up_the_rest() {
    let ((mut sender, from), (receiver, to)) = (bound(), bound());
    let nobody = localhost(bound().1.port());
    let no_port = localhost(0);
    let too_long = vec![0; 65_508];
    for position in [0, 1, BATCH - 1, BATCH, 2 * BATCH - 3] {
        let mut list = vec![(to, b"good".as_slice()); 2 * BATCH];
        list.splice(
            position..position,
            [(no_port, b"bad".as_slice()), (to, &too_long)],
        );
        let (arena, datagrams) = batch(list);
        let outcome = sender.send(&arena, &datagrams);
        assert_eq!(told(outcome), (2 * BATCH, 2), "at {position}");
        assert_eq!(
            drain(&receiver, 2 * BATCH),
            vec![(b"good".to_vec(), from); 2 * BATCH]
        );
    }
    let (arena, datagrams) = batch([(nobody, b"?".as_slice()), (to, b"good".as_slice())]);
    for _ in 0..2 {
        let outcome = sender.send(&arena, &datagrams);
        assert_eq!(outcome.sent + outcome.refused, 2);
        assert_eq!(drain(&receiver, 1), [(b"good".to_vec(), from)]);
    }
}

#[test]
fn a_datagram_too_long_for_us_is_dropped_and_the_rest_kept() {
    let ((mut sender, from), (receiver, to)) = (bound(), bound());
    let longest = vec![1; MAX_DATAGRAM_BYTES];
    let longer = vec![2; MAX_DATAGRAM_BYTES + 1];
    let (arena, datagrams) =
        batch([&longer, &longest, &longer].map(|bytes| (to, bytes.as_slice())));
    assert_eq!(told(sender.send(&arena, &datagrams)), (3, 0));
    assert_eq!(drain(&receiver, 1), [(longest, from)]);
}

#[test]
fn a_taken_port_is_an_error() {
    let (_taken, address) = bound();
    let error =
        UdpSocket::bind(address.port(), SendMode::default()).expect_err("the port is taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_datagram_outside_the_arena_is_our_mistake() {
    let (mut sender, to) = bound();
    sender.send(
        &[0; 10],
        &[Datagram {
            start: 8,
            len: 3,
            to,
        }],
    );
}

/// Payloads of these lengths, no two alike.
fn payloads(lengths: impl IntoIterator<Item = usize>) -> Vec<Vec<u8>> {
    let fill = |(index, len)| vec![index as u8; len];
    lengths.into_iter().enumerate().map(fill).collect()
}

/// Sends datagrams of `(receiver, length)` in this mode; each receiver gets its own, in order.
/// Returns the outcome, of which all is sent.
#[track_caller]
fn check_delivery(mode: SendMode, receivers: usize, list: &[(usize, usize)]) -> SendOutcome {
    let (mut sender, from) = bound_in(mode);
    let receivers: Vec<_> = (0..receivers).map(|_| bound()).collect();
    let payloads = payloads(list.iter().map(|(_, len)| *len));
    let addressed = list.iter().zip(&payloads);
    let addressed = addressed.map(|((to, _), bytes)| (receivers[*to].1, bytes.as_slice()));
    let (arena, datagrams) = batch(addressed);
    let outcome = sender.send(&arena, &datagrams);
    assert_eq!(told(outcome), (list.len(), 0));
    for (index, (receiver, _)) in receivers.iter().enumerate() {
        let theirs = list
            .iter()
            .zip(&payloads)
            .filter(|((to, _), _)| *to == index);
        let theirs: Vec<_> = theirs.map(|(_, bytes)| (bytes.clone(), from)).collect();
        assert_eq!(
            drain(receiver, theirs.len()),
            theirs,
            "{mode:?}, receiver {index}"
        );
    }
    outcome
}

/// One receiver's frame, another's with a shorter end, audio alone, an empty datagram, a run
/// longer than a run may be.
fn lesson() -> Vec<(usize, usize)> {
    let mut list = vec![(0, 1_200); 6];
    list.extend([(1, 1_200), (1, 1_200), (1, 300), (1, 1_200), (1, 1_201)]);
    list.extend([(2, 100), (0, 100), (1, 0), (1, 0), (1, 100)]);
    list.extend([(2, 1_000); 80]);
    list
}

#[test]
fn every_mode_delivers_the_same() {
    for mode in [SendMode::Segmented, SendMode::Batched, SendMode::Single] {
        check_delivery(mode, 3, &lesson());
    }
}

#[test]
fn each_mode_takes_its_calls() {
    let list = lesson();
    let single = check_delivery(SendMode::Single, 3, &list);
    assert_eq!((single.calls, single.runs), (list.len(), 0));
    let batched = check_delivery(SendMode::Batched, 3, &list);
    assert_eq!(
        (batched.calls, batched.runs),
        (list.len().div_ceil(BATCH), 0)
    );
    if lacks_segmentation() {
        return;
    }
    let segmented = check_delivery(SendMode::Segmented, 3, &list);
    assert_eq!(segmented.calls, 1);
    // 6; 3; 64 and 16. The rest is alone.
    assert_eq!((segmented.runs, segmented.segmented), (4, 89));
    assert_eq!(segmented.runs_refused, 0);
}

#[test]
fn a_socket_has_given_up_only_what_it_was_asked_for() {
    for mode in [SendMode::Batched, SendMode::Single] {
        assert!(!bound_in(mode).0.has_given_up_segmentation());
    }
}

/// Joined on the way in, as a frame from a browser is; other senders come between.
#[test]
fn what_arrives_joined_is_cut_again() {
    if lacks_segmentation() {
        return;
    }
    let (receiver, to) = bound();
    let peers = [(); 3].map(|()| bound());
    let froms = peers.each_ref().map(|(_, from)| *from);
    let mut expected = Vec::new();
    let frame = payloads([1_200; 40].into_iter().chain([77]));
    for (index, (mut peer, from)) in peers.into_iter().enumerate() {
        let list = match index {
            1 => &frame[40..],
            _ => &frame[..],
        };
        let (arena, datagrams) = batch(list.iter().map(|bytes| (to, bytes.as_slice())));
        let outcome = peer.send(&arena, &datagrams);
        assert_eq!(outcome.runs, usize::from(list.len() > 1));
        expected.extend(list.iter().map(|bytes| (bytes.clone(), from)));
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut batch = RecvBatch::default();
    let (mut joined, mut cut) = (Vec::new(), Vec::new());
    while cut.len() < expected.len() && Instant::now() < deadline {
        let received = batch.refill(|buffers, ask| {
            let arrived = sys::receive(&receiver.socket, buffers, ask)?;
            Ok(arrived.inspect(|message| joined.push((message.from, message.len))))
        });
        match received {
            Ok(_) => cut.extend(contents(&mut batch)),
            Err(_) => std::thread::yield_now(),
        }
    }
    assert_eq!(cut, expected);
    let lengths = [48_077, 77, 48_077];
    assert_eq!(joined, froms.into_iter().zip(lengths).collect::<Vec<_>>());
}

#[test]
fn what_is_too_long_for_us_is_dropped_alone_even_joined() {
    let ((mut sender, from), (receiver, to)) = (bound(), bound());
    let lengths = [MAX_DATAGRAM_BYTES + 1, MAX_DATAGRAM_BYTES + 1, 5, 6];
    let payloads = payloads(lengths);
    let (arena, datagrams) = batch(payloads.iter().map(|bytes| (to, bytes.as_slice())));
    assert_eq!(told(sender.send(&arena, &datagrams)), (4, 0));
    let expected: Vec<_> = payloads[2..]
        .iter()
        .map(|bytes| (bytes.clone(), from))
        .collect();
    assert_eq!(drain(&receiver, 2), expected);
}

/// A socket that sends without checksums may not send runs: the kernel refuses each, for real.
#[test]
fn refused_runs_arrive_apart_until_they_are_given_up() {
    if lacks_segmentation() {
        return;
    }
    let ((mut sender, from), (receiver, to)) = (bound(), bound());
    set_option(&sender.socket, libc::SOL_SOCKET, libc::SO_NO_CHECK, 1).expect("anybody may");
    let payloads = payloads([9, 9, 5]);
    let expected: Vec<_> = payloads.iter().map(|bytes| (bytes.clone(), from)).collect();
    let (arena, datagrams) = batch(payloads.iter().map(|bytes| (to, bytes.as_slice())));
    let mut runs_refused = 0;
    for _ in 0..1_000 {
        if sender.has_given_up_segmentation() {
            break;
        }
        let outcome = sender.send(&arena, &datagrams);
        assert_eq!((told(outcome), outcome.runs), ((3, 0), 0));
        assert_eq!(drain(&receiver, 3), expected);
        runs_refused += outcome.runs_refused;
    }
    assert_eq!(runs_refused, 64);
    let outcome = sender.send(&arena, &datagrams);
    assert_eq!((outcome.calls, outcome.runs_refused), (1, 0));
    assert_eq!(drain(&receiver, 3), expected);
}
