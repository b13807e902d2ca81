//! `homeroom-bench`: reads the command line, measures, prints one table, writes `bench.json`.
//!
//! Invariant: the table is all that goes to standard output; what is being done goes to standard
//! error. A row that cannot be measured is told and does not stop the others.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use homeroom_bench::report::{Row, json, table, target_dir};
use homeroom_bench::rows;
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

fn beside_us() -> Result<PathBuf> {
    let server = std::env::current_exe()?.with_file_name("homeroom");
    anyhow::ensure!(
        server.exists(),
        "{} is not there: build it with `cargo build --release -p homeroom`",
        server.display()
    );
    Ok(server)
}
