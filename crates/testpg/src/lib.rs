//! A real PostgreSQL for tests: private, on a socket in a folder of its own, gone with the tests.
//!
//! Invariant: nothing is left behind however the test process ends. Whoever must clean up is a
//! process of its own that waits for the end of a pipe, which even `kill -9` brings.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// PostgreSQL runs as nobody important: it refuses to run as root, and its packages make this user.
const UNPRIVILEGED: &str = "postgres";
/// A user with this password; all others need none.
pub const GUARDED: (&str, &str) = ("guarded", "open-sesame-42");

/// What is faster when a power cut may lose everything.
const SETTINGS: &str = "listen_addresses = ''\nfsync = off\nmax_connections = 200\n\
    shared_buffers = 16MB\nlog_min_messages = fatal\n";

/// Waits until its standard input ends, then takes the server and its folder along.
const CLEANER: &str = "cat; \"$@\" stop -s -m immediate; rm -rf \"$FOLDER\"";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    databases: AtomicU32,
    cleaner: Child,
}

impl Postgres {
    /// Starts one for the caller alone, to be killed and started again at will. `None` where
    /// PostgreSQL is not installed, which is said where nobody can miss it.
    ///
    /// # Panics
    /// When it is installed and does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            say_skipped();
            return None;
        };
        let folder = tempfile::Builder::new().prefix("homeroom-pg-").tempdir();
        let folder = folder.expect("a folder for PostgreSQL").keep();
        if is_root() {
            run(Command::new("chown").arg(UNPRIVILEGED).arg(&folder));
        }
        let cleaner = cleaner(&programs, &folder);
        let server = Self {
            folder,
            programs,
            databases: AtomicU32::new(0),
            cleaner,
        };
        server.initialise();
        server.resume();
        let (user, password) = GUARDED;
        server.sql(&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'"));
        Some(server)
    }

    /// The one that all tests of this process share, each with a database of its own.
    #[must_use]
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Makes an empty database and answers its URL.
    #[must_use]
    pub fn new_database(&self) -> String {
        self.new_database_as("")
    }

    /// The same with options of `CREATE DATABASE`.
    #[must_use]
    pub fn new_database_as(&self, options: &str) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name} {options}"));
        self.url(UNPRIVILEGED, &name)
    }

    /// The URL of a database, for this user (and password, after a colon).
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        let folder = self.folder.display();
        format!("postgres://{user}@localhost/{database}?host={folder}")
    }

    /// Ends every process of the server at once, as a crash would; what it had committed stays.
    pub fn kill(&self) {
        self.control(["stop", "-s", "-m", "immediate"]);
    }

    /// Starts it again over the same databases; returns when it answers.
    pub fn resume(&self) {
        let log = self.folder.join("log");
        self.control([
            OsStr::new("start"),
            "-s".as_ref(),
            "-w".as_ref(),
            "-l".as_ref(),
            log.as_ref(),
        ]);
    }

    /// Runs statements in the server's own database.
    fn sql(&self, sql: &str) {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-U",
            UNPRIVILEGED,
            "-d",
            "postgres",
            "-c",
            sql,
            "-h",
        ]);
        run(psql.arg(&self.folder));
    }

    fn initialise(&self) {
        let mut initdb = unprivileged(&self.programs.join("initdb"));
        initdb.args([
            "-U",
            UNPRIVILEGED,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]);
        run(initdb.args(["--no-sync", "-D"]).arg(data(&self.folder)));
        let append = |name, text: &str| {
            let path = data(&self.folder).join(name);
            let old = fs::read_to_string(&path).expect("initdb wrote it");
            // Rules of access: the first that fits counts.
            fs::write(&path, format!("{text}\n{old}")).expect("writes");
        };
        append(
            "pg_hba.conf",
            &format!("local all {} scram-sha-256", GUARDED.0),
        );
        let folder = self.folder.display();
        append(
            "postgresql.auto.conf",
            &format!("{SETTINGS}unix_socket_directories = '{folder}'"),
        );
    }

    fn control<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) {
        let mut control = unprivileged(&self.programs.join("pg_ctl"));
        run(control.arg("-D").arg(data(&self.folder)).args(arguments));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Where `initdb` and `pg_ctl` are: Debian keeps them off the path, one folder per version.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<PathBuf> = debian.flatten().map(|at| at.path().join("bin")).collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = versions
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path));
    folders.find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// Straight to standard error: the test harness keeps what passing tests print to itself.
fn say_skipped() {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test").to_owned();
    let text = format!("SKIPPED on PostgreSQL, which is not installed: {test}\n");
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A shell in a process group of its own, so that Ctrl-C leaves it its work.
fn cleaner(programs: &Path, folder: &Path) -> Child {
    let stop = unprivileged(&programs.join("pg_ctl"));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", CLEANER, "cleaner"])
        .arg(stop.get_program());
    shell.args(stop.get_args()).arg("-D").arg(data(folder));
    shell
        .env("FOLDER", folder)
        .current_dir("/")
        .process_group(0);
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.spawn().expect("sh runs")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

fn unprivileged(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED]);
        setpriv.args(["--clear-groups", "--"]).arg(program);
        setpriv
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    command.stdin(Stdio::null());
    // A server started by it would keep a pipe open for ever: files instead.
    let mut said = tempfile::tempfile().expect("a file");
    let copy = || Stdio::from(said.try_clone().expect("a handle"));
    let status = command.stdout(copy()).stderr(copy()).status();
    let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut text = String::new();
    let _ = said.rewind().and_then(|()| said.read_to_string(&mut text));
    assert!(status.success(), "{command:?}: {status}\n{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_comes_back_after_a_kill_and_leaves_nothing() {
        let Some(server) = Postgres::start() else {
            return;
        };
        server.sql("CREATE TABLE kept (number BIGINT)");
        server.kill();
        server.resume();
        server.sql("SELECT number FROM kept");
        let folder = server.folder.clone();
        let socket = folder.join(".s.PGSQL.5432");
        assert!(socket.exists());
        drop(server);
        assert!(!folder.exists());
    }
}
