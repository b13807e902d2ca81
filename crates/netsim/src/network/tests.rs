//! Datagrams find their node, in order of time; pairs do not disturb each other; runs repeat.

use super::*;

const MS: Duration = Duration::from_millis(1);

fn node(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 5_000))
}

/// Everything that arrives within `limit`, with the millisecond it did.
fn run(network: &mut Network, limit: Duration) -> Vec<(u128, Datagram)> {
    let end = network.now() + limit;
    let mut arrived = Vec::new();
    while let Some(at) = network.next_at().filter(|at| *at <= end) {
        network.advance_to(at);
        while let Some(datagram) = network.receive() {
            arrived.push((network.elapsed().as_millis(), datagram));
        }
    }
    network.advance_to(end);
    arrived
}

fn datagram(from: u8, to: u8, bytes: &[u8]) -> Datagram {
    Datagram {
        from: node(from),
        to: node(to),
        bytes: bytes.to_vec(),
    }
}

#[test]
fn datagrams_arrive_in_order_of_time() {
    let mut network = Network::new(
        Instant::now(),
        1,
        LinkConfig {
            delay: 30 * MS,
            ..LinkConfig::PERFECT
        },
    );
    network.set_path(
        node(1),
        node(3),
        LinkConfig {
            delay: 10 * MS,
            ..LinkConfig::PERFECT
        },
    );
    network.send(node(1), node(2), b"slow".to_vec());
    network.send(node(1), node(3), b"fast".to_vec());
    network.send(node(3), node(1), b"back".to_vec());
    assert_eq!(
        run(&mut network, 100 * MS),
        [
            (10, datagram(1, 3, b"fast")),
            (10, datagram(3, 1, b"back")),
            (30, datagram(1, 2, b"slow")),
        ]
    );
    assert_eq!(network.elapsed(), 100 * MS);
}

#[test]
fn nothing_is_received_before_it_is_due() {
    let mut network = Network::new(
        Instant::now(),
        1,
        LinkConfig {
            delay: 30 * MS,
            ..LinkConfig::PERFECT
        },
    );
    network.send(node(1), node(2), b"slow".to_vec());
    assert_eq!(network.receive(), None);
}

#[test]
fn one_cut_direction_leaves_the_other() {
    let mut network = Network::new(Instant::now(), 1, LinkConfig::PERFECT);
    network.set_link(node(1), node(2), LinkConfig::CUT);
    network.send(node(1), node(2), b"lost".to_vec());
    network.send(node(2), node(1), b"heard".to_vec());
    assert_eq!(run(&mut network, MS), [(0, datagram(2, 1, b"heard"))]);
    assert_eq!(network.stats(node(1), node(2)).lost, 1);
}

#[test]
#[should_panic(expected = "a datagram would arrive late")]
fn the_clock_does_not_skip_datagrams() {
    let start = Instant::now();
    let mut network = Network::new(
        start,
        1,
        LinkConfig {
            delay: MS,
            ..LinkConfig::PERFECT
        },
    );
    network.send(node(1), node(2), b"due first".to_vec());
    network.advance_to(start + 2 * MS);
}

#[test]
fn a_plan_repeats_exactly() {
    let bad = LinkConfig {
        loss: 0.1,
        jitter: 20 * MS,
        reorder: 0.1,
        duplicate: 0.1,
        ..LinkConfig::PERFECT
    };
    let plan = |seed| {
        let mut network = Network::new(Instant::now(), seed, bad);
        let mut arrived = Vec::new();
        for number in 0..200_u8 {
            for to in 2..6 {
                network.send(node(1), node(to), vec![number]);
                network.send(node(to), node(1), vec![number]);
            }
            arrived.extend(run(&mut network, 5 * MS));
        }
        arrived
    };
    assert_eq!(plan(5), plan(5));
    assert_ne!(plan(5), plan(6));
}

#[test]
fn links_do_not_share_their_luck() {
    let mut network = Network::new(
        Instant::now(),
        1,
        LinkConfig {
            loss: 0.5,
            ..LinkConfig::PERFECT
        },
    );
    for number in 0..64 {
        network.send(node(1), node(2), vec![number]);
        network.send(node(1), node(3), vec![number]);
    }
    let arrived = run(&mut network, MS);
    let heard = |to| -> Vec<u8> {
        arrived
            .iter()
            .filter(|(_, datagram)| datagram.to == node(to))
            .map(|(_, datagram)| datagram.bytes[0])
            .collect()
    };
    assert_ne!(heard(2), heard(3));
}

#[test]
fn a_link_follows_its_trace_from_when_it_is_set() {
    let mut network = Network::new(Instant::now(), 1, LinkConfig::PERFECT);
    run(&mut network, 500 * MS);
    let trace = "[[step]]\nat_s = 0\nrate_kbps = 8\n[[step]]\nat_s = 1\nrate_kbps = 80\n";
    let trace = Trace::from_toml(trace).expect("a trace");
    network.set_trace(node(1), node(2), &trace);
    // Half of it passes within the first second; another link is busy at the same time.
    network.send(node(1), node(2), vec![0; 2_000]);
    network.send(node(3), node(1), b"meanwhile".to_vec());
    assert_eq!(
        run(&mut network, 3_000 * MS),
        [
            (500, datagram(3, 1, b"meanwhile")),
            (1_600, datagram(1, 2, &[0; 2_000])),
        ]
    );
}

#[test]
fn a_queue_that_moves_on_holds_nobody_up() {
    let start = Instant::now();
    let second = 1_000 * MS;
    let narrow = LinkConfig {
        rate_bps: Some(8_000),
        delay: second,
        ..LinkConfig::PERFECT
    };
    let far = LinkConfig {
        delay: second,
        ..LinkConfig::PERFECT
    };
    let mut network = Network::new(start, 1, far);
    network.set_link(node(1), node(2), narrow);
    network.send(node(1), node(2), vec![0; 1_000]);
    network.send(node(3), node(1), b"on time".to_vec());
    // One leaves its queue at the moment at which the other arrives.
    network.advance_to(start + second);
    assert_eq!(network.receive(), Some(datagram(3, 1, b"on time")));
    assert_eq!(network.receive(), None);
    assert_eq!(network.next_at(), Some(start + 2 * second));
}
