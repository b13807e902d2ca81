//! One ICE agent against a peer that answers, lies, or stays silent.

use super::*;
use rand_chacha::rand_core::SeedableRng;
use rtc_stun::attributes::AttrType;

/// Ours and the peer's.
fn credentials() -> [IceCredentials; 2] {
    ["ours", "peer"].map(|ufrag| IceCredentials {
        ufrag: ufrag.to_owned(),
        pwd: format!("the password of {ufrag}"),
    })
}

fn provider() -> Arc<dyn RTCCryptoProvider> {
    rtc_crypto::default_provider().expect("ring is compiled in")
}

struct Plan {
    now: Instant,
    ice: Ice,
    rng: ChaCha20Rng,
    ids: u8,
}

impl Plan {
    fn new() -> Self {
        let [ours, peer] = credentials();
        Self {
            now: Instant::now(),
            ice: Ice::new(ours, peer, provider()),
            rng: ChaCha20Rng::from_seed([1; 32]),
            ids: 0,
        }
    }

    fn handle(&mut self, from: u8, bytes: &[u8]) -> Result<IceOutcome, DropReason> {
        let mut message = decode(bytes).expect("well-formed");
        self.ice.handle(self.now, at(from), &mut message)
    }

    /// The peer's check from an address.
    fn check(&mut self, from: u8, nominates: bool) -> Result<IceOutcome, DropReason> {
        let [ours, _] = credentials();
        let check = self.request("ours:peer", &ours.pwd, nominates);
        self.handle(from, &check)
    }

    fn request(&mut self, username: &str, password: &str, nominates: bool) -> Vec<u8> {
        self.ids += 1;
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(TransactionId([self.ids; 12])),
                Box::new(TextAttribute::new(ATTR_USERNAME, username.to_owned())),
            ])
            .expect("well-formed");
        if nominates {
            message.add(ATTR_USE_CANDIDATE, &[]);
        }
        signed(message, password)
    }

    /// Our checks that are due: where to, and their transaction ids.
    fn due(&mut self) -> Vec<(SocketAddr, TransactionId)> {
        let mut due = Vec::new();
        while let Some((to, check)) = self.ice.poll_check(self.now, &mut self.rng) {
            let mut message = decode(&check).expect("well-formed");
            let [_, peer] = credentials();
            let crypto = provider();
            let signed =
                MessageIntegrity::check(&mut message, peer.pwd.as_bytes(), crypto.crypto());
            assert!(signed.is_ok(), "with the peer's password");
            due.push((to, message.transaction_id));
            assert!(due.len() < 100, "it ends");
        }
        due
    }

    /// The peer answers our checks to these addresses; the others are lost.
    fn answer(&mut self, hosts: &[u8]) {
        for (to, id) in self.due() {
            if let Some(host) = hosts.iter().find(|host| at(**host) == to) {
                let answer = success(id, &credentials()[1].pwd);
                self.handle(*host, &answer).expect("taken");
            }
        }
    }

    fn selected(&self) -> Option<u8> {
        let host = |address: SocketAddr| (1..=255).find(|host| at(*host) == address);
        self.ice.selected().and_then(host)
    }
}

fn at(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 5_000))
}

fn success(id: TransactionId, password: &str) -> Vec<u8> {
    let mut message = Message::new();
    message
        .build(&[Box::new(BINDING_SUCCESS), Box::new(id)])
        .expect("well-formed");
    signed(message, password)
}

fn signed(mut message: Message, password: &str) -> Vec<u8> {
    let crypto = provider();
    MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto.crypto())
        .add_to(&mut message)
        .expect("signed");
    message.raw
}

#[test]
fn a_request_that_is_not_for_us_or_not_signed_is_dropped_in_silence() {
    let [ours, peer] = credentials();
    for (username, password, reason) in [
        ("ours:other", &ours.pwd, DropReason::UnknownUfrag),
        ("ours", &ours.pwd, DropReason::UnknownUfrag),
        ("", &ours.pwd, DropReason::UnknownUfrag),
        ("ours:peer", &peer.pwd, DropReason::BadIntegrity),
        ("ours:peer", &String::new(), DropReason::BadIntegrity),
    ] {
        let mut plan = Plan::new();
        let request = plan.request(username, password, true);
        assert_eq!(plan.handle(1, &request).err(), Some(reason), "{username}");
        assert_eq!(plan.ice.addresses().count(), 0, "nothing is remembered");
        assert_eq!(plan.ice.next_timeout(), None);
    }
    let mut unsigned = Message::new();
    let username = TextAttribute::new(ATTR_USERNAME, "ours:peer".to_owned());
    unsigned
        .build(&[Box::new(BINDING_REQUEST), Box::new(username)])
        .expect("well-formed");
    let dropped = Plan::new().handle(1, &unsigned.raw).err();
    assert_eq!(dropped, Some(DropReason::BadIntegrity));
}

#[test]
fn an_address_is_used_only_after_it_has_answered() {
    let mut plan = Plan::new();
    let outcome = plan.check(1, true).expect("taken");
    assert!(outcome.reply.is_some());
    assert_eq!((outcome.selected, plan.selected()), (None, None));
    plan.answer(&[1]);
    assert_eq!(plan.selected(), Some(1));
}

#[test]
fn an_answer_must_be_signed_ours_and_new() {
    let mut plan = Plan::new();
    plan.check(1, true).expect("taken");
    plan.check(2, true).expect("taken");
    let due = plan.due();
    let [(_, first), ..] = due[..] else {
        panic!("a check to each")
    };
    let [ours, peer] = credentials();
    for (from, id, password, reason) in [
        (1, first, &ours.pwd, DropReason::BadIntegrity),
        (1, TransactionId([9; 12]), &peer.pwd, DropReason::Replayed),
        // Its own id, but the other address: it was not there that we asked.
        (2, first, &peer.pwd, DropReason::Replayed),
        (3, first, &peer.pwd, DropReason::UnknownAddress),
    ] {
        let answer = success(id, password);
        assert_eq!(
            plan.handle(from, &answer).err(),
            Some(reason),
            "from {from}"
        );
        assert_eq!(plan.selected(), None);
    }
    let answer = success(first, &peer.pwd);
    assert!(plan.handle(1, &answer).is_ok());
    assert_eq!(
        plan.handle(1, &answer).err(),
        Some(DropReason::Replayed),
        "only once"
    );
}

#[test]
fn the_last_nomination_of_an_address_that_answers_wins() {
    let mut plan = Plan::new();
    for (nominated, expected) in [(1, 1), (2, 2), (1, 1), (3, 3), (3, 3), (2, 2)] {
        plan.check(nominated, true).expect("taken");
        plan.answer(&[1, 2, 3]);
        assert_eq!(plan.selected(), Some(expected));
    }
    plan.check(4, true).expect("taken");
    plan.answer(&[1, 2, 3]);
    assert_eq!(plan.selected(), Some(2), "the fourth does not answer");
    plan.check(1, false).expect("taken");
    assert_eq!(plan.selected(), Some(2), "a check alone nominates nobody");
}

#[test]
fn consent_lasts_as_long_as_answers_come() {
    let mut plan = Plan::new();
    plan.check(1, true).expect("taken");
    assert!(
        !plan.ice.consent_expired(plan.now + 2 * CONSENT_EXPIRES),
        "nothing to expire yet"
    );
    plan.answer(&[1]);
    for _ in 0..60 {
        plan.now += CHECK_INTERVAL;
        plan.answer(&[1]);
        assert!(!plan.ice.consent_expired(plan.now));
    }
    let last = plan.now;
    let just_before = CONSENT_EXPIRES - Duration::from_millis(1);
    assert!(!plan.ice.consent_expired(last + just_before));
    assert!(plan.ice.consent_expired(last + CONSENT_EXPIRES));
    // Checks of the peer alone are no consent: anybody could send them for it.
    plan.now += CONSENT_EXPIRES;
    plan.check(1, true).expect("taken");
    assert!(plan.ice.consent_expired(plan.now));
}

#[test]
fn we_look_at_a_silent_peer_at_least_until_its_consent_is_over() {
    let mut plan = Plan::new();
    plan.check(1, true).expect("taken");
    plan.answer(&[1]);
    let answered = plan.now;
    while let Some(at) = plan
        .ice
        .next_timeout()
        .filter(|_| !plan.ice.consent_expired(plan.now))
    {
        assert!(at > plan.now, "time goes on");
        plan.now = at;
        plan.due();
    }
    assert_eq!(plan.now - answered, CONSENT_EXPIRES);
    assert!(plan.ice.consent_expired(plan.now));
}

#[test]
fn a_request_causes_a_bounded_number_of_checks() {
    let mut plan = Plan::new();
    plan.check(1, true).expect("taken");
    let mut checks = 0;
    for _ in 0..600 {
        checks += plan.due().len() as u32;
        plan.now += FIRST_CHECK_INTERVAL;
    }
    assert_eq!(checks, MAX_UNANSWERED_NEW);
    plan.check(1, true).expect("taken");
    assert_eq!(plan.due().len(), 1, "another request, another look");
}

#[test]
fn a_new_address_takes_the_place_of_a_silent_one_but_of_no_other() {
    let mut plan = Plan::new();
    let most = MAX_ICE_ADDRESSES as u8;
    let all: Vec<u8> = (1..=most).collect();
    for host in &all {
        plan.check(*host, true).expect("room for eight");
        plan.answer(&all);
    }
    assert_eq!(
        plan.check(most + 1, true).err(),
        Some(DropReason::TooManyAddresses)
    );
    // All but two fall silent; the third for the longest.
    let alive = [1, most];
    for _ in 0..MIN_UNANSWERED_STALE + 1 {
        plan.now += CHECK_INTERVAL;
        plan.answer(&alive);
    }
    for host in most + 1..most + 7 {
        plan.check(host, false)
            .expect("one of the silent six makes room");
        plan.answer(&[&alive[..], &[host]].concat());
        assert!(plan.ice.knows(at(1)) && plan.ice.knows(at(most)));
        assert_eq!(plan.ice.addresses().count(), MAX_ICE_ADDRESSES);
    }
    assert_eq!(
        plan.check(100, true).err(),
        Some(DropReason::TooManyAddresses)
    );
    assert_eq!(plan.selected(), Some(most));
}

#[test]
fn messages_longer_than_any_we_need_are_not_read() {
    let mut plan = Plan::new();
    let padded = |bytes: usize| {
        let mut message = Message::new();
        message
            .build(&[Box::new(BINDING_REQUEST)])
            .expect("well-formed");
        // An attribute that may be ignored; it and the message have headers.
        message.add(AttrType(0x8022), &vec![b'x'; bytes - 24]);
        assert_eq!(message.raw.len(), bytes);
        decode(&message.raw).err()
    };
    assert_eq!(padded(MAX_STUN_BYTES), None);
    assert_eq!(padded(MAX_STUN_BYTES + 4), Some(DropReason::Malformed));
    let mut edge = plan.request("ours:peer", "", false);
    assert!(decode(&edge).is_ok());
    edge.truncate(19);
    assert_eq!(decode(&edge).err(), Some(DropReason::Malformed));
}
