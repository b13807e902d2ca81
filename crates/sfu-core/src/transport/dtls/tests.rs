//! Handshakes against our own client, with chosen datagrams lost.

use super::*;

/// One way.
const DELAY: Duration = Duration::from_millis(25);

fn identity() -> Arc<DtlsIdentity> {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    Arc::new(DtlsIdentity::generate(provider).expect("a certificate of our own"))
}

/// Both ends and what is between them.
struct Handshake {
    now: Instant,
    client: RtcDtls,
    server: RtcDtls,
    keys: [Option<SrtpKeys>; 2],
    /// When a datagram arrives, whether at the server, and it.
    on_the_way: Vec<(Instant, bool, Vec<u8>)>,
    sent: usize,
}

impl Handshake {
    fn new(identity: &Arc<DtlsIdentity>) -> Self {
        let now = Instant::now();
        let profiles = [SrtpProfile::AesCm128HmacSha1_80, SrtpProfile::AeadAes128Gcm];
        let (ours, print) = (identity.clone(), identity.fingerprint());
        Self {
            now,
            client: RtcDtls::client(now, ours.clone(), print, &profiles).expect("configured"),
            server: RtcDtls::server(ours, print),
            keys: [None, None],
            on_the_way: Vec::new(),
            sent: 0,
        }
    }

    /// Runs until both have keys, losing the datagrams that `is_lost` names; how long it took.
    fn run(&mut self, limit: Duration, is_lost: impl Fn(usize) -> bool) -> Option<Duration> {
        let begun = self.now;
        loop {
            self.send(&is_lost);
            if self.keys.iter().all(Option::is_some) {
                return Some(self.now - begun);
            }
            let arrivals = self.on_the_way.iter().map(|(at, ..)| *at);
            let timers = [self.client.next_timeout(), self.server.next_timeout()];
            let next = arrivals.chain(timers.into_iter().flatten()).min()?;
            if next - begun > limit {
                return None;
            }
            self.now = self.now.max(next);
            self.receive();
            for end in [&mut self.client, &mut self.server] {
                if end.next_timeout().is_some_and(|at| at <= self.now) {
                    end.handle_timeout(self.now);
                }
            }
        }
    }

    fn send(&mut self, is_lost: &impl Fn(usize) -> bool) {
        for (end, to_server) in [(&mut self.client, true), (&mut self.server, false)] {
            while let Some(datagram) = end.poll_transmit() {
                if !is_lost(self.sent) {
                    let at = self.now + DELAY;
                    self.on_the_way.push((at, to_server, datagram.to_vec()));
                }
                self.sent += 1;
            }
        }
    }

    fn receive(&mut self) {
        let now = self.now;
        let (due, later) = self.on_the_way.drain(..).partition(|(at, ..)| *at <= now);
        self.on_the_way = later;
        let due: Vec<_> = due;
        for (_, to_server, datagram) in due {
            let end = if to_server {
                &mut self.server
            } else {
                &mut self.client
            };
            let r = end.handle(now, &datagram);
            if std::env::var("DBG").is_ok() {
                eprintln!(
                    "{:?} to_server {to_server} len {} types {:?} -> {:?} failed {}",
                    now,
                    datagram.len(),
                    &datagram[..14.min(datagram.len())],
                    r.as_ref().map(|k| k.is_some()),
                    end.is_failed()
                );
            }
            if let Ok(Some(keys)) = r {
                self.keys[usize::from(to_server)] = Some(keys);
            }
        }
    }
}

#[test]
fn any_one_or_two_datagrams_may_be_lost() {
    let identity = identity();
    let whole = Handshake::new(&identity).run(Duration::from_secs(1), |_| false);
    eprintln!("{whole:?}");
    let mut bad = Vec::new();
    for first in 0..10 {
        for second in first..10 {
            let mut handshake = Handshake::new(&identity);
            let took = handshake.run(Duration::from_secs(10), |i| i == first || i == second);
            if took.is_none() {
                bad.push((
                    first,
                    second,
                    handshake.client.is_failed(),
                    handshake.server.is_failed(),
                    handshake.sent,
                ));
            } else {
                eprintln!("{first} {second} {took:?} {}", handshake.sent);
            }
        }
    }
    assert!(bad.is_empty(), "{bad:?}");
}
