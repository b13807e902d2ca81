//! What the load test says is so: of a server that works, and of one that somebody broke.

use crate::class::{Class, SOON};
use crate::server::Server;
use crate::trials::{held, held_once, shown};
use homeroom_loadtest::{
    About, Doubt, Fare, Got, LightBot, LightConfig, Limit, Options, Performance, Question, Report,
    Samples, Scenario, Tone, Trial, Verdict, Volume, compare, hold,
};
use homeroom_netsim::{Handle, LinkConfig, ProxyConfig, Trace, UdpProxy};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;

/// A lesson small and short enough for a test. Its limits on delay are just below what a broken
/// server adds, so that a busy machine does not break a whole one.
const LESSON: &str = r#"
students = 6
full = 1
about = { kk = "a", ru = "b", en = "c" }
teacher = { layers = 1, speaks = true }
class = { see_teacher = true, height = 180 }
time = { settle_seconds = 3, seconds = 4 }
limits = { voice_ms = 190, picture_ms = 190, join_ms = 10000, frozen_percent = 5 }
"#;

fn lesson() -> Scenario {
    Scenario::parse("lesson", LESSON).expect("a scenario")
}

/// A server behind something that breaks it.
async fn held_via(server: &Server, via: SocketAddr) -> Trial {
    let options = Options {
        via: Some(via),
        ..Options::quiet(server.http())
    };
    held_once(&lesson(), &options).await
}

/// Waits until a light bot fares as it should.
async fn until(bot: &LightBot, what: &str, mut wanted: impl FnMut(&Fare) -> bool) {
    let waiting = async {
        while !wanted(&bot.fare()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(SOON, waiting).await;
    assert!(waited.is_ok(), "still not: {what}: {:?}", bot.fare());
}

#[tokio::test(flavor = "multi_thread")]
async fn light_bots_hear_and_see_each_other_and_full_ones() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let samples = Arc::new(Samples::default());
    let config =
        |name: &str| LightConfig::new(class.lessons.server(), &class.lesson.code, name, &samples);
    let teacher = LightBot::join(LightConfig {
        token: Some(class.lesson.teacher_token.clone()),
        performance: Performance {
            voice: Some((Tone::nth(0), Volume::Normal)),
            layers: 3,
        },
        // What the teacher hears of the full bot is not what is asked here.
        samples: Arc::new(Samples::default()),
        ..config("Teacher")
    });
    let teacher = teacher.await.expect("the teacher joins");
    let student = LightBot::join(config("Light")).await.expect("joins");
    student.watch(&[teacher.id()], 720).await;
    student.expect(1, 1).await;
    let full = class.student(1).await;
    full.watch(&[teacher.id()]).await;

    until(&student, "three seconds of everything", |fare| {
        let Got { voices, frames, .. } = fare.got;
        voices >= 150 && frames >= 45
    })
    .await;
    let fare = student.fare();
    assert_eq!((fare.got.lost, fare.got.wrong), (0, 0), "{fare:?}");
    let connected = fare.connected;
    assert!(connected.is_some() && connected <= fare.first_sound.min(fare.first_picture));
    let sampled = samples.take();
    assert!(sampled.voice_us.len() >= 5 && sampled.picture_us.len() >= 5);
    assert!(sampled.voice_us.value_at_quantile(0.5) < 500_000);
    assert!(sampled.layers.iter().sum::<u64>() > 0);
    crate::class::hears_and_sees(&full, Tone::nth(0), teacher.id()).await;
    assert_eq!(full.observed().faults(), 0, "{}", full.observed());
    student.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_server_that_works_nothing_bad_is_said() {
    let server = Server::start().await;
    let trial = held(&lesson(), &Options::quiet(server.http())).await;
    assert_eq!(trial.limits_hit, [], "{}", shown(&trial));
    assert_eq!((trial.joined, trial.heard, trial.full.bots), (6, 6, 1));
    // A voice of 24 kbit/s, a camera of 180 kbit/s, and what carries them.
    assert!((200.0..320.0).contains(&trial.kbit), "{}", shown(&trial));
    let cost = trial.server.expect("it says what it uses");
    assert!(cost.cpu_us_per_packet > 0.0 && cost.memory_mb > 1.0);
    let apart = cost.disagreement_percent;
    assert!(apart.is_some_and(|p| p < 2.0), "{}", shown(&trial));
    assert!(trial.timeline.len() >= 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drops_two_percent_is_found_out() {
    let server = Server::start_with(1).await;
    let bad = LinkConfig {
        loss: 0.02,
        ..LinkConfig::default()
    };
    let line = BadLine::before(&server, bad);
    let trial = held_via(&server, line.address).await;
    assert!(trial.limits_hit.contains(&Limit::Loss), "{}", shown(&trial));
    // A machine without time to spare may lose more.
    let most = if trial.is_valid() { 3.5 } else { 100.0 };
    assert!(
        (1.0..most).contains(&trial.loss_percent),
        "{}",
        shown(&trial)
    );
    assert!(trial.repaired_percent > 0.2, "pictures are asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_late_is_found_out() {
    let server = Server::start_with(1).await;
    let bad = LinkConfig {
        delay: Duration::from_millis(200),
        ..LinkConfig::default()
    };
    let line = BadLine::before(&server, bad);
    let trial = held_via(&server, line.address).await;
    let hit = &trial.limits_hit;
    assert!(hit.contains(&Limit::VoiceDelay), "{}", shown(&trial));
    assert!(hit.contains(&Limit::PictureDelay), "{}", shown(&trial));
    let most = if trial.is_valid() { 260.0 } else { f64::MAX };
    assert!(
        (200.0..most).contains(&trial.voice_ms.p50),
        "{}",
        shown(&trial)
    );
    // And beside a report of the whole server it is worse.
    let whole = held(&lesson(), &Options::quiet(server.http())).await;
    let report = |trial: Trial| {
        let about = About {
            question: Question::Run,
            scenario: lesson(),
            began_ms: 0,
            took_seconds: 7.0,
            same_machine: true,
            server_version: String::new(),
        };
        Report::of(
            about,
            vec![Trial {
                doubts: Vec::new(),
                ..trial
            }],
        )
    };
    let changes = compare(&report(whole), &report(trial)).expect("of the same lesson");
    let worse = changes.iter().filter(|c| c.verdict() == Verdict::Worse);
    let worse: Vec<&str> = worse.map(|change| change.name).collect();
    assert!(worse.contains(&"voice delay, ms (99 of 100)"), "{worse:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_mutes_is_found_out() {
    let server = Server::start_with(1).await;
    let via = without_voices(server.media()).await;
    let trial = held_via(&server, via).await;
    assert!(
        trial.limits_hit.contains(&Limit::Voice),
        "{}",
        shown(&trial)
    );
    // Where voices are lost the server withholds pictures, within a frame too: nothing is broken.
    assert!(
        !trial.limits_hit.contains(&Limit::Wrong),
        "{}",
        shown(&trial)
    );
    assert!(trial.concealed_percent > 99.0, "{}", shown(&trial));
    assert!(trial.full.concealed_percent > 99.0, "{}", shown(&trial));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_stop_leaves_and_keeps_what_was_seen() {
    let server = Server::start().await;
    let (stop, stopped) = watch::channel(false);
    let (count, seconds) = watch::channel(0);
    let options = Options {
        stop: stopped,
        progress: Arc::new(move |second| {
            if second.connected > 0 {
                count.send_modify(|seen| *seen += 1);
            }
        }),
        ..Options::quiet(server.http())
    };
    let mut long = lesson();
    long.time.seconds = 600;
    tokio::spawn(async move {
        let mut seconds = seconds;
        let _ = seconds.wait_for(|seen| *seen >= 2).await;
        stop.send_replace(true);
    });
    let trial = tokio::time::timeout(Duration::from_secs(60), hold(&long, 6, &options)).await;
    let trial = trial.expect("it ends").expect("politely");
    assert_eq!(trial.doubts.first(), Some(&Doubt::Interrupted));
    assert!(
        trial.timeline.len() >= 2 && trial.joined == 6,
        "{}",
        shown(&trial)
    );
    let report = Report::of(about(&long), vec![trial]);
    assert!(!report.valid && report.limit_hit == "interrupted");
    assert!(
        report
            .page()
            .expect("a page")
            .contains("the test was interrupted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_seals_what_its_teacher_shows_it_and_nobody_else() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let mut report = Report::of(about(&lesson()), Vec::new());
    let digest = report.digest().expect("writes");
    let seal = class.lessons.seal(&class.lesson, &digest).await;
    report.seal = Some(seal.expect("sealed"));
    let statement = report.verify().expect("the seal is whole");
    assert_eq!(statement.lesson, class.lesson.code.to_string());
    assert!(statement.cores >= 1 && statement.memory_mb > 0);
    let info = class.lessons.load_test_info(&class.lesson).await;
    let info = info.expect("told");
    assert!(!info.allowed, "nobody said so");
    assert_eq!(
        Some(info.public_key),
        report.seal.map(|seal| seal.public_key)
    );

    let mut stranger = class.lesson.clone();
    stranger.teacher_token = "guessed".to_owned();
    assert!(class.lessons.seal(&stranger, &digest).await.is_err());
    assert!(class.lessons.load_test_info(&stranger).await.is_err());
    for nonsense in ["", "ab", &"x".repeat(64)] {
        assert!(class.lessons.seal(&class.lesson, nonsense).await.is_err());
    }
}

fn about(scenario: &Scenario) -> About {
    About {
        question: Question::Run,
        scenario: scenario.clone(),
        began_ms: 0,
        took_seconds: 1.0,
        same_machine: true,
        server_version: "1".to_owned(),
    }
}

/// A bad network before a server, gone with this value.
struct BadLine {
    address: SocketAddr,
    proxy: Handle,
}

impl BadLine {
    fn before(server: &Server, down: LinkConfig) -> Self {
        let config = ProxyConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            to: server.media(),
            allow: Vec::new(),
            seed: 7,
            up: Trace::new(LinkConfig::default(), Vec::new()).expect("a link"),
            down: Trace::new(down, Vec::new()).expect("a link"),
        };
        let (proxy, handle) = UdpProxy::bind(&config).expect("a port");
        let address = proxy.local_addr().expect("an address");
        std::thread::spawn(move || proxy.run());
        Self {
            address,
            proxy: handle,
        }
    }
}

impl Drop for BadLine {
    fn drop(&mut self) {
        self.proxy.stop();
    }
}

/// A way to the server on which no voice comes back.
async fn without_voices(server: SocketAddr) -> SocketAddr {
    const OPUS: u8 = 111;
    let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
    let front = Arc::new(bind().await.expect("a port"));
    let address = front.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut upstreams: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
        let mut buffer = vec![0; 65_535];
        while let Ok((length, from)) = front.recv_from(&mut buffer).await {
            let upstream = match upstreams.get(&from) {
                Some(upstream) => Arc::clone(upstream),
                None => {
                    let upstream = Arc::new(bind().await.expect("a port"));
                    upstreams.insert(from, Arc::clone(&upstream));
                    let (back, front) = (Arc::clone(&upstream), Arc::clone(&front));
                    tokio::spawn(async move {
                        let mut buffer = vec![0; 65_535];
                        while let Ok(length) = back.recv(&mut buffer).await {
                            let is_voice = buffer[0] & 0xc0 == 0x80 && buffer[1] & 0x7f == OPUS;
                            if !is_voice {
                                let _ = front.send_to(&buffer[..length], from).await;
                            }
                        }
                    });
                    upstream.connect(server).await.expect("the server");
                    upstream
                }
            };
            let _ = upstream.send(&buffer[..length]).await;
        }
    });
    address
}
