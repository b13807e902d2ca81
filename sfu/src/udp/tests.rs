//! The socket over loopback, and the resuming of partial sends by script.

use super::*;
use std::net::Ipv6Addr;
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
    let socket = UdpSocket::bind(0).expect("a free port");
    let port = socket.local_port().expect("it is bound");
    (socket, localhost(port))
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
                assert_eq!(received, batch.received.len());
                for index in 0..received {
                    let (bytes, from) = batch.get_mut(index);
                    all.push((bytes.to_vec(), from));
                }
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                assert!(batch.received.is_empty());
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

fn all_sent(count: usize) -> SendOutcome {
    SendOutcome {
        sent: count,
        refused: 0,
        would_block_from: None,
    }
}

#[test]
fn more_than_a_batch_arrives_whole_and_in_order() {
    let ((sender, from), (receiver, to)) = (bound(), bound());
    let count = 2 * BATCH + 7;
    let payloads: Vec<Vec<u8>> = (0..count)
        .map(|index| vec![index as u8; 1 + index])
        .collect();
    let (arena, datagrams) = batch(payloads.iter().map(|bytes| (to, bytes.as_slice())));
    assert_eq!(sender.send(&arena, &datagrams), all_sent(count));
    let expected: Vec<_> = payloads.into_iter().map(|bytes| (bytes, from)).collect();
    assert_eq!(drain(&receiver, count), expected);
}

#[test]
fn nothing_to_send_is_no_call() {
    assert_eq!(bound().0.send(&[], &[]), all_sent(0));
}

#[test]
fn a_received_datagram_can_be_changed_in_place() {
    let ((sender, _), (receiver, to)) = (bound(), bound());
    let (arena, datagrams) = batch([(to, b"abc".as_slice())]);
    sender.send(&arena, &datagrams);
    let mut received = wait(&receiver);
    received.get_mut(0).0[0] = b'X';
    assert_eq!(received.get_mut(0).0, b"Xbc");
}

/// Both families on one socket; IPv4 peers are seen as IPv4 and answered as they were seen.
#[test]
fn dual_stack() {
    let (ours, over_v4) = bound();
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
        assert_eq!(ours.send(&arena, &datagrams), all_sent(1));
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
        socket.set_nonblocking(true).expect("an open socket");
        UdpSocket {
            socket,
            dual_stack: false,
        }
    };
    let (sender, receiver) = (v4_only(), v4_only());
    let to = localhost(receiver.local_port().expect("it is bound"));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, to.port()));
    let (arena, datagrams) = batch([(v6, b"1".as_slice()), (to, b"2".as_slice())]);
    let outcome = SendOutcome {
        sent: 1,
        refused: 1,
        would_block_from: None,
    };
    assert_eq!(sender.send(&arena, &datagrams), outcome);
    let from = localhost(sender.local_port().expect("it is bound"));
    assert_eq!(drain(&receiver, 1), [(b"2".to_vec(), from)]);
}

/// Nobody listens, no such port, too long for UDP: the others are neither lost nor sent twice.
#[test]
fn a_refused_datagram_does_not_hold_up_the_rest() {
    let ((sender, from), (receiver, to)) = (bound(), bound());
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
        let outcome = SendOutcome {
            sent: 2 * BATCH,
            refused: 2,
            would_block_from: None,
        };
        assert_eq!(sender.send(&arena, &datagrams), outcome, "at {position}");
        assert_eq!(
            drain(&receiver, 1),
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
    let ((sender, from), (receiver, to)) = (bound(), bound());
    let longest = vec![1; MAX_DATAGRAM_BYTES];
    let longer = vec![2; MAX_DATAGRAM_BYTES + 1];
    let (arena, datagrams) =
        batch([&longer, &longest, &longer].map(|bytes| (to, bytes.as_slice())));
    assert_eq!(sender.send(&arena, &datagrams), all_sent(3));
    assert_eq!(drain(&receiver, 1), [(longest, from)]);
}

#[test]
fn a_taken_port_is_an_error() {
    let (_taken, address) = bound();
    let error = UdpSocket::bind(address.port()).expect_err("the port is taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_datagram_outside_the_arena_is_our_mistake() {
    let (sender, to) = bound();
    sender.send(
        &[0; 10],
        &[Datagram {
            start: 8,
            len: 3,
            to,
        }],
    );
}

/// What each call of a script answers, and the batch of ten's outcome with the calls it took.
#[track_caller]
fn check_resume(script: &[Result<usize, libc::c_int>], expected: SendOutcome, calls: &[usize]) {
    let mut script = script.iter();
    let mut seen = Vec::new();
    let outcome = send_all(10, |from| {
        seen.push(from);
        let step = script.next().expect("no call beyond the script");
        step.map_err(io::Error::from_raw_os_error)
    });
    assert_eq!(outcome, expected);
    assert_eq!(seen, calls);
}

#[test]
fn partial_sends_are_resumed_where_they_stopped() {
    let outcome = |sent, refused, would_block_from| SendOutcome {
        sent,
        refused,
        would_block_from,
    };
    check_resume(&[Ok(10)], outcome(10, 0, None), &[0]);
    check_resume(&[Ok(3), Ok(6), Ok(1)], outcome(10, 0, None), &[0, 3, 9]);
    check_resume(&[Err(libc::EAGAIN)], outcome(0, 0, Some(0)), &[0]);
    check_resume(
        &[Ok(4), Err(libc::EWOULDBLOCK)],
        outcome(4, 0, Some(4)),
        &[0, 4],
    );
    for refusal in [
        libc::ECONNREFUSED,
        libc::EHOSTUNREACH,
        libc::ENETUNREACH,
        libc::EMSGSIZE,
        libc::EPERM,
    ] {
        check_resume(
            &[Ok(2), Err(refusal), Ok(7)],
            outcome(9, 1, None),
            &[0, 2, 3],
        );
        check_resume(&[Ok(9), Err(refusal)], outcome(9, 1, None), &[0, 9]);
        check_resume(
            &[Err(refusal), Err(libc::EAGAIN)],
            outcome(0, 1, Some(1)),
            &[0, 1],
        );
    }
}

#[test]
fn an_interrupted_call_is_made_again() {
    let mut calls = 0;
    let count = retry_interrupted(|| {
        calls += 1;
        if calls < 3 {
            // SAFETY: needed to play a signal's part; `__errno_location` is this thread's own.
            unsafe { *libc::__errno_location() = libc::EINTR };
            return -1;
        }
        5
    });
    assert_eq!((count.expect("the third call succeeds"), calls), (5, 3));
}
