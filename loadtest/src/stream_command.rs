//! `homeroom-loadtest stream`: WHIP and WHEP, at our own server or at anybody's.
//!
//! Invariant: nobody else's server is loaded before somebody has said that its owner agreed.

use anyhow::{Result, ensure};
use clap::Args;
use homeroom_loadtest::{Lessons, Origin, OwnServer, Streams, StreamsReport, beside_us, stream};
use reqwest::Url;
use std::path::PathBuf;

/// What is loaded, and how much.
#[derive(Args)]
pub struct StreamCommand {
    /// Where one publishes; a lesson on a server of our own where no endpoint is named.
    #[arg(long, value_name = "URL", requires = "whep")]
    whip: Option<Url>,
    /// Where the others play.
    #[arg(long, value_name = "URL", requires = "whip")]
    whep: Option<Url>,
    /// What opens both. In the environment nobody else of this machine sees it.
    #[arg(long, env = "HOMEROOM_BEARER", hide_env_values = true)]
    bearer: Option<String>,
    /// The authority of the server's certificate, in PEM, where this machine does not trust it.
    #[arg(long, value_name = "FILE", requires = "whip")]
    ca: Option<PathBuf>,
    /// Whoever runs the server, which is not on this machine, has agreed.
    #[arg(long)]
    i_may_load_this_server: bool,
    /// How many play.
    #[arg(long, default_value_t = 10)]
    players: usize,
    /// Layers of the camera; 1 is a plain stream, which every server takes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    layers: u8,
    /// How long it is measured.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The program to start where no server is named [default: the homeroom beside this one].
    #[arg(long, value_name = "FILE")]
    homeroom: Option<PathBuf>,
    /// Writes what was measured, as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl StreamCommand {
    /// Measures, and says whether it went well.
    pub fn run(self) -> Result<bool> {
        let runtime = tokio::runtime::Runtime::new()?;
        let out = self.out.clone();
        let report = runtime.block_on(self.measure())?;
        println!("{report}");
        if let Some(out) = out {
            std::fs::write(out, serde_json::to_string_pretty(&report)?)?;
        }
        Ok(report.is_good())
    }

    async fn measure(self) -> Result<StreamsReport> {
        let Some((whip, whep)) = self.whip.clone().zip(self.whep.clone()) else {
            let binary = self.homeroom.clone().map_or_else(beside_us, Ok)?;
            let own = OwnServer::start(&binary, &[]).await?;
            let lesson = Lessons::at(own.url()).create("Load test").await?;
            let at = |way: &str| format!("{}/{way}/{}", own.url(), lesson.code).parse();
            let streams = Streams::at(own.url(), at("whip")?, at("whep")?);
            let bearer = Some(lesson.teacher_token);
            return stream(&self.load(streams, bearer)).await;
        };
        let origin =
            |url: &Url| Origin::known_by(&url.origin().ascii_serialization(), self.ca.as_deref());
        let server = origin(&whip)?;
        ensure!(
            whip.origin() == whep.origin(),
            "--whip and --whep are at one server"
        );
        ensure!(
            server.is_this_machine() || self.i_may_load_this_server,
            "that server is not on this machine: --i-may-load-this-server says that whoever runs \
             it has agreed"
        );
        let streams = Streams::at(&server, whip, whep);
        stream(&self.load(streams, self.bearer.clone())).await
    }

    fn load(&self, streams: Streams, bearer: Option<String>) -> Streams {
        Streams {
            bearer,
            players: self.players,
            layers: self.layers.into(),
            seconds: self.seconds,
            ..streams
        }
    }
}
