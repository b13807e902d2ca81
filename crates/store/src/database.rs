//! Which database holds the data, an SQLite file or a PostgreSQL, and how it is opened.
//!
//! Invariant: a password in the address reaches the driver and nobody else: no log, no error, no
//! `Debug`.

use crate::StoreError;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor, Row};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;
use tokio::time::timeout;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Connections kept to the database: one writes the journal, the others answer look-ups.
const MAX_CONNECTIONS: u32 = 4;
/// How long a caller waits for a free connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);
/// How long opening the first connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Where the data is. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    url: String,
    place: Place,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Server {
        /// A name, an address, or the folder of a socket.
        host: String,
        port: u16,
        user: String,
        name: String,
    },
}

impl Database {
    /// The SQLite file at this path; made when it is missing.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            url: sqlite_url(path),
            place: Place::File(path.to_owned()),
        }
    }

    /// The PostgreSQL at an address as `psql` takes it: `postgres://user:password@host/name`, with
    /// `?sslmode=verify-full` and the like; what it leaves out comes from `PGHOST`, `~/.pgpass` ….
    ///
    /// # Errors
    /// [`StoreError::Address`] when it is none. The error does not repeat it.
    pub fn server(url: &str) -> Result<Self, StoreError> {
        let known = ["postgres://", "postgresql://"];
        if !known.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(StoreError::Address);
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Address)?;
        AnyConnectOptions::from_str(url).map_err(|_| StoreError::Address)?;
        let host = options.get_socket().map_or_else(
            || options.get_host().to_owned(),
            |folder| folder.display().to_string(),
        );
        let user = options.get_username();
        let place = Place::Server {
            host,
            port: options.get_port(),
            user: user.to_owned(),
            // As PostgreSQL does when nobody names one.
            name: options.get_database().unwrap_or(user).to_owned(),
        };
        let url = url.to_owned();
        Ok(Self { url, place })
    }

    /// The file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    /// What makes a backup of a PostgreSQL into this file, for a person to type; `None` for SQLite.
    #[must_use]
    pub fn pg_dump(&self, file: &Path) -> Option<String> {
        let Place::Server {
            host,
            port,
            user,
            name,
        } = &self.place
        else {
            return None;
        };
        let file = file.display().to_string();
        let [host, user, name, file] = [host, user, name, &file].map(|word| quoted(word));
        Some(format!(
            "pg_dump --host={host} --port={port} --username={user} --format=custom --file={file} {name}"
        ))
    }

    /// Looks whether the server could use it; changes nothing. Answers what it is.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn examine(&self) -> Result<String, StoreError> {
        if self.path().is_some_and(|path| !path.exists()) {
            return Ok("will be made at the first start".to_owned());
        }
        let mut connection = self.connect().await?;
        let version = "SELECT MAX(version) AS version FROM _sqlx_migrations";
        // No such table: nobody has used it yet.
        let applied = sqlx::query(version).fetch_one(&mut connection).await;
        let applied: Option<i64> = applied.ok().and_then(|row| row.get("version"));
        let ours = MIGRATIONS.iter().map(|migration| migration.version).max();
        let _ = connection.close().await;
        if applied > ours {
            return Err(self.unusable(NEWER.to_owned()));
        }
        let state = match applied {
            None => "new and empty",
            Some(_) if applied == ours => "in use",
            Some(_) => "of an earlier release, will be brought up to date",
        };
        Ok(state.to_owned())
    }

    /// Brings the schema to this release's state, and answers connections to it.
    pub(crate) async fn open(&self) -> Result<AnyPool, StoreError> {
        let mut connection = self.connect().await?;
        // Without time limits: a migration may take long, and on PostgreSQL another server that
        // starts at the same time holds an advisory lock until it is done.
        let migrated = MIGRATIONS.run_direct(None, &mut connection, false).await;
        migrated.map_err(|error| {
            self.unusable(match error {
                MigrateError::VersionMissing(_) => NEWER.to_owned(),
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    in_words(&error)
                }
                other => other.to_string(),
            })
        })?;
        // Closing is a courtesy to the server.
        let _ = connection.close().await;
        Ok(AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_LIMIT)
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_lazy_with(self.options()))
    }

    pub(crate) async fn connect(&self) -> Result<AnyConnection, StoreError> {
        install_drivers();
        let options = self.options();
        let opening = async {
            let mut connection = options.connect().await?;
            let Place::Server { .. } = self.place else {
                prepare(&mut connection).await?;
                return Ok((connection, None));
            };
            let encoding = sqlx::query("SHOW server_encoding");
            let encoding: String = encoding.fetch_one(&mut connection).await?.get(0);
            Ok((connection, Some(encoding)))
        };
        match timeout(CONNECT_LIMIT, opening).await {
            Ok(Ok((connection, None))) => Ok(connection),
            Ok(Ok((connection, Some(encoding)))) if encoding == "UTF8" => Ok(connection),
            Ok(Ok((_, Some(encoding)))) => Err(self.unusable(format!(
                "it holds text as {encoding}, which has no room for every name; make it with \
                 createdb --encoding=UTF8 --template=template0"
            ))),
            Ok(Err(error)) => Err(self.unusable(in_words(&error))),
            Err(_) => Err(self.unusable(format!(
                "no answer within {} s; is the address right, and does a firewall stand between?",
                CONNECT_LIMIT.as_secs()
            ))),
        }
    }

    fn options(&self) -> AnyConnectOptions {
        AnyConnectOptions::from_str(&self.url).expect("tried when it was made")
    }

    pub(crate) fn unusable(&self, reason: String) -> StoreError {
        StoreError::Open {
            database: self.to_string(),
            reason,
        }
    }
}

const NEWER: &str = "a newer release has written it; run that, or bring back a backup";

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Server {
                host,
                port,
                user,
                name,
            } => {
                write!(f, "{name} of {user} on PostgreSQL at {host}, port {port}")
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Database {
    fn from(path: &P) -> Self {
        Self::file(path.as_ref())
    }
}

/// What a person can do about it.
fn in_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => {
            format!("nothing answers there ({error}); does it run, and is the address right?")
        }
        sqlx::Error::Tls(error) => {
            format!("its TLS cannot be trusted ({error}); name its CA with ?sslrootcert=FILE")
        }
        sqlx::Error::Database(refused) => {
            let advice = match refused.code().as_deref() {
                Some("28P01" | "28000") => "; check the user and the password",
                Some("3D000") => "; make it with createdb",
                Some("42501") => "; give the database to this user (ALTER DATABASE … OWNER TO …)",
                _ => "",
            };
            format!("{}{advice}", refused.message())
        }
        other => other.to_string(),
    }
}

fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

/// SQLite: WAL lets look-ups go on beside the journal's commits; `synchronous = NORMAL` leaves a
/// committed record in the kernel's hands: safe from a killed process, not from a power cut in the
/// same second. PostgreSQL: nothing we ask takes long, so that what does has met a lock nobody will
/// open; it ends at the server too, lest it be done after we have given up and gone on.
async fn prepare(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let settings = match connection.backend_name() {
        "PostgreSQL" => "SET statement_timeout = '10s'",
        _ => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; \
             PRAGMA foreign_keys = ON"
        }
    };
    connection.execute(settings).await?;
    Ok(())
}

/// Percent-encodes what has a meaning in a URL, so that any folder name works.
fn sqlite_url(file: &Path) -> String {
    use std::fmt::Write;
    let mut url = String::from("sqlite://");
    for byte in file.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(byte.into());
            }
            _ => write!(url, "%{byte:02X}").expect("writing to a String cannot fail"),
        }
    }
    url.push_str("?mode=rwc");
    url
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url = "postgres://room:hush-hush@db.school.kz:5433/lessons?sslmode=require";
        let database = Database::server(url).expect("is one");
        let dump = database
            .pg_dump(Path::new("/backup/it's.dump"))
            .expect("is a server");
        assert_eq!(
            dump,
            "pg_dump --host=db.school.kz --port=5433 --username=room --format=custom \
             --file='/backup/it'\\''s.dump' lessons"
        );
        assert_eq!(
            database.to_string(),
            "lessons of room on PostgreSQL at db.school.kz, port 5433"
        );
        for text in [format!("{database:?}"), database.to_string(), dump] {
            assert!(!text.contains("hush"), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        for text in [
            "",
            "school.db",
            "mysql://a:hush@b/c",
            "postgres://a:hush@b:port/c",
        ] {
            let error = Database::server(text).expect_err("is none").to_string();
            assert!(error.contains("postgres://"), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_socket_is_a_host_too() {
        let url = "postgres://room@localhost/lessons?host=/run/postgresql";
        let database = Database::server(url).expect("is one");
        let dump = database.pg_dump(Path::new("a")).expect("is a server");
        assert!(dump.contains("--host=/run/postgresql "), "{dump}");
    }
}
