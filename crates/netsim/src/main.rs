//! `homeroom-netsim proxy`: a bad network between a real browser and the real server.
//!
//! Standard input takes commands, one JSON per line; standard output says what happens, likewise.
//!
//! Invariant: every line of output is one JSON object; the last one is the summary.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use homeroom_netsim::{Command, Handle, LinkConfig, ProxyConfig, ProxyStats, Trace, UdpProxy};
use serde_json::json;
use std::io::BufRead;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Commands that wait to be carried out.
const MAX_COMMANDS: usize = 64;
/// Between two lines of statistics.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Parser)]
#[command(about = "Bad networks that repeat, for tests")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Pass UDP on between clients and a server over a bad network.
    ///
    /// Each client (each address that sends here) has a link of its own in both directions.
    /// Standard input takes commands, one per line: {"down":{"rate_kbps":250}} changes everybody's
    /// link, with "client_port":N those of the clients that send from this port; {"stats":true}
    /// prints the statistics.
    Proxy(ProxyArgs),
}

#[derive(Args)]
struct ProxyArgs {
    /// Where clients send to.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// The server.
    #[arg(long, value_name = "ADDR:PORT")]
    to: SocketAddr,
    /// Trace (TOML) from clients to the server [default: perfect].
    #[arg(long, value_name = "FILE")]
    up: Option<PathBuf>,
    /// Trace (TOML) from the server to clients [default: perfect].
    #[arg(long, value_name = "FILE")]
    down: Option<PathBuf>,
    /// What every decision follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Client address to serve besides loopback; may be repeated.
    #[arg(long, value_name = "IP")]
    allow: Vec<IpAddr>,
    /// Stop after so long [default: when told to].
    #[arg(long)]
    seconds: Option<f64>,
    /// Print the statistics every second.
    #[arg(long)]
    stats: bool,
}

fn main() -> anyhow::Result<()> {
    let Task::Proxy(args) = Cli::parse().task;
    let config = ProxyConfig {
        listen: args.listen,
        to: args.to,
        allow: args.allow.clone(),
        seed: args.seed,
        up: read_trace(args.up.as_deref())?,
        down: read_trace(args.down.as_deref())?,
    };
    let limit = args.seconds.map(Duration::try_from_secs_f64).transpose();
    let limit = limit.context("--seconds is not a time")?;
    let (proxy, handle) =
        UdpProxy::bind(&config).with_context(|| format!("cannot listen at {}", args.listen))?;
    println!("{}", json!({ "listening": proxy.local_addr()? }));
    let began = Instant::now();
    // The data has a thread of its own, so nothing that is printed or parsed delays a datagram.
    let data = std::thread::spawn(move || proxy.run());
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(attend(&handle, began, limit, args.stats))?;
    handle.stop();
    let stats = data.join().ok().context("the proxy panicked")??;
    println!("{}", json!({ "summary": stats.to_json(began.elapsed()) }));
    Ok(())
}

fn read_trace(path: Option<&Path>) -> anyhow::Result<Trace> {
    let Some(path) = path else {
        return Ok(LinkConfig::PERFECT.into());
    };
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Trace::from_toml(&text).with_context(|| format!("{name} is not a trace"))
}

/// Carries out commands and prints statistics, until it is time to stop.
async fn attend(
    handle: &Handle,
    began: Instant,
    limit: Option<Duration>,
    prints_stats: bool,
) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interval = tokio::time::interval(STATS_INTERVAL);
    interval.tick().await;
    let mut lines = lines_of_input();
    let end = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            () = &mut end => return Ok(()),
            // The end of the input is no reason to stop: there may never have been any.
            Some(line) = lines.recv() => carry_out(handle, began, &line)?,
            _ = interval.tick(), if prints_stats => print_stats(began, handle.stats())?,
        }
    }
}

fn carry_out(handle: &Handle, began: Instant, line: &str) -> anyhow::Result<()> {
    let command: Command = match serde_json::from_str(line) {
        Ok(command) => command,
        Err(error) => {
            println!("{}", json!({ "error": error.to_string() }));
            return Ok(());
        }
    };
    match handle.command(command).context("the proxy has stopped")? {
        Ok(()) if command.stats => print_stats(began, handle.stats())?,
        Ok(()) => println!(
            "{}",
            json!({ "changed_at_s": began.elapsed().as_secs_f64() })
        ),
        Err(error) => println!("{}", json!({ "error": error.to_string() })),
    }
    Ok(())
}

fn print_stats(began: Instant, stats: Option<ProxyStats>) -> anyhow::Result<()> {
    let stats = stats.context("the proxy has stopped")?;
    println!("{}", stats.to_json(began.elapsed()));
    Ok(())
}

/// Reading standard input blocks, so it has a thread, which ends with the program.
fn lines_of_input() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(MAX_COMMANDS);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if !line.trim().is_empty() && sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
