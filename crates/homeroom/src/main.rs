//! `homeroom`: reads the command line, runs the server, leaves when asked to.
//!
//! Invariant: the first signal drains and ends with 0; a second one ends at once.

use clap::{Parser, Subcommand};
use homeroom::{Config, Options};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What a shell expects of a program ended by Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;

/// A live-classroom server that a school runs itself.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server; needs no configuration.
    Serve(Options),
    /// Looks whether the server could run here, and says what is in the way.
    Doctor(Options),
    /// Prints a link that opens an administrator's account, once, within a week: for whoever is locked
    /// out. Also while the server runs.
    Admin {
        /// Whose: their login. Left out for one more administrator.
        #[arg(long)]
        login: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Copies the database into a new file, also while the server runs; for PostgreSQL, says what
    /// does.
    Backup {
        /// The file to make.
        file: PathBuf,
        #[command(flatten)]
        options: Options,
    },
}

/// The DTLS library warns of every extension it does not know, many times a join.
const DEFAULT_FILTER: &str = "warn,rtc_dtls=error";

#[tokio::main]
async fn main() -> ExitCode {
    homeroom::install_crypto();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let outcome = match Cli::parse().command {
        Command::Serve(options) => serve(options).await,
        Command::Doctor(options) => doctor(options).await,
        Command::Admin { login, options } => admin(login.as_deref(), options).await,
        Command::Backup { file, options } => backup(&file, options).await,
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("homeroom: {error:#}");
        ExitCode::FAILURE
    })
}

async fn serve(options: Options) -> anyhow::Result<ExitCode> {
    let mut stop = Stop::listen()?;
    let running = homeroom::start(Config::resolve(options)?).await?;
    println!("{}", homeroom::banner(&running));
    stop.wait().await;
    println!("Stopping: telling everybody. Ctrl-C again stops at once.");
    tokio::spawn(async move {
        stop.wait().await;
        std::process::exit(EXIT_INTERRUPTED);
    });
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

async fn doctor(options: Options) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(options)?;
    let findings = homeroom::examine(&config).await;
    for finding in &findings {
        println!("{finding}");
    }
    let well = findings.iter().all(|finding| finding.problem.is_none());
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn admin(login: Option<&str>, options: Options) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(options)?;
    println!("{}", homeroom::admin_link(&config, login).await?);
    Ok(ExitCode::SUCCESS)
}

async fn backup(file: &Path, options: Options) -> anyhow::Result<ExitCode> {
    let database = Config::resolve(options)?.database();
    if let Some(command) = database.pg_dump(file) {
        anyhow::bail!("PostgreSQL makes its own backups; run\n  {command}");
    }
    database.back_up(file).await?;
    println!("{database} is copied into {}", file.display());
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or a service manager's SIGTERM.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
