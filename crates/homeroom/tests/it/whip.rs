//! Programs that know HTTP and WebRTC, and nothing of our protocol, publish into a lesson and play
//! it. The program is Debian's aiortc: no line of its WebRTC is ours or our bots'.

use crate::class::{Class, SOON, expect};
use crate::server::Server;
use homeroom_loadtest::{Bot, Observed, Streams, Tone, stream};
use homeroom_protocol::{ClientMessage, Participant, Role, SeatState};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What the program hums: nobody else's tone.
const HUM: usize = 9;
/// Python starts, loads its libraries and compiles a codec's worth of them.
const STARTED_WITHIN: Duration = Duration::from_secs(30);

/// The program, while it runs.
struct Program {
    child: Child,
    words: mpsc::UnboundedReceiver<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that is gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts it; `None` where aiortc is not installed, which is said where nobody can miss it.
    fn start(arguments: &[&str]) -> Option<Self> {
        let python = python()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/program.py");
        let mut child = Command::new(python)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (heard, words) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            // Until it ends, or nobody listens any more.
            let lines = lines.map_while(Result::ok);
            lines.map_while(|line| heard.send(line).ok()).count()
        });
        Some(Self { child, words })
    }

    /// The next thing it says that is `wanted`.
    async fn says(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let hear = async {
            loop {
                let line = self.words.recv().await;
                let line = line.unwrap_or_else(|| panic!("it ended before it said {what}"));
                let word: Value = serde_json::from_str(&line).expect("it speaks JSON");
                if wanted(&word) {
                    return word;
                }
            }
        };
        let heard = timeout(STARTED_WITHIN, hear).await;
        heard.unwrap_or_else(|_| panic!("it did not say {what}"))
    }

    /// Its request is answered with 201.
    async fn begins(&mut self) {
        let word = self
            .says("a status", |word| word["status"].is_number())
            .await;
        assert_eq!(word["status"], 201, "{word}");
    }

    fn order(&mut self, order: &str) {
        let mut orders = self.child.stdin.as_ref().expect("a pipe");
        writeln!(orders, "{order}").expect("it reads");
    }
}

/// Debian's Python, which sees Debian's aiortc.
fn python() -> Option<&'static str> {
    let debian = "/usr/bin/python3";
    let python = if Path::new(debian).exists() {
        debian
    } else {
        "python3"
    };
    let mut command = Command::new(python);
    let probe = command.args(["-c", "import aiohttp, aiortc"]);
    let probe = probe.stderr(Stdio::null()).status();
    let has_it = probe.is_ok_and(|status| status.success());
    if !has_it {
        let test = std::thread::current();
        let test = test.name().unwrap_or("a test").to_owned();
        eprintln!("SKIPPED, as aiortc (python3-aiortc) is not installed: {test}");
    }
    has_it.then_some(python)
}

fn url(class: &Class, way: &str) -> String {
    format!(
        "{}/{way}/{}",
        class.lessons.server().url(),
        class.lesson.code
    )
}

/// Whoever has this name in the lesson, once they are in it.
async fn person(bot: &Bot, name: &str) -> Participant {
    let seen = expect(bot, name, |seen| seen.room.named(name).is_some()).await;
    seen.room.named(name).expect("is there").clone()
}

fn unstamped(seen: &Observed) -> u64 {
    seen.pictures()
        .map(|picture| picture.unstamped_frames)
        .sum()
}

/// Waits for about a second more of what the program publishes.
async fn more(bot: &Bot) -> Observed {
    let hum = Tone::nth(HUM);
    let before = bot.observed();
    let (ms, frames) = (before.heard_ms(hum) + 1_000, unstamped(&before) + 10);
    let enough = |now: &Observed| now.heard_ms(hum) >= ms && unstamped(now) >= frames;
    expect(bot, "a second of the program", enough).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_publishes_and_is_a_person_of_the_lesson() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let student = class.student(1).await;
    let hz = Tone::nth(HUM).hz().to_string();
    let at = url(&class, "whip");
    let token = &class.lesson.teacher_token;
    let Some(mut program) = Program::start(&["publish", &at, token, &hz]) else {
        return;
    };
    program.begins().await;
    let obs = person(&student, "OBS").await;
    assert_eq!(
        (obs.role, obs.microphone, obs.camera),
        (Role::Teacher, true, true)
    );
    student.watch(&[obs.id]).await;
    more(&student).await;

    // The teacher's own page is where it was, and is who decides.
    teacher
        .say(ClientMessage::Mute {
            participant: obs.id,
        })
        .await;
    let off = |seen: &Observed| !seen.room.participants[&obs.id].microphone;
    expect(&student, "the program muted", off).await;
    let heard = student.observed().heard_ms(Tone::nth(HUM));
    let frames = unstamped(&student.observed()) + 15;
    let seen = expect(&student, "its picture goes on", |now| {
        unstamped(now) >= frames
    })
    .await;
    let heard = seen.heard_ms(Tone::nth(HUM)) - heard;
    assert!(heard <= 200, "{heard} ms of a muted voice");

    // Publishing again is turning it on again, in the same seat.
    let Some(mut again) = Program::start(&["publish", &at, token, &hz]) else {
        return;
    };
    again.begins().await;
    more(&student).await;
    assert_eq!(person(&student, "OBS").await.id, obs.id);
    program.order("delete");
    let word = program
        .says("an end", |word| word["deleted"].is_number())
        .await;
    assert_eq!(word["deleted"], 404, "the first session was replaced");

    // New credentials: neither side's consent outlives a restart that only one of them has made.
    again.order("restart");
    let word = again
        .says("a restart", |word| word["restarted"].is_number())
        .await;
    assert_eq!(word["restarted"], 200);
    for _ in 0..6 {
        more(&student).await;
    }

    again.order("delete");
    let word = again
        .says("an end", |word| word["deleted"].is_number())
        .await;
    assert_eq!(word["deleted"], 200);
    let gone = |seen: &Observed| seen.room.named("OBS").is_none();
    expect(&student, "the program gone", gone).await;
    assert_eq!(teacher.observed().room.closed, None);
    assert_eq!(student.observed().faults(), 0, "{}", student.observed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_plays_the_teacher_and_is_seen_looking_on() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let student = class.student(1).await;
    let at = format!("{}?name=Hall", url(&class, "whep"));
    let token = &class.lesson.teacher_token;
    let Some(mut program) = Program::start(&["play", &at, token]) else {
        return;
    };
    program.begins().await;
    let hall = person(&student, "Hall").await;
    assert_eq!(
        (hall.role, hall.microphone, hall.camera),
        (Role::Observer, false, false)
    );
    let hz = f64::from(Tone::nth(0).hz());
    let plays = |word: &Value| {
        let is_voice = word["hz"]
            .as_f64()
            .is_some_and(|heard| (heard - hz).abs() < 60.0);
        is_voice && word["frames"].as_u64() > Some(15) && word["sounds"].as_u64() > Some(50)
    };
    let word = program.says("a second of the teacher", plays).await;
    assert!(word["height"].as_u64() >= Some(180), "{word}");

    // The stage comes before the camera, in the one slot there is; its pictures are as high as they
    // are sent, whatever the camera's are.
    teacher.set_media(true, false, true).await;
    let frames = word["frames"].as_u64().unwrap_or_default() + 30;
    let goes_on = |word: &Value| word["frames"].as_u64() >= Some(frames);
    program.says("the screen", goes_on).await;

    let remove = ClientMessage::Remove {
        participant: hall.id,
    };
    teacher.say(remove).await;
    let gone = |seen: &Observed| seen.room.named("Hall").is_none();
    expect(&student, "the program gone", gone).await;
    program.order("delete");
    let word = program
        .says("an end", |word| word["deleted"].is_number())
        .await;
    assert_eq!(word["deleted"], 404, "whoever was put out has no session");
    let Some(mut again) = Program::start(&["play", &at, token]) else {
        return;
    };
    let word = again
        .says("a status", |word| word["status"].is_number())
        .await;
    assert_eq!(word["status"], 403, "nor gets one: {word}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_is_away_and_its_session_ends() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let at = url(&class, "whip");
    let token = &class.lesson.teacher_token;
    let hz = Tone::nth(HUM).hz().to_string();
    let Some(mut program) = Program::start(&["publish", &at, token, &hz]) else {
        return;
    };
    program.begins().await;
    let obs = person(&teacher, "OBS").await;
    teacher.watch(&[obs.id]).await;
    more(&teacher).await;
    program.child.kill().expect("it runs");
    let is_away = |seen: &Observed| {
        let obs = seen.room.participants.get(&obs.id);
        obs.is_some_and(|obs| obs.state == SeatState::Away)
    };
    let away = teacher.until(SOON * 3, "the program away", is_away).await;
    assert!(away.is_ok(), "{}", teacher.observed());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_gets_the_answer_that_the_rfc_has_for_it() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let at = url(&class, "whip");
    let token = &class.lesson.teacher_token;
    let Some(mut program) = Program::start(&["ask", &at, token]) else {
        return;
    };
    let said = program.says("all answers", |_| true).await;
    let said: BTreeMap<String, u16> = serde_json::from_value(said).expect("names and statuses");
    let expected = [
        ("no token", 401),
        ("wrong token", 401),
        ("wrong type", 415),
        ("no such lesson", 404),
        ("not a code", 404),
        ("not SDP", 400),
        ("two voices", 406),
        ("nothing", 406),
        ("no codec", 406),
        ("too long", 413),
        ("blank name", 400),
        ("options", 200),
        ("get", 204),
        ("put", 405),
        ("begin", 201),
        ("no condition", 428),
        ("outdated", 412),
        ("wrong fragment type", 415),
        ("not a fragment", 400),
        ("half of credentials", 400),
        ("too long fragment", 413),
        ("trickle", 204),
        ("restart", 200),
        ("after a restart", 412),
        ("the new tag", 204),
        ("too many changes", 429),
        ("foreign change", 401),
        ("foreign end", 401),
        ("the other way", 404),
        ("session get", 204),
        ("session post", 405),
        ("end", 200),
        ("end again", 404),
        ("change after the end", 404),
    ];
    let expected = expected.map(|(name, status)| (name.to_owned(), status));
    assert_eq!(said, BTreeMap::from(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_publish_and_play_by_the_two_standards() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let url = |way: &str| {
        let url = format!("{}/{way}/{}", server.http(), class.lesson.code);
        url.parse().expect("a URL")
    };
    let streams = Streams {
        bearer: Some(class.lesson.teacher_token.clone()),
        players: 3,
        seconds: 2,
        ..Streams::at(server.http(), url("whip"), url("whep"))
    };
    let report = stream(&streams).await.expect("somebody publishes");
    assert_eq!((report.playing, report.wrong), (3, 0), "{report:?}");
    assert!(
        report.kbit > 50.0 && report.voice_ms.is_some(),
        "{report:?}"
    );
    let stranger = Streams {
        bearer: Some("not a token of this lesson".to_owned()),
        ..streams
    };
    let refused = stream(&stranger).await.expect_err("nobody may publish");
    assert!(format!("{refused:#}").contains("401"), "{refused:#}");
}
