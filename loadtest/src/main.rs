//! `homeroom-loadtest`: holds a lesson with bots and prints what they got.
//!
//! Invariant: exits with success only when every bot heard and saw everything it should.

use anyhow::Result;
use clap::{Parser, Subcommand};
use homeroom_loadtest::Lecture;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Fills a lesson with bots and measures what they hear and see.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Subcommand)]
enum Scenario {
    /// One teacher speaks and shows a picture; students listen and watch.
    Lecture {
        /// The server, on this machine.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        server: String,
        /// How many listen.
        #[arg(long, default_value_t = 30)]
        students: usize,
        /// How long, once everybody sees the teacher.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Prints JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("homeroom_loadtest=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    run(Cli::parse().scenario).await.unwrap_or_else(|error| {
        eprintln!("homeroom-loadtest: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(scenario: Scenario) -> Result<ExitCode> {
    let Scenario::Lecture {
        server,
        students,
        seconds,
        json,
    } = scenario;
    let duration = Duration::from_secs(seconds);
    let lecture = Lecture {
        server,
        students,
        duration,
    };
    let report = lecture.hold().await?;
    let text = if json {
        serde_json::to_string_pretty(&report)?
    } else {
        report.to_string()
    };
    println!("{}", text.trim_end());
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
