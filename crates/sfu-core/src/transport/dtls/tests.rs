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
            if let Ok(Some(keys)) = end.handle(now, &datagram) {
                self.keys[usize::from(to_server)] = Some(keys);
            }
        }
    }
}

#[test]
fn any_one_or_two_datagrams_of_a_handshake_may_be_lost() {
    let identity = identity();
    let mut handshake = Handshake::new(&identity);
    let whole = handshake.run(Duration::from_secs(1), |_| false);
    assert_eq!(whole, Some(6 * DELAY), "three round trips");
    let datagrams = handshake.sent + 4;
    for first in 0..datagrams {
        for second in first..datagrams {
            let took = Handshake::new(&identity).run(Duration::from_secs(3), |sent| {
                sent == first || sent == second
            });
            assert!(took.is_some(), "without {first} and {second}");
        }
    }
}

#[test]
fn three_seconds_without_any_datagram_do_not_end_a_handshake() {
    let identity = identity();
    for begins in 0..6 {
        let mut handshake = Handshake::new(&identity);
        // A dozen repetitions of each side.
        let took = handshake.run(Duration::from_secs(10), |sent| {
            (begins..begins + 24).contains(&sent)
        });
        assert!(took.is_some(), "cut after {begins}");
    }
}

#[test]
fn both_ends_get_the_same_keys_of_the_preferred_profile() {
    let mut handshake = Handshake::new(&identity());
    handshake.run(Duration::from_secs(1), |_| false);
    let [Some(client), Some(server)] = &handshake.keys else {
        panic!("connected");
    };
    assert_eq!(client.profile, SrtpProfile::AeadAes128Gcm);
    assert_eq!(server.profile, SrtpProfile::AeadAes128Gcm);
}

#[test]
fn another_certificate_than_the_named_one_fails() {
    let (ours, theirs) = (identity(), identity());
    let mut handshake = Handshake::new(&ours);
    handshake.server = RtcDtls::server(ours, theirs.fingerprint());
    assert_eq!(handshake.run(Duration::from_secs(1), |_| false), None);
    assert!(handshake.server.is_failed());
    let late = handshake.server.handle(handshake.now, &[22; 40]);
    assert_eq!(late.map(|_| ()), Err(DropReason::Dtls));
}

#[test]
fn a_flood_is_dropped_at_its_bound_and_does_not_end_the_session() {
    let identity = identity();
    let junk = [0xff; 1_000];
    let flood = |server: &mut RtcDtls, now| {
        for _ in 0..=MAX_DTLS_BYTES / junk.len() {
            assert!(server.handle(now, &junk).is_err());
            assert!(!server.is_failed());
        }
    };
    let mut late = Handshake::new(&identity);
    flood(&mut late.server, late.now);
    assert_eq!(late.run(Duration::from_secs(3), |_| false), None);
    assert!(!late.server.is_failed());
    let mut established = Handshake::new(&identity);
    assert!(established.run(Duration::from_secs(1), |_| false).is_some());
    flood(&mut established.server, established.now);
}

#[test]
fn plaintext_from_anybody_does_not_end_an_established_association() {
    let identity = identity();
    for (level, description) in [(1, 0), (2, 0), (2, 40)] {
        let mut handshake = Handshake::new(&identity);
        handshake.run(Duration::from_secs(1), |_| false);
        let alert = [
            21,
            254,
            253,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            99,
            0,
            2,
            level,
            description,
        ];
        let _ = handshake.server.handle(handshake.now, &alert);
        assert!(!handshake.server.is_failed(), "alert {level} {description}");
    }
}
