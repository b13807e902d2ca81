//! One publishes by WHIP, many play by WHEP, at any server that speaks them: the same load for each,
//! so that servers can be compared.
//!
//! Players begin a few a second, as a class does; what is measured is one window in which all of them
//! are there.
//!
//! Invariant: a figure that a server does not let us see is missing and not zero: its CPU time where it
//! has no `/metrics` of ours, delays where it sends something else than it got.

use crate::clip::LessonTag;
use crate::cost::Meter;
use crate::generator::cpu_seconds;
use crate::light::{Got, Performance, Samples, StreamConfig, Streamer};
use crate::origin::Origin;
use crate::spread::{Spread, round};
use crate::tone::{Tone, Volume};
use anyhow::{Context, Result, ensure};
use homeroom_protocol::LessonCode;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Most players of one run.
pub const MAX_PLAYERS: usize = 2_000;
/// Players that begin in a second.
const BEGIN_RATE: u32 = 20;
/// How long the first picture of the last player may take.
const CONNECT_WAIT: Duration = Duration::from_secs(15);
/// How often it is looked whether everybody is there.
const LOOK: Duration = Duration::from_millis(100);
/// Key frames are over, lines have been found out.
const SETTLE: Duration = Duration::from_secs(3);
/// A tenth of a second of a picture that stands still is one in a hundred of ten seconds.
const MAX_FROZEN_PERCENT: f64 = 1.0;
/// Of packets lost on the way there are none on one machine, and few on a good line.
const MAX_LOSS_PERCENT: f64 = 1.0;

/// What is loaded, and how much.
#[derive(Debug, Clone)]
pub struct Streams {
    /// Where one publishes.
    pub whip: Url,
    /// Where the others play.
    pub whep: Url,
    /// What opens both.
    pub bearer: Option<String>,
    /// Their server, and how it is known; its `/metrics` are asked, if it has ours.
    pub server: Origin,
    /// How many play.
    pub players: usize,
    /// Layers of the camera; one is a plain stream.
    pub layers: usize,
    /// How long it is measured.
    pub seconds: u64,
    /// The address media comes from.
    pub from: IpAddr,
}

impl Streams {
    /// Ten players, without a token.
    #[must_use]
    pub fn at(server: impl Into<Origin>, whip: Url, whep: Url) -> Self {
        let server = server.into();
        Self {
            whip,
            whep,
            bearer: None,
            players: 10,
            layers: 1,
            seconds: 20,
            from: if server.is_this_machine() {
                Ipv4Addr::LOCALHOST.into()
            } else {
                Ipv4Addr::UNSPECIFIED.into()
            },
            server,
        }
    }
}

/// What the players got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamsReport {
    /// How many should play.
    pub players: usize,
    /// How many were let in and saw a picture.
    pub playing: usize,
    /// Why the first of the others were not let in.
    pub refused: Option<String>,
    /// Seconds measured.
    pub seconds: f64,
    /// From the offer to the first whole picture, in milliseconds.
    pub first_picture_ms: Spread,
    /// What each got, in kbit/s as UDP carries it.
    pub kbit: f64,
    /// Packets that did not come when they were sent, of 100.
    pub loss_percent: f64,
    /// Time in which pictures stood still, of 100.
    pub frozen_percent: f64,
    /// From microphone to player in milliseconds, where what came is what was sent.
    pub voice_ms: Option<Spread>,
    /// From camera to player in milliseconds, likewise.
    pub picture_ms: Option<Spread>,
    /// Packets that are not authentic, of no announced stream, or of another run.
    pub wrong: u64,
    /// Cores that the load test used.
    pub generator_cores: f64,
    /// Cores that the server used, where it says so.
    pub server_cores: Option<f64>,
}

impl StreamsReport {
    /// Everybody played, and what they saw moved.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.playing == self.players
            && self.loss_percent <= MAX_LOSS_PERCENT
            && self.frozen_percent <= MAX_FROZEN_PERCENT
            && self.wrong == 0
    }
}

impl fmt::Display for StreamsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} of {} players saw a picture, after {:.0} ms (99 of 100: {:.0} ms)",
            self.playing, self.players, self.first_picture_ms.p50, self.first_picture_ms.p99
        )?;
        if let Some(refused) = &self.refused {
            writeln!(f, "the first who was not let in: {refused}")?;
        }
        writeln!(
            f,
            "each got {:.0} kbit/s; lost {:.3} %, frozen {:.2} %",
            self.kbit, self.loss_percent, self.frozen_percent
        )?;
        match (self.voice_ms, self.picture_ms) {
            (Some(voice), Some(picture)) => writeln!(
                f,
                "voices took {:.1} ms, pictures {:.1} ms (99 of 100)",
                voice.p99, picture.p99
            )?,
            _ => writeln!(
                f,
                "delays unknown: the server sends something else than it got"
            )?,
        }
        match self.server_cores {
            Some(cores) => write!(f, "server {cores:.2} cores, ")?,
            None => write!(f, "the server does not say what it used, ")?,
        }
        write!(f, "load test {:.2} cores", self.generator_cores)
    }
}

/// Lets one publish and the others play, and says how they fared.
///
/// # Errors
/// When nobody can publish; players who are not let in are counted.
pub async fn stream(streams: &Streams) -> Result<StreamsReport> {
    ensure!(
        (1..=MAX_PLAYERS).contains(&streams.players),
        "between 1 and {MAX_PLAYERS} players"
    );
    let samples = Arc::new(Samples::default());
    let config = |endpoint: &Url, performance| StreamConfig {
        endpoint: endpoint.clone(),
        bearer: streams.bearer.clone(),
        server: streams.server.clone(),
        performance,
        tag: LessonTag::of(&LessonCode::parse("222222222").expect("letters of codes")),
        from: streams.from,
        samples: Arc::clone(&samples),
    };
    let film = Performance {
        voice: Some((Tone::nth(0), Volume::Normal)),
        layers: streams.layers.max(1),
    };
    let publisher = Streamer::begin(config(&streams.whip, film)).await;
    let publisher = publisher.context("nobody can publish")?;
    let connected = async {
        while publisher.fare().connected.is_none() {
            sleep(LOOK).await;
        }
    };
    let connected = timeout(CONNECT_WAIT, connected).await;
    connected.context("the publisher's media does not connect")?;

    let mut begins = tokio::time::interval(Duration::from_secs(1) / BEGIN_RATE);
    let mut beginning = Vec::with_capacity(streams.players);
    for _ in 0..streams.players {
        begins.tick().await;
        let player = Streamer::begin(config(&streams.whep, Performance::NOTHING));
        beginning.push(tokio::spawn(player));
    }
    let (mut players, mut refused) = (Vec::new(), None);
    for player in beginning {
        match player.await? {
            Ok(player) => players.push(player),
            Err(error) => {
                refused.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    let deadline = Instant::now() + CONNECT_WAIT;
    let sees = |player: &&Streamer| player.fare().first_picture.is_some();
    while Instant::now() < deadline && players.iter().filter(sees).count() < players.len() {
        sleep(LOOK).await;
    }
    sleep(SETTLE).await;

    let meter = Meter::of(&streams.server);
    let before = Look::at(&players, &meter).await;
    // What was sampled before the window is not of it.
    let _ = samples.take();
    sleep(Duration::from_secs(streams.seconds)).await;
    let after = Look::at(&players, &meter).await;
    let sampled = samples.take();

    let seconds = (after.at - before.at).as_secs_f64().max(1e-3);
    let got = after.got.since(&before.got);
    let first: Vec<f64> = players
        .iter()
        .filter_map(|player| Some(player.fare().first_picture?.as_secs_f64() * 1e3))
        .collect();
    let percent = |part: u64, whole: u64| round(100.0 * part as f64 / whole.max(1) as f64);
    let used = after.server_cpu.zip(before.server_cpu);
    let report = StreamsReport {
        players: streams.players,
        playing: first.len(),
        refused,
        seconds: round(seconds),
        first_picture_ms: Spread::of(first).rounded(),
        kbit: round(got.bytes as f64 * 8.0 / 1e3 / seconds / players.len().max(1) as f64),
        loss_percent: percent(got.lost, got.sent),
        frozen_percent: percent(got.frozen_us, got.pictures_due_us),
        voice_ms: spread(&sampled.voice_us),
        picture_ms: spread(&sampled.picture_us),
        wrong: got.wrong,
        generator_cores: round((after.own_cpu - before.own_cpu) / seconds),
        server_cores: used.map(|(after, before)| round((after - before) / seconds)),
    };
    for player in players {
        // A server that does not delete shows that with the publisher.
        let _ = player.end().await;
    }
    publisher.end().await?;
    Ok(report)
}

struct Look {
    at: Instant,
    got: Got,
    own_cpu: f64,
    server_cpu: Option<f64>,
}

impl Look {
    async fn at(players: &[Streamer], meter: &Meter) -> Self {
        let server = meter.read().await;
        let got = players.iter().map(|player| player.fare().got);
        Self {
            at: Instant::now(),
            got: got.fold(Got::default(), |sum, got| sum.and(&got)),
            own_cpu: cpu_seconds(std::process::id()).unwrap_or(0.0),
            server_cpu: server.map(|used| used.cpu_seconds),
        }
    }
}

/// In milliseconds; `None` where nothing was sampled.
fn spread(us: &hdrhistogram::Histogram<u32>) -> Option<Spread> {
    let ms = |quantile: f64| us.value_at_quantile(quantile) as f64 / 1e3;
    let spread = Spread {
        p50: ms(0.5),
        p99: ms(0.99),
        max: us.max() as f64 / 1e3,
    };
    (!us.is_empty()).then(|| spread.rounded())
}
