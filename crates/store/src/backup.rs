//! A consistent copy of the SQLite file, while the server runs and writes.
//!
//! Invariant: a file under the name asked for is a whole copy; nothing is ever overwritten.

use crate::{Database, StoreError};
use sqlx::Connection;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

impl Database {
    /// Copies an SQLite database into a new file, as it is at this moment.
    ///
    /// # Errors
    /// [`StoreError::Backup`] when the file is there already or cannot be written, or the database
    /// is a PostgreSQL, for which [`Database::pg_dump`] says what to do.
    pub async fn back_up(&self, file: &Path) -> Result<(), StoreError> {
        let failed = |reason: String| StoreError::Backup {
            path: file.display().to_string(),
            reason,
        };
        let Some(source) = self.path() else {
            return Err(failed("a PostgreSQL is backed up by pg_dump".to_owned()));
        };
        if !source.exists() {
            return Err(failed(format!("there is no database at {self} yet")));
        }
        if file.exists() {
            return Err(failed("it is there already".to_owned()));
        }
        let mut connection = self.connect().await?;
        let part = part(file);
        // What an interrupted backup left.
        let _ = fs::remove_file(&part);
        private_file(&part).map_err(|error| failed(error.to_string()))?;
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(part.display().to_string())
            .execute(&mut connection)
            .await;
        let _ = connection.close().await;
        let finished = match copied {
            Ok(_) => finish(&part, file).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        finished.map_err(|reason| {
            let _ = fs::remove_file(&part);
            failed(reason)
        })
    }
}

fn part(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// SQLite fills an empty file where it would not overwrite another: ours is for its owner only.
fn private_file(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    Ok(())
}

fn finish(part: &Path, file: &Path) -> io::Result<()> {
    fs::File::open(part)?.sync_all()?;
    fs::rename(part, file)
}
