//! `homeroom-loadtest`: says how many students a server holds, and what they hear and see.
//!
//! Invariant: exits with success only when the answer is "yes"; the first Ctrl-C ends politely and
//! keeps what was measured, the second ends at once.

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use homeroom_loadtest::{
    About, Bisection, Lessons, Options, Origin, Outcome, OwnServer, Question, Remark, Report,
    Scenario, Second, Trial, Verdict, beside_us, compare, hold, play, stay_on,
};
use homeroom_protocol::{CreatedLesson, LessonCode};
use homeroom_truth::Script;
use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// What a shell expects of a program ended by Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;
/// Files a run may need open: two sockets for each student, and then some.
const MAX_FILES: u64 = 20_000;

/// Fills lessons with bots that are real WebRTC endpoints, and measures what they hear and see.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Holds a scenario with so many students: does it go well?
    Run {
        /// lecture, seminar, audio, rooms, stampede, churn, presence, hostile; or a file.
        scenario: String,
        /// How many students, in all lessons together.
        #[arg(long)]
        students: Option<usize>,
        #[command(flatten)]
        target: Target,
    },
    /// Looks for the most students that go well.
    Capacity {
        /// lecture, seminar, audio, rooms, stampede, churn, presence, hostile; or a file.
        scenario: String,
        /// The first number tried.
        #[arg(long)]
        from: Option<usize>,
        /// The answer is so exact.
        #[arg(long)]
        step: Option<usize>,
        /// More are not tried.
        #[arg(long)]
        most: Option<usize>,
        #[command(flatten)]
        target: Target,
    },
    /// Plays a lesson in which a roll has every chance to be wrong, on a server of our own that is
    /// killed meanwhile: does the roll say what happened?
    Truth {
        /// So many pupils; those of the script where nothing is said, the same again for more.
        #[arg(long)]
        students: Option<usize>,
        /// The lesson of 45 minutes, instead of the one of a minute and a half.
        #[arg(long, conflicts_with = "script")]
        whole: bool,
        /// A script of your own; docs/roll-truth.md says how one is written.
        #[arg(long, value_name = "FILE")]
        script: Option<PathBuf>,
        /// The program to start [default: the homeroom beside this one].
        #[arg(long, value_name = "FILE")]
        homeroom: Option<PathBuf>,
        /// Cores of the server.
        #[arg(long, value_name = "CORES", value_delimiter = ',')]
        server_cores: Vec<usize>,
        /// Cores of the bots.
        #[arg(long, value_name = "CORES", value_delimiter = ',')]
        cores: Vec<usize>,
        /// What was found, person by person.
        #[arg(long, default_value = "truth.json", value_name = "FILE")]
        out: PathBuf,
    },
    /// Says what became better or worse from one report to another.
    Compare {
        /// The older report.
        old: PathBuf,
        /// The newer one.
        new: PathBuf,
    },
    /// Checks the seal of a report.
    Verify {
        /// The report.
        report: PathBuf,
        /// The key that the server is known by; any where none is named.
        #[arg(long)]
        key: Option<String>,
    },
    /// Writes the page of a report again.
    Page {
        /// The report.
        report: PathBuf,
    },
}

/// What is loaded, from where, and where the report goes.
#[derive(Args)]
struct Target {
    /// The server, like https://school.example; one of our own where none is named.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The authority that the server's certificate is from, or that certificate itself, in PEM,
    /// where this machine does not trust it anyway.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
    /// A lesson that exists already, on a server that lets nobody start one. Its teacher's token
    /// is read from HOMEROOM_TEACHER_TOKEN.
    #[arg(long, requires = "server")]
    lesson: Option<String>,
    /// The program to start where no server is named [default: the homeroom beside this one].
    #[arg(long, value_name = "FILE")]
    homeroom: Option<PathBuf>,
    /// Cores of our own server.
    #[arg(long, value_name = "CORES", value_delimiter = ',')]
    server_cores: Vec<usize>,
    /// Cores of the load test.
    #[arg(long, value_name = "CORES", value_delimiter = ',')]
    cores: Vec<usize>,
    /// How many of the students decode what they hear.
    #[arg(long)]
    full: Option<usize>,
    /// How long it is measured, each time.
    #[arg(long)]
    seconds: Option<u64>,
    /// Where media goes instead: a bad network before the server.
    #[arg(long, value_name = "ADDR:PORT", hide_short_help = true)]
    media_via: Option<SocketAddr>,
    /// The report; its page is beside it, with .html.
    #[arg(long, default_value = "report.json", value_name = "FILE")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("homeroom_loadtest=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    run(cli.command).unwrap_or_else(|error| {
        eprintln!("homeroom-loadtest: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> Result<ExitCode> {
    let is_good = match command {
        Command::Run {
            scenario,
            students,
            target,
        } => {
            let mut scenario = Scenario::load(&scenario)?;
            scenario.students = students.unwrap_or(scenario.students);
            measure(Question::Run, scenario, &target)?
        }
        Command::Capacity {
            scenario,
            from,
            step,
            most,
            target,
        } => {
            let mut scenario = Scenario::load(&scenario)?;
            let search = &mut scenario.search;
            search.from = from.unwrap_or(search.from);
            search.step = step.unwrap_or(search.step);
            search.most = most.unwrap_or(search.most);
            measure(Question::Capacity, scenario, &target)?
        }
        Command::Truth {
            students,
            whole,
            script,
            homeroom,
            server_cores,
            cores,
            out,
        } => {
            let script = match (&script, whole) {
                (Some(file), _) => {
                    let text = std::fs::read_to_string(file);
                    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
                    Script::parse(&text)?
                }
                (None, true) => Script::whole()?,
                (None, false) => Script::short()?,
            };
            let script = match students {
                Some(count) => script.with_pupils(count)?,
                None => script,
            };
            let binary = homeroom.map_or_else(beside_us, Ok)?;
            if !cores.is_empty() {
                stay_on(&cores)?;
            }
            tell_truth(&script, &binary, &server_cores, &out)?
        }
        Command::Compare { old, new } => print_comparison(&old, &new)?,
        Command::Verify { report, key } => {
            let report = Report::read(&report)?;
            let statement = report.verify()?;
            println!("The seal is whole. The server says it was:");
            println!("  lesson     {}", statement.lesson);
            println!("  release    {}", statement.server_version);
            println!(
                "  processor  {} ({} cores)",
                statement.processor, statement.cores
            );
            println!("  memory     {} MB", statement.memory_mb);
            let given = report.seal.as_ref().map(|seal| seal.public_key.as_str());
            println!("  key        {}", given.unwrap_or_default());
            let is_it = |key: &String| given == Some(key.as_str());
            let is_whole = key.as_ref().is_none_or(is_it);
            if !is_whole {
                println!("It is another server's key than the one you named.");
            }
            is_whole
        }
        Command::Page { report } => {
            Report::read(&report)?.write(&report)?;
            true
        }
    };
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Plays a script and says whether the roll is right.
fn tell_truth(script: &Script, binary: &Path, server_cores: &[usize], out: &Path) -> Result<bool> {
    allow_files();
    let runtime = tokio::runtime::Runtime::new()?;
    let findings = runtime.block_on(async {
        let tell = |news: &str| eprintln!("{news}");
        tokio::select! {
            findings = play(script, binary, server_cores, tell) => findings,
            _ = tokio::signal::ctrl_c() => bail!("interrupted: a roll is judged at its end"),
        }
    })?;
    std::fs::write(out, serde_json::to_string_pretty(&findings)?)?;
    print!("{findings}");
    println!("{}", out.display());
    Ok(findings.is_right())
}

/// The whole of a run or a search: cores first, as threads inherit them.
fn measure(question: Question, mut scenario: Scenario, target: &Target) -> Result<bool> {
    scenario.full = target.full.unwrap_or(scenario.full);
    scenario.time.seconds = target.seconds.unwrap_or(scenario.time.seconds);
    scenario.check()?;
    if !target.cores.is_empty() {
        stay_on(&target.cores)?;
    }
    allow_files();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure_with(question, scenario, target))
}

async fn measure_with(question: Question, scenario: Scenario, target: &Target) -> Result<bool> {
    let own = match &target.server {
        Some(_) => None,
        None => {
            let binary = target.homeroom.clone().map_or_else(beside_us, Ok)?;
            Some(OwnServer::start(&binary, &target.server_cores).await?)
        }
    };
    let server = match (&own, &target.server) {
        (Some(own), _) => Origin::from(own.url()),
        (None, Some(server)) => Origin::known_by(server, target.ca.as_deref())?,
        (None, None) => bail!("there is no server"),
    };
    let lesson = admitted(&server, target).await?;
    let same_machine = server.is_this_machine();
    let options = Options {
        lessons: target.lesson.iter().map(|_| lesson.clone()).collect(),
        via: target.media_via,
        from: if same_machine {
            Ipv4Addr::LOCALHOST.into()
        } else {
            IpAddr::from(Ipv4Addr::UNSPECIFIED)
        },
        stop: stop_on_ctrl_c(),
        progress: Arc::new(progress),
        ..Options::quiet(&server)
    };
    let began = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let clock = Instant::now();
    let trials = match question {
        Question::Run => vec![try_once(&scenario, scenario.students, &options).await?],
        Question::Capacity => search(&scenario, &options).await?,
    };
    let trials = remarked(trials, same_machine && !has_own_cores(target));
    let about = About {
        question,
        scenario,
        began_ms: u64::try_from(began.as_millis())?,
        took_seconds: clock.elapsed().as_secs().max(1) as f64,
        same_machine,
        server_version: Lessons::at(&server).version().await.unwrap_or_default(),
    };
    let mut report = Report::of(about, trials);
    let digest = report.digest()?;
    match Lessons::at(&server).seal(&lesson, &digest).await {
        Ok(seal) => report.seal = Some(seal),
        Err(error) => eprintln!("the server did not seal the report: {error:#}"),
    }
    report.write(&target.out)?;
    print(&report, &target.out);
    Ok(report.is_good())
}

/// A lesson of this server, which may be loaded: it is on this machine, or says so.
async fn admitted(server: &Origin, target: &Target) -> Result<CreatedLesson> {
    let http = Lessons::at(server);
    let lesson = match &target.lesson {
        None => {
            let created = http.create("Load test").await;
            created.context("the server lets nobody start a lesson: name one with --lesson")?
        }
        Some(code) => CreatedLesson {
            code: LessonCode::parse(code).context("--lesson is no code of a lesson")?,
            join_url: String::new(),
            teacher_token: std::env::var("HOMEROOM_TEACHER_TOKEN")
                .context("--lesson needs HOMEROOM_TEACHER_TOKEN")?,
        },
    };
    if !server.is_this_machine() {
        let info = http.load_test_info(&lesson).await;
        let info = info.context("the server does not say whether it may be loaded")?;
        ensure!(
            info.allowed,
            "this server does not allow load tests: start it with --allow-load-test"
        );
    }
    Ok(lesson)
}

async fn search(scenario: &Scenario, options: &Options) -> Result<Vec<Trial>> {
    let mut bisection = Bisection::new(scenario.search);
    let mut trials = Vec::new();
    while let Some(students) = bisection.next() {
        let trial = match try_once(scenario, students, options).await {
            Ok(trial) => trial,
            // What was measured before is worth keeping.
            Err(error) if !trials.is_empty() => {
                eprintln!("{students} students: {error:#}");
                break;
            }
            Err(error) => return Err(error),
        };
        let is_over = *options.stop.borrow();
        bisection.take(Outcome::from(&trial));
        trials.push(trial);
        if is_over {
            break;
        }
    }
    Ok(trials)
}

async fn try_once(scenario: &Scenario, students: usize, options: &Options) -> Result<Trial> {
    let trial = hold(scenario, students, options).await?;
    clear_line();
    let name = &scenario.name;
    match (trial.is_valid(), trial.is_good()) {
        (false, _) => eprintln!("{name}, {students} students: not valid, {:?}", trial.doubts),
        (true, true) => eprintln!("{name}, {students} students: good"),
        (true, false) => eprintln!("{name}, {students} students: {:?}", trial.limits_hit),
    }
    Ok(trial)
}

/// Whether load and server are kept apart.
fn has_own_cores(target: &Target) -> bool {
    let Target {
        cores,
        server_cores,
        ..
    } = target;
    let both = !cores.is_empty() && !server_cores.is_empty();
    both && !cores.iter().any(|core| server_cores.contains(core))
}

fn remarked(mut trials: Vec<Trial>, shared: bool) -> Vec<Trial> {
    for trial in trials.iter_mut().filter(|_| shared) {
        trial.remarks.push(Remark::SharedCores);
    }
    trials
}

/// The first Ctrl-C asks for an end, the second is one.
fn stop_on_ctrl_c() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        eprintln!(
            "\nEnding: everybody leaves, what was measured is kept. Ctrl-C again ends at once."
        );
        stop.send_replace(true);
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(EXIT_INTERRUPTED);
    });
    stopped
}

fn progress(second: &Second) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let server = second
        .server_cores
        .map_or(String::new(), |cores| format!(" server {cores:.2}"));
    eprint!(
        "\r\x1b[K{:>5.0} s  {:>5} in {:>5} connected {:>8.1} Mbit/s  lost {:.2} %  not heard \
         {:.2} %  frozen {:.2} %  voice {:.0} ms{server} load test {:.2} cores",
        second.at,
        second.joined,
        second.connected,
        second.mbit,
        second.loss_percent,
        second.concealed_percent,
        second.frozen_percent,
        second.voice_ms[1],
        second.generator_cores,
    );
    let _ = std::io::stderr().flush();
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

fn print(report: &Report, out: &Path) {
    for line in report.verdict() {
        println!("{line}");
    }
    if let Some(trial) = report.shown() {
        println!(
            "\nwith {} students: {:.0} kbit/s each ({:.0} MB a lesson), voices {:.1} ms, \
             pictures {:.1} ms (99 of 100), lost {:.3} %",
            trial.students,
            trial.kbit,
            trial.mb_per_lesson,
            trial.voice_ms.p99,
            trial.picture_ms.p99,
            trial.loss_percent
        );
        if let Some(server) = trial.server {
            println!(
                "server {:.2} cores, {:.2} µs per packet, {:.0} MB; load test {:.2} of {} cores, \
                 {:.2} ms a student and second",
                server.cores,
                server.cpu_us_per_packet,
                server.memory_mb,
                trial.generator.cores,
                trial.generator.of_cores,
                trial.generator.cpu_ms_per_student
            );
        }
    }
    if let Some(kernel) = report.shown().and_then(|trial| trial.kernel) {
        println!(
            "kernel {} bytes, bots {} ({:.3} % apart); kernel {} datagrams or runs of them, bots {}",
            kernel.bytes,
            kernel.our_bytes,
            kernel.disagreement_percent,
            kernel.datagrams,
            kernel.our_datagrams
        );
    }
    if !report.valid {
        println!("NOT VALID: {}", report.limit_hit);
    }
    println!(
        "{} and {}",
        out.display(),
        out.with_extension("html").display()
    );
}

fn print_comparison(old: &Path, new: &Path) -> Result<bool> {
    let changes = compare(&Report::read(old)?, &Report::read(new)?)?;
    println!("{:<16} {:<28} {:>10} {:>10}", "", "", "old", "new");
    for change in &changes {
        println!("{change}");
    }
    let is_worse = |change: &homeroom_loadtest::Change| change.verdict() == Verdict::Worse;
    Ok(!changes.iter().any(is_worse))
}

/// Two sockets for each student are more than most shells allow at first.
fn allow_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // What is not allowed shows when it is needed.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(MAX_FILES), hard);
    }
}
