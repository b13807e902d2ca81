//! The proxy on real loopback sockets. Times are only bounded from below, as a busy machine is
//! late; how late is printed (`--nocapture`). Which packets are lost is exact.

use super::*;
use crate::proxy::{Direction, link_seed};
use crate::{Link, LinkConfig};
use std::net::UdpSocket as StdSocket;
use std::thread::JoinHandle;

const SEED: u64 = 11;
const PACKETS: u32 = 2_000;
/// Datagrams sent before those that come through are read.
const TURN: u32 = 32;
/// A busy machine gets so long before a datagram counts as missing.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct Setup {
    client: StdSocket,
    server: StdSocket,
    handle: Handle,
    thread: JoinHandle<io::Result<ProxyStats>>,
}

fn setup(up: LinkConfig, down: LinkConfig) -> Setup {
    let socket = || {
        let socket = StdSocket::bind(LOOPBACK).expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket
    };
    let (client, server) = (socket(), socket());
    let config = ProxyConfig {
        listen: LOOPBACK,
        to: server.local_addr().expect("bound"),
        allow: Vec::new(),
        seed: SEED,
        up: up.into(),
        down: down.into(),
    };
    let (proxy, handle) = UdpProxy::bind(&config).expect("a port");
    client
        .connect(proxy.local_addr().expect("bound"))
        .expect("connects");
    let thread = std::thread::spawn(move || proxy.run());
    Setup {
        client,
        server,
        handle,
        thread,
    }
}

impl Setup {
    fn stop(self) -> ProxyStats {
        self.handle.stop();
        self.thread.join().expect("no panic").expect("runs")
    }
}

/// What a link with the client's seed lets through, of `count` packets.
fn let_through(direction: Direction, config: LinkConfig, count: u32) -> Vec<u32> {
    let now = Instant::now();
    let seed = link_seed(SEED, ClientId(0), direction);
    let mut link = Link::new(
        now,
        seed,
        &LinkConfig {
            delay: Duration::ZERO,
            ..config
        }
        .into(),
    );
    let mut through = Vec::new();
    for number in 0..count {
        link.push(now, number.to_be_bytes().to_vec());
        through.extend(link.pop(now).map(number_of));
    }
    through
}

fn number_of(bytes: Vec<u8>) -> u32 {
    u32::from_be_bytes(bytes.try_into().expect("four bytes"))
}

/// Sends `count` numbers and reads those of `through`, in turns that fit the smallest socket
/// buffer, so that nothing is lost but by the link; who sent them on.
fn exchange(
    count: u32,
    through: &[u32],
    send: impl Fn(&[u8]) -> io::Result<usize>,
    to: &StdSocket,
) -> SocketAddr {
    let (mut from, mut buffer) = (LOOPBACK, [0; 16]);
    let mut through = through.iter().peekable();
    for number in 0..count {
        send(&number.to_be_bytes()).expect("sends");
        let is_turn = number % TURN == TURN - 1 || number == count - 1;
        while is_turn && let Some(expected) = through.next_if(|next| **next <= number) {
            let (len, at) = to.recv_from(&mut buffer).expect("arrives");
            assert_eq!(number_of(buffer[..len].to_vec()), *expected);
            from = at;
        }
    }
    from
}

#[test]
fn exactly_the_seeds_packets_are_lost() {
    let bursts = LinkConfig {
        loss: 0.2,
        burst: 3.0,
        ..LinkConfig::PERFECT
    };
    let lossy = LinkConfig {
        loss: 0.1,
        delay: Duration::from_millis(5),
        ..LinkConfig::PERFECT
    };
    let setup = setup(bursts, lossy);
    let (client, server) = (&setup.client, &setup.server);
    let up = let_through(Direction::Up, bursts, PACKETS);
    let down = let_through(Direction::Down, lossy, PACKETS);
    let upstream = exchange(PACKETS, &up, |bytes| client.send(bytes), server);
    let back = |bytes: &[u8]| server.send_to(bytes, upstream);
    exchange(PACKETS, &down, back, client);
    // Those lost at the end may not have been read yet.
    let seen = |stats: &ProxyStats| stats.up.pushed + stats.down.pushed;
    while seen(&setup.handle.stats().expect("runs")) < 2 * u64::from(PACKETS) {
        std::thread::yield_now();
    }
    let stats = setup.stop();
    for (stats, through) in [(stats.up, up), (stats.down, down)] {
        assert_eq!(stats.pushed, u64::from(PACKETS));
        assert_eq!(stats.delivered, through.len() as u64);
        assert_eq!(stats.lost, u64::from(PACKETS) - stats.delivered);
        println!("{} of {PACKETS} lost, as the seed says", stats.lost);
    }
}

#[test]
fn no_datagram_is_early_and_how_late_they_are_is_printed() {
    let delay = Duration::from_millis(10);
    let line = LinkConfig {
        delay,
        ..LinkConfig::PERFECT
    };
    let setup = setup(line, LinkConfig::PERFECT);
    let (mut over_us, mut buffer) = (Vec::new(), [0; 16]);
    // Alone and in pairs, at all phases of a millisecond.
    for number in 0..200_u64 {
        let sent = Instant::now();
        setup.client.send(&[1]).expect("sends");
        setup.server.recv(&mut buffer).expect("arrives");
        let took = sent.elapsed();
        assert!(took >= delay, "{took:?}");
        over_us.push((took - delay).as_micros());
        std::thread::sleep(Duration::from_micros(number * 7));
    }
    over_us.sort_unstable();
    let of = |percent: usize| over_us[over_us.len() * percent / 100];
    let (p50, p90, p99) = (of(50), of(90), of(99));
    println!("10 ms of delay, exceeded by: p50 {p50} us, p90 {p90} us, p99 {p99} us");
    let stats = setup.stop();
    println!("the proxy's own account: {:?}", stats.lateness);
    assert_eq!(stats.lateness.count, 200);
}

#[test]
fn a_narrow_link_takes_its_time_and_drops_what_does_not_fit() {
    let narrow = LinkConfig {
        rate_bps: Some(800_000),
        queue_bytes: 20_000,
        ..LinkConfig::PERFECT
    };
    let setup = setup(narrow, LinkConfig::PERFECT);
    let sent = Instant::now();
    for _ in 0..30 {
        setup.client.send(&[0; 1_000]).expect("sends");
    }
    // 10 ms each.
    let mut buffer = [0; 2_000];
    for number in 1..=20 {
        setup.server.recv(&mut buffer).expect("arrives");
        assert!(sent.elapsed() >= number * Duration::from_millis(10));
    }
    let took = sent.elapsed();
    let rate = 20.0 * 8_000.0 / took.as_secs_f64();
    println!("800 kbit/s asked for, {rate:.0} bit/s met over {took:?}");
    let stats = setup.stop().up;
    // While they were sent, some had already passed.
    assert!((1..=10).contains(&stats.overflowed), "{stats:?}");
    assert_eq!(stats.pushed, 30);
}

#[test]
fn a_command_holds_at_once() {
    let setup = setup(LinkConfig::PERFECT, LinkConfig::PERFECT);
    let mut buffer = [0; 16];
    setup.client.send(b"before").expect("sends");
    setup.server.recv(&mut buffer).expect("arrives");
    let command = serde_json::from_str(r#"{"up":{"cut":true}}"#).expect("a command");
    assert_eq!(setup.handle.command(command), Some(Ok(())));
    setup.client.send(b"lost").expect("sends");
    while setup.handle.stats().expect("runs").up.pushed < 2 {
        std::thread::yield_now();
    }
    let command = serde_json::from_str(r#"{"up":{"cut":false}}"#).expect("a command");
    assert_eq!(setup.handle.command(command), Some(Ok(())));
    setup.client.send(b"after").expect("sends");
    let len = setup.server.recv(&mut buffer).expect("arrives");
    assert_eq!(&buffer[..len], b"after");
    let handle = setup.handle.clone();
    let stats = setup.stop();
    assert_eq!((stats.up.lost, stats.up.delivered), (1, 2));
    assert_eq!(
        handle.stats(),
        None,
        "nobody waits for one that has stopped"
    );
}

#[test]
fn strangers_are_not_served() {
    // On loopback everybody's address is a loopback one, so this asks the rule itself.
    let allowed =
        |allow: &[IpAddr], from: &str| is_served(allow, from.parse().expect("an address"));
    let lan: IpAddr = "192.0.2.7".parse().expect("an address");
    assert!(allowed(&[], "127.0.0.1") && allowed(&[], "::1"));
    assert!(!allowed(&[], "192.0.2.7"));
    assert!(allowed(&[lan], "192.0.2.7") && !allowed(&[lan], "192.0.2.8"));
}
