//! `homeroom-bench`: reads the command line, measures, prints one table, writes `bench.json`.
//!
//! Invariant: the table is all that goes to standard output; what is being done goes to standard
//! error. A row that cannot be measured is told and does not stop the others.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use homeroom_bench::report::{Row, json, merge, table, target_dir};
use homeroom_bench::rows;
use homeroom_bench::rows::peers::{self, Peers, find_janus};
use homeroom_bench::subject::Bench;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures a server of this checkout, beside what its figures are held against.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every row of the table.
    All(Options),
    /// One row.
    Row {
        /// Its number.
        number: u8,
        #[command(flatten)]
        options: Options,
    },
    /// How the cost of a packet grows, as a picture: with receivers, rooms and the packet rate.
    Sweep {
        #[command(flatten)]
        options: Options,
    },
    /// Row 1 beside other servers, as their packages ship them.
    Peers {
        #[command(flatten)]
        options: Options,
        /// People in the lecture.
        #[arg(long, value_name = "N", default_value_t = 100)]
        receivers: usize,
        /// Measure a Janus with so many event loops too.
        #[arg(long, value_name = "N")]
        janus_event_loops: Option<usize>,
    },
    /// The floor: sends packets on as standard input says. The rows start it themselves.
    NullForwarder,
}

#[derive(Debug, clap::Args)]
struct Options {
    /// Fewer and shorter rounds: to see that it works.
    #[arg(long)]
    quick: bool,
    /// The server to measure [default: `homeroom` beside this program].
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::All(options) => measure(&rows::NUMBERS, options),
        Command::Row { number, options } => measure(&[number], options),
        Command::Sweep { options } => sweep(options),
        Command::Peers {
            options,
            receivers,
            janus_event_loops,
        } => measure_peers(options, receivers, janus_event_loops),
        Command::NullForwarder => homeroom_bench::null_forwarder::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("homeroom-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(numbers: &[u8], options: Options) -> Result<()> {
    let server = options.server.map_or_else(beside_us, Ok)?;
    let mut bench = Bench::new(server, options.quick)?;
    let mut measured: Vec<Row> = Vec::new();
    let mut failed = Vec::new();
    for &number in numbers {
        match rows::run(&mut bench, number) {
            Ok(rows) => measured.extend(rows),
            Err(error) => failed.push(format!("row {number}: {error:#}")),
        }
    }
    measured.sort_by_key(|row| row.row);
    print!("{}", table(&measured));
    let file = target_dir().join("bench.json");
    std::fs::create_dir_all(target_dir())?;
    std::fs::write(&file, json(&measured)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("; "));
    Ok(())
}

fn sweep(options: Options) -> Result<()> {
    let server = options.server.map_or_else(beside_us, Ok)?;
    let mut bench = Bench::new(server, options.quick)?;
    let curves = homeroom_bench::sweep::curves(&mut bench)?;
    for curve in &curves {
        println!("{:<28}{:>8}{:>8}", curve.name, "ours", "floor");
        for (value, ours, floor) in &curve.points {
            println!("{value:>28}{ours:>8.2}{floor:>8.2}");
        }
    }
    std::fs::create_dir_all(target_dir())?;
    let file = target_dir().join("sweep.svg");
    homeroom_bench::sweep::draw(&curves, &file)?;
    println!("{}", file.display());
    Ok(())
}

/// Prints the rows and puts them to those that are there.
fn measure_peers(options: Options, receivers: usize, event_loops: Option<usize>) -> Result<()> {
    let Some(janus) = find_janus() else {
        println!("SKIPPED: there is no `janus` on this machine, and its package cannot be had.");
        return Ok(());
    };
    let server = options.server.map_or_else(beside_us, Ok)?;
    let mut bench = Bench::new(server, options.quick)?;
    let peers = Peers {
        janus,
        receivers,
        event_loops,
    };
    let rows = peers::rows(&mut bench, &peers)?;
    print!("{}", table(&rows));
    let file = target_dir().join("bench.json");
    let report = std::fs::read_to_string(&file).unwrap_or_else(|_| "[]".to_owned());
    let merged = merge(&report, &rows).context("bench.json is no report")?;
    std::fs::write(&file, merged).with_context(|| format!("cannot write {}", file.display()))
}

fn beside_us() -> Result<PathBuf> {
    let server = std::env::current_exe()?.with_file_name("homeroom");
    anyhow::ensure!(
        server.exists(),
        "{} is not there: build it with `cargo build --release -p homeroom`",
        server.display()
    );
    Ok(server)
}
