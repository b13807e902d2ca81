//! What can be configured. Nothing has to be.
//!
//! A TOML file is weaker than `HOMEROOM_*` variables, and they are weaker than flags.
//!
//! Invariant: a key that this release does not know is an error with its line, never ignored: a
//! school that wrote `anounce` should learn so at once.

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use homeroom_protocol::VideoCodec;
use homeroom_sfu::udp::SendMode;
use homeroom_store::Database;
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// HTTPS for everybody on the network.
const HTTPS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443);
/// Plain HTTP for this machine only: browsers give camera and microphone to `localhost` without it.
const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// UDP port of the first media worker.
const UDP_PORT: u16 = 10_000;
/// The database's file in the data directory.
const DATABASE: &str = "homeroom.db";
/// Where records wait in the data directory while the database is gone.
const SPOOL: &str = "waiting-for-database";
/// Most media workers; each takes a port and a thread.
const MAX_WORKERS: usize = 64;

/// Flags and variables.
#[derive(Debug, Default, Args)]
pub struct Options {
    /// TOML file with these settings, named as the flags are but with `_` for `-`.
    #[arg(long, env = "HOMEROOM_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Every setting, wherever it comes from.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Where lessons and the certificate are kept [default: ~/.local/share/homeroom].
    #[arg(long, env = "HOMEROOM_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of the file in the data folder:
    /// postgres://USER:PASSWORD@HOST/NAME, with ?sslmode=verify-full for one on another machine.
    /// Others on this machine can read flags: a password belongs into the variable or the file.
    #[arg(
        long,
        env = "HOMEROOM_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<Secret>,
    /// Address and port of HTTPS [default: 0.0.0.0:8443].
    #[arg(long, env = "HOMEROOM_HTTPS", value_name = "ADDR:PORT")]
    https: Option<SocketAddr>,
    /// Address and port of plain HTTP [default: 127.0.0.1:8080].
    #[arg(long, env = "HOMEROOM_HTTP", value_name = "ADDR:PORT")]
    http: Option<SocketAddr>,
    /// UDP port of the first media worker; worker `i` takes this plus `i` [default: 10000].
    #[arg(long, env = "HOMEROOM_UDP_PORT", value_name = "PORT")]
    udp_port: Option<u16>,
    /// How datagrams leave; segmented unless something is wrong with the network card.
    #[arg(
        long,
        env = "HOMEROOM_UDP_SEND",
        value_name = "HOW",
        hide_short_help = true
    )]
    udp_send: Option<UdpSend>,
    /// Media workers [default: one per core].
    #[arg(long, env = "HOMEROOM_WORKERS", value_name = "COUNT")]
    workers: Option<usize>,
    /// What browsers that can code pictures in: vp9 takes fewer bits and more of their battery, av1
    /// fewer again and far more work. Who cannot decode it sees no pictures of those who send it
    /// [default: vp8].
    #[arg(long, env = "HOMEROOM_VIDEO_CODEC", value_name = "CODEC")]
    video_codec: Option<Video>,
    /// Address browsers send media to; may be repeated [default: this machine's on the local
    /// network, and 127.0.0.1].
    #[arg(
        long,
        env = "HOMEROOM_ANNOUNCE",
        value_name = "IP",
        value_delimiter = ','
    )]
    #[serde(default)]
    announce: Vec<IpAddr>,
    /// Certificate chain in PEM, instead of one made here. Needs --tls-key.
    #[arg(long, env = "HOMEROOM_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key in PEM. Needs --tls-cert.
    #[arg(long, env = "HOMEROOM_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// What links to lessons begin with [default: https:// and this machine's address].
    #[arg(long, env = "HOMEROOM_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Lets whoever has a lesson's teacher token load this server from other machines.
    #[arg(
        long,
        env = "HOMEROOM_ALLOW_LOAD_TEST",
        num_args = 0..=1,
        default_missing_value = "true",
        hide_short_help = true
    )]
    allow_load_test: Option<bool>,
}

/// What no error, log or help text repeats.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
struct Secret(String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// [`SendMode`] as it is written.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UdpSend {
    /// Runs of datagrams that the kernel or the network card cuts.
    Segmented,
    /// Many datagrams per system call.
    Batched,
    /// One datagram per system call.
    Single,
}

impl From<UdpSend> for SendMode {
    fn from(how: UdpSend) -> Self {
        match how {
            UdpSend::Segmented => Self::Segmented,
            UdpSend::Batched => Self::Batched,
            UdpSend::Single => Self::Single,
        }
    }
}

/// [`VideoCodec`] as it is written.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Video {
    /// A stream for each size of a picture.
    Vp8,
    /// One stream for all sizes.
    Vp9,
    /// Likewise, for computers that have cores to spare.
    Av1,
}

impl From<Video> for VideoCodec {
    fn from(video: Video) -> Self {
        match video {
            Video::Vp8 => Self::Vp8,
            Video::Vp9 => Self::Vp9,
            Video::Av1 => Self::Av1,
        }
    }
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Made here and kept in the data directory.
    SelfSigned,
    /// Given as PEM files.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the certificate is kept, and the database unless it is elsewhere.
    pub data_dir: PathBuf,
    /// The database; `None` for a file in the data directory.
    pub database: Option<Database>,
    /// Where HTTPS listens; `None` for nowhere.
    pub https: Option<SocketAddr>,
    /// Where plain HTTP listens; `None` for nowhere.
    pub http: Option<SocketAddr>,
    /// UDP port of the first media worker; 0 lets the system choose each.
    pub udp_port: u16,
    /// How datagrams leave.
    pub udp_send: SendMode,
    /// Media workers; 0 for one per core.
    pub workers: usize,
    /// What browsers are asked to code pictures in.
    pub video_codec: VideoCodec,
    /// Addresses browsers send media to; empty for what this machine finds out.
    pub announce: Vec<IpAddr>,
    /// The certificate.
    pub tls: Tls,
    /// What links begin with; `None` for what this machine finds out.
    pub public_url: Option<String>,
    /// Whoever has a lesson's teacher token may load this server from other machines.
    pub allow_load_test: bool,
}

impl Config {
    /// The defaults, over this data directory.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            database: None,
            https: Some(HTTPS),
            http: Some(HTTP),
            udp_port: UDP_PORT,
            udp_send: SendMode::default(),
            workers: 0,
            video_codec: VideoCodec::default(),
            announce: Vec::new(),
            tls: Tls::SelfSigned,
            public_url: None,
            allow_load_test: false,
        }
    }

    /// On ports the system chooses, on this machine only: for tests, many at a time.
    #[must_use]
    pub fn on_free_ports(data_dir: PathBuf) -> Self {
        let any = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        Self {
            https: any,
            http: any,
            udp_port: 0,
            announce: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            ..Self::new(data_dir)
        }
    }

    /// Puts file, variables and flags together.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key, or settings contradict each other.
    pub fn resolve(options: Options) -> anyhow::Result<Self> {
        let file = options.config.as_deref().map(read_file).transpose()?;
        let settings = options.settings.over(file.unwrap_or_default());
        let data_dir = settings.data_dir.map_or_else(default_data_dir, Ok)?;
        let database = settings.database.map(|Secret(url)| Database::server(&url));
        let database = database.transpose().context("--database")?;
        let workers = settings.workers.unwrap_or(0);
        if workers > MAX_WORKERS {
            bail!("--workers {workers}: at most {MAX_WORKERS}");
        }
        let tls = match (settings.tls_cert, settings.tls_key) {
            (Some(certificate), Some(key)) => Tls::Files { certificate, key },
            (None, None) => Tls::SelfSigned,
            _ => bail!("--tls-cert and --tls-key go together"),
        };
        let defaults = Self::new(data_dir);
        Ok(Self {
            database,
            https: settings.https.or(defaults.https),
            http: settings.http.or(defaults.http),
            udp_port: settings.udp_port.unwrap_or(defaults.udp_port),
            udp_send: settings.udp_send.map_or(defaults.udp_send, Into::into),
            workers,
            video_codec: settings
                .video_codec
                .map_or(defaults.video_codec, Into::into),
            announce: settings.announce,
            tls,
            public_url: settings.public_url,
            allow_load_test: settings.allow_load_test.unwrap_or(false),
            ..defaults
        })
    }

    /// The database to open.
    #[must_use]
    pub fn database(&self) -> Database {
        let file = || Database::file(&self.data_dir.join(DATABASE));
        self.database.clone().unwrap_or_else(file)
    }

    /// The file in which records wait while the database is gone.
    pub(crate) fn spool(&self) -> PathBuf {
        self.data_dir.join(SPOOL)
    }

    /// How many media workers run.
    pub(crate) fn worker_count(&self) -> u16 {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = if self.workers == 0 {
            cores()
        } else {
            self.workers
        };
        u16::try_from(count.min(MAX_WORKERS)).unwrap_or(1)
    }
}

impl Settings {
    /// These, and what is missing from the weaker ones.
    fn over(self, weaker: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(weaker.data_dir),
            database: self.database.or(weaker.database),
            https: self.https.or(weaker.https),
            http: self.http.or(weaker.http),
            udp_port: self.udp_port.or(weaker.udp_port),
            udp_send: self.udp_send.or(weaker.udp_send),
            workers: self.workers.or(weaker.workers),
            video_codec: self.video_codec.or(weaker.video_codec),
            announce: if self.announce.is_empty() {
                weaker.announce
            } else {
                self.announce
            },
            tls_cert: self.tls_cert.or(weaker.tls_cert),
            tls_key: self.tls_key.or(weaker.tls_key),
            public_url: self.public_url.or(weaker.public_url),
            allow_load_test: self.allow_load_test.or(weaker.allow_load_test),
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<Settings> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    toml::from_str(&text).with_context(|| format!("{name} is not a configuration"))
}

/// As the XDG Base Directory Specification says.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    if let Some(data_home) = absolute("XDG_DATA_HOME") {
        return Ok(data_home.join("homeroom"));
    }
    let home = absolute("HOME").context("no home folder: say where with --data-dir")?;
    Ok(home.join(".local/share/homeroom"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn resolve(flags: &[&str], file: Option<&str>) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("homeroom.toml");
        let mut arguments = vec!["homeroom", "--data-dir", "/data"];
        let name = path.to_string_lossy();
        if let Some(text) = file {
            std::fs::write(&path, text)?;
            arguments.extend(["--config", &name]);
        }
        arguments.extend(flags);
        Config::resolve(Cli::try_parse_from(arguments)?.options)
    }

    #[test]
    fn nothing_has_to_be_configured() {
        let config = resolve(&[], None).expect("resolves");
        assert_eq!(config, Config::new("/data".into()));
    }

    #[test]
    fn flags_are_stronger_than_the_file() {
        let file = "udp_port = 1000\nhttp = \"127.0.0.1:81\"\nannounce = [\"192.0.2.1\"]\n";
        let flags = ["--udp-port", "2000", "--announce", "192.0.2.2,192.0.2.3"];
        let config = resolve(&flags, Some(file)).expect("resolves");
        assert_eq!(config.udp_port, 2000);
        assert_eq!(config.http, Some(SocketAddr::from(([127, 0, 0, 1], 81))));
        let announced: Vec<String> = config.announce.iter().map(ToString::to_string).collect();
        assert_eq!(announced, ["192.0.2.2", "192.0.2.3"]);
    }

    #[test]
    fn the_database_is_a_file_unless_it_is_named_and_its_password_is_never_repeated() {
        let config = resolve(&[], None).expect("resolves");
        assert_eq!(
            config.database(),
            Database::file("/data/homeroom.db".as_ref())
        );
        let file = "database = \"postgres://a:hush@one/x\"\n";
        let check = |flags: &[&str], host: &str| {
            let config = resolve(flags, Some(file)).expect("resolves");
            let shown = format!("{config:?} {}", config.database());
            assert!(shown.contains(host) && !shown.contains("hush"), "{shown}");
        };
        check(&[], "PostgreSQL at one");
        check(
            &["--database", "postgres://a:hush@two/x"],
            "PostgreSQL at two",
        );
        let flags = ["--database", "mysql://a:hush@two/x"];
        let error = resolve(&flags, None).expect_err("is none");
        let text = format!("{error:#} {error:?}");
        assert!(text.contains("--database: not the address"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }

    #[test]
    fn load_tests_from_elsewhere_are_allowed_by_who_says_so() {
        let check = |flags: &[&str], file, expected| {
            let config = resolve(flags, file).expect("resolves");
            assert_eq!(config.allow_load_test, expected, "{flags:?} {file:?}");
        };
        check(&[], None, false);
        check(&["--allow-load-test"], None, true);
        check(&[], Some("allow_load_test = true\n"), true);
        check(
            &["--allow-load-test", "false"],
            Some("allow_load_test = true\n"),
            false,
        );
    }

    #[test]
    fn how_datagrams_leave() {
        let check = |flags: &[&str], file, expected| {
            assert_eq!(resolve(flags, file).expect("resolves").udp_send, expected);
        };
        check(&[], None, SendMode::Segmented);
        check(&[], Some("udp_send = \"single\"\n"), SendMode::Single);
        let flag = ["--udp-send", "batched"];
        check(&flag, Some("udp_send = \"single\"\n"), SendMode::Batched);
        check(&["--udp-send", "segmented"], None, SendMode::Segmented);
    }

    #[test]
    fn what_pictures_are_coded_in() {
        let check = |flags: &[&str], file, expected| {
            let config = resolve(flags, file).expect("resolves");
            assert_eq!(config.video_codec, expected);
        };
        check(&[], None, VideoCodec::Vp8);
        check(&[], Some("video_codec = \"vp9\"\n"), VideoCodec::Vp9);
        check(&["--video-codec", "av1"], None, VideoCodec::Av1);
        let flag = ["--video-codec", "vp8"];
        check(&flag, Some("video_codec = \"vp9\"\n"), VideoCodec::Vp8);
    }

    #[test]
    fn mistakes_are_named() {
        let table: [(&[&str], Option<&str>, &str); 8] = [
            (&["--video-codec", "theora"], None, "--video-codec"),
            (&["--udp-send", "fast"], None, "--udp-send"),
            (&[], Some("\nudp_send = \"fast\"\n"), "line 2"),
            (&[], Some("udp_port = 1\nanounce = []\n"), "line 2"),
            (&[], Some("udp_port = \"many\"\n"), "line 1"),
            (
                &["--config", "/nowhere.toml"],
                None,
                "cannot read /nowhere.toml",
            ),
            (&["--tls-cert", "a.pem"], None, "go together"),
            (&["--workers", "1000"], None, "at most 64"),
        ];
        for (flags, file, expected) in table {
            let error = resolve(flags, file).expect_err("is a mistake");
            let text = format!("{error:#}");
            assert!(text.contains(expected), "{expected:?} in {text:?}");
        }
    }
}
