//! The file in which records wait while the database is gone.
//!
//! Each record is a frame: its length and its CRC-32 (both 32 bits, little-endian), then JSON. The
//! file exists only while something waits, so that its absence is the normal state.
//!
//! Invariant: what [`Spool::append`] answered `Ok` for is on the disk and is read again in order,
//! until it is taken out; a frame that a killed process left unfinished is cut off.

use crate::Record;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Most bytes that wait on disk; beyond, records wait in memory. A lesson of 30 writes some 10 MB in
/// an hour.
pub const MAX_SPOOL_BYTES: u64 = 256 * 1024 * 1024;
/// A longer frame was never written: its length is rubbish.
const MAX_FRAME_BYTES: usize = 1024 * 1024;
const HEADER_BYTES: usize = 8;

/// Where records wait, and how many bytes of them.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    max_bytes: u64,
    file: Option<File>,
    /// Where the first record starts that still waits.
    start: u64,
    /// Where the last one ends.
    end: u64,
    records: u64,
}

impl Spool {
    /// At this path, in a folder that exists.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            max_bytes: MAX_SPOOL_BYTES,
            file: None,
            start: 0,
            end: 0,
            records: 0,
        }
    }

    /// With another bound than [`MAX_SPOOL_BYTES`].
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn records(&self) -> u64 {
        self.records
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.end - self.start
    }

    /// Finds what an earlier process left.
    pub(crate) fn recover(&mut self) -> io::Result<()> {
        let file = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        lock(&file)?;
        let length = file.metadata()?.len();
        let mut reader = BufReader::new(&file);
        while let Some(json) = next_frame(&mut reader)? {
            // A newer release wrote it: better not to start than to lose it.
            parse(&json)?;
            self.end += (HEADER_BYTES + json.len()) as u64;
            self.records += 1;
        }
        if self.end < length {
            let bytes = length - self.end;
            tracing::warn!(bytes, "journal: cut off what was being written at a kill");
            file.set_len(self.end)?;
        }
        self.file = Some(file);
        self.forget_if_empty()
    }

    /// Adds records, all or none.
    pub(crate) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for record in records {
            let json = serde_json::to_vec(record)?;
            bytes.extend((json.len() as u32).to_le_bytes());
            bytes.extend(crc32fast::hash(&json).to_le_bytes());
            bytes.extend(json);
        }
        let end = self.end + bytes.len() as u64;
        if end > self.max_bytes {
            return Err(io::Error::new(
                ErrorKind::QuotaExceeded,
                "the journal is full",
            ));
        }
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(create(&self.path)?),
        };
        let written = file
            .write_all_at(&bytes, self.end)
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // What is there of it would be overwritten by the next; cut off, it is not even read if
            // there is no next.
            let _ = file.set_len(self.end);
            let _ = self.forget_if_empty();
            return Err(error);
        }
        self.end = end;
        self.records += records.len() as u64;
        Ok(())
    }

    /// The records that have waited longest.
    pub(crate) fn oldest(&self, count: usize) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut rest = Rest {
            spool: self,
            at: self.start,
        };
        while records.len() < count
            && let Some(json) = next_frame(&mut rest)?
        {
            records.push(parse(&json)?);
        }
        Ok(records)
    }

    /// Takes the records out that have waited longest: they are in the database.
    pub(crate) fn drop_oldest(&mut self, count: usize) -> io::Result<()> {
        let mut rest = Rest {
            spool: self,
            at: self.start,
        };
        for _ in 0..count {
            next_frame(&mut rest)?;
        }
        self.start = rest.at;
        self.records -= count as u64;
        self.forget_if_empty()
    }

    fn forget_if_empty(&mut self) -> io::Result<()> {
        if self.start == self.end && self.file.take().is_some() {
            (self.start, self.end) = (0, 0);
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

/// Reads what waits.
struct Rest<'a> {
    spool: &'a Spool,
    at: u64,
}

impl Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &self.spool.file else {
            return Ok(0);
        };
        let left = usize::try_from(self.spool.end - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = file.read_at(&mut buffer[..wanted], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The JSON of one frame; `None` at the end, and where no whole frame is.
fn next_frame(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; HEADER_BYTES];
    if !fill(reader, &mut header)? {
        return Ok(None);
    }
    let [a, b, c, d, crc @ ..] = header;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > MAX_FRAME_BYTES {
        return Ok(None);
    }
    let mut json = vec![0; length];
    let whole = fill(reader, &mut json)? && crc32fast::hash(&json) == u32::from_le_bytes(crc);
    Ok((whole && length > 0).then_some(json))
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn parse(json: &[u8]) -> io::Result<Record> {
    serde_json::from_slice(json)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "a newer release wrote it; run that"))
}

/// Names of children are in it: for its owner only.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(0o600).open(path)?;
    lock(&file)?;
    file.set_len(0)?;
    // The name of the file must survive a power cut as well.
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|_| {
        io::Error::new(
            ErrorKind::ResourceBusy,
            "another server over this folder uses it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LessonId;

    fn alive(at_ms: u64) -> Record {
        let lesson = LessonId(7);
        Record::Alive { lesson, at_ms }
    }

    fn recovered(path: &Path) -> Spool {
        let mut spool = Spool::at(path);
        spool.recover().expect("reads");
        spool
    }

    #[test]
    fn what_waits_is_read_in_order_by_the_next_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waiting");
        let mut spool = recovered(&path);
        spool.append(&[alive(1), alive(2)]).expect("writes");
        spool.append(&[alive(3)]).expect("writes");
        spool.drop_oldest(1).expect("is there");
        assert_eq!(spool.oldest(9).expect("reads"), [alive(2), alive(3)]);
        drop(spool);
        // Where it stood is not kept: records may be written twice.
        let mut spool = recovered(&path);
        assert_eq!(spool.oldest(2).expect("reads"), [alive(1), alive(2)]);
        spool.drop_oldest(3).expect("are there");
        assert!(!path.exists());
        spool.append(&[alive(4)]).expect("writes");
        assert_eq!(recovered_copy(&path), [alive(4)]);
    }

    /// As a process sees it that starts after this one was killed.
    fn recovered_copy(path: &Path) -> Vec<Record> {
        let copy = path.with_extension("copy");
        fs::copy(path, &copy).expect("copies");
        recovered(&copy).oldest(99).expect("reads")
    }

    #[test]
    fn a_torn_tail_is_cut_off_wherever_it_is_torn() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waiting");
        let mut spool = recovered(&path);
        spool.append(&[alive(1)]).expect("writes");
        let whole = spool.bytes();
        spool.append(&[alive(2)]).expect("writes");
        drop(spool);
        let bytes = fs::read(&path).expect("reads");
        for length in whole as usize..bytes.len() {
            fs::write(&path, &bytes[..length]).expect("writes");
            let mut spool = recovered(&path);
            assert_eq!(spool.oldest(9).expect("reads"), [alive(1)], "{length}");
            spool.append(&[alive(3)]).expect("writes");
            assert_eq!(recovered_copy(&path), [alive(1), alive(3)], "{length}");
        }
        // Blocks reach the disk in any order: the right length with rubbish in it.
        let mut torn = bytes.clone();
        torn[whole as usize + HEADER_BYTES + 3] ^= 1;
        fs::write(&path, &torn).expect("writes");
        assert_eq!(recovered(&path).oldest(9).expect("reads"), [alive(1)]);
    }

    #[test]
    fn it_is_bounded_and_a_refused_append_leaves_no_trace() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waiting");
        let mut spool = Spool::at(&path);
        spool.append(&[alive(1)]).expect("writes");
        let mut spool = Spool::at(&path.with_extension("2")).max_bytes(2 * spool.bytes());
        spool.append(&[alive(1)]).expect("has room");
        let refused = spool.append(&[alive(2), alive(3)]);
        assert_eq!(
            refused.expect_err("is full").kind(),
            ErrorKind::QuotaExceeded
        );
        spool.append(&[alive(4)]).expect("has room for one");
        assert_eq!(recovered_copy(spool.path()), [alive(1), alive(4)]);
    }

    #[test]
    fn two_servers_do_not_share_it_and_what_a_newer_one_wrote_is_not_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waiting");
        let mut spool = recovered(&path);
        spool.append(&[alive(1)]).expect("writes");
        let error = Spool::at(&path).recover().expect_err("is in use");
        assert_eq!(error.kind(), ErrorKind::ResourceBusy);
        drop(spool);
        let json = br#"{"Telepathy":{}}"#;
        let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
        bytes.extend(crc32fast::hash(json).to_le_bytes());
        bytes.extend(json);
        fs::write(&path, &bytes).expect("writes");
        let error = Spool::at(&path).recover().expect_err("is unknown");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(fs::read(&path).expect("reads"), bytes);
    }
}
