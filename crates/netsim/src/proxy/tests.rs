//! Who is known, whose links are whose, and what a command changes: without a socket.

use super::*;
use crate::{LinkChange, LinkConfig};

const MS: Duration = Duration::from_millis(1);

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn delay(delay_ms: u64) -> Trace {
    let delay = Duration::from_millis(delay_ms);
    LinkConfig {
        delay,
        ..LinkConfig::PERFECT
    }
    .into()
}

fn perfect(now: Instant) -> Proxy {
    Proxy::new(now, 1, &delay(0), &delay(0))
}

#[test]
fn each_direction_has_its_own_link() {
    let start = Instant::now();
    let mut proxy = Proxy::new(start, 1, &delay(10), &delay(30));
    let intake = proxy.handle_client(start, at(1), b"ask".to_vec());
    assert_eq!(intake, Intake::New(ClientId(0)));
    proxy.handle_server(start, ClientId(0), b"tell".to_vec());
    let expected = [
        (10 * MS, Delivery::ToServer(ClientId(0), b"ask".to_vec())),
        (30 * MS, Delivery::ToClient(at(1), b"tell".to_vec())),
    ];
    for (after, delivery) in expected {
        assert_eq!(proxy.next_at(), Some(start + after));
        assert_eq!(proxy.poll(start + after - MS), None);
        assert_eq!(proxy.poll(start + after), Some(delivery));
    }
    assert_eq!(proxy.next_at(), None);
    let stats = proxy.stats(start + 30 * MS);
    assert_eq!((stats.up.delivered, stats.down.delivered), (1, 1));
    assert_eq!(stats.lateness.most, Duration::ZERO);
}

#[test]
fn clients_are_bounded_and_forgotten_when_idle() {
    let start = Instant::now();
    let mut proxy = perfect(start);
    let most = MAX_CLIENTS as u16;
    for port in 0..most {
        let intake = proxy.handle_client(start, at(port), vec![]);
        assert_eq!(intake, Intake::New(ClientId(port.into())));
    }
    let refused = proxy.handle_client(start, at(most), vec![]);
    assert_eq!(refused, Intake::Refused);
    let later = start + IDLE_TIMEOUT;
    let known = proxy.handle_client(later - MS, at(7), vec![]);
    assert_eq!(known, Intake::Known(ClientId(7)));
    assert_eq!(proxy.forget_idle(later - MS), []);
    assert_eq!(proxy.forget_idle(later).len(), MAX_CLIENTS - 1);
    let new = proxy.handle_client(later, at(most), vec![]);
    assert_eq!(
        new,
        Intake::New(ClientId(most.into())),
        "numbers do not return"
    );
    let stats = proxy.stats(later);
    assert_eq!((stats.clients, stats.refused), (2, 1));
    assert_eq!(stats.up.pushed, u64::from(most) + 2, "also of who is gone");
}

#[test]
fn a_command_changes_everybodys_links_also_of_those_to_come() {
    let start = Instant::now();
    let mut proxy = perfect(start);
    proxy.handle_client(start, at(1), vec![]);
    let command = serde_json::from_str(r#"{"down":{"delay_ms":40}}"#).expect("a command");
    proxy.command(start, &command).expect("a link");
    proxy.handle_client(start, at(2), vec![]);
    let command = r#"{"client_port":2,"down":{"delay_ms":70}}"#;
    let command = serde_json::from_str(command).expect("a command");
    proxy.command(start, &command).expect("a link");
    proxy.handle_client(start, at(3), vec![]);
    let down = |id: u64| proxy.clients[&ClientId(id)].down.config().delay;
    assert_eq!([0, 1, 2].map(down), [40 * MS, 70 * MS, 40 * MS]);
    assert_eq!(
        proxy.clients[&ClientId(0)].up.config().delay,
        Duration::ZERO
    );
}

#[test]
fn a_command_that_makes_no_link_is_refused() {
    let now = Instant::now();
    let mut proxy = perfect(now);
    let loss = Some(3.0);
    let up = LinkChange {
        loss,
        ..LinkChange::default()
    };
    let command = Command {
        up,
        ..Command::default()
    };
    assert!(proxy.command(now, &command).is_err());
}

#[test]
fn who_comes_late_meets_the_trace_where_it_is() {
    let text = "[[step]]\nat_s = 30\ndelay_ms = 90\n";
    let trace = Trace::from_toml(text).expect("a trace");
    let start = Instant::now();
    let mut proxy = Proxy::new(start, 1, &trace, &delay(0));
    let later = start + Duration::from_secs(31);
    proxy.handle_client(later, at(1), vec![]);
    assert_eq!(proxy.next_at(), Some(later + 90 * MS));
}

#[test]
fn clients_do_not_share_their_luck() {
    let start = Instant::now();
    let loss = 0.5;
    let lossy = Trace::from(LinkConfig {
        loss,
        ..LinkConfig::PERFECT
    });
    let mut proxy = Proxy::new(start, 1, &lossy, &lossy);
    let mut heard = BTreeMap::new();
    for number in 0..64_u8 {
        for port in 1..=2 {
            if let Intake::New(id) | Intake::Known(id) =
                proxy.handle_client(start, at(port), vec![number])
            {
                proxy.handle_server(start, id, vec![number]);
            }
        }
        while let Some(delivery) = proxy.poll(start) {
            let (link, bytes) = match delivery {
                Delivery::ToServer(id, bytes) => ((Direction::Up, id.0), bytes),
                Delivery::ToClient(to, bytes) => ((Direction::Down, to.port().into()), bytes),
            };
            heard.entry(link).or_insert_with(Vec::new).extend(bytes);
        }
    }
    let links: Vec<_> = heard.values().collect();
    assert_eq!(links.len(), 4);
    for (number, link) in links.iter().enumerate() {
        assert!(links.iter().skip(number + 1).all(|other| other != link));
    }
}
