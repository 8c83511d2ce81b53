//! From the files of the last run to what they say; whatever they say.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::record::{Frame, Record};
use super::snapshot;

/// What recovery found and what it had to drop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovery {
    /// Sequence number of the snapshot it began with; none if there was none, or none valid.
    pub snapshot: Option<u64>,
    /// Records read, from snapshot and log.
    pub records: u64,
    /// Bytes of log dropped behind a damaged or missing record.
    pub dropped_bytes: u64,
    /// Valid records that this version cannot read.
    pub unread: u64,
    /// Files renamed aside, by their new names.
    pub set_aside: Vec<String>,
    /// What the system refused, if anything.
    pub refused: Option<String>,
}

/// Where the log goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Last sequence number in use.
    pub(super) sequence: u64,
    /// Whether `state.log` can be appended to; otherwise a new snapshot must come first.
    pub(super) whole: bool,
    /// Bytes of log since the snapshot.
    pub(super) log_bytes: u64,
}

/// The files of a state directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) snapshots: BTreeMap<u64, PathBuf>,
    pub(super) segments: BTreeMap<u64, PathBuf>,
}

/// Name of the log that is appended to.
pub(super) const LOG: &str = "state.log";

impl Files {
    pub(super) fn list(directory: &Path) -> io::Result<Self> {
        let mut files = Self::default();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let number = |prefix: &str| name.strip_prefix(prefix)?.parse::<u64>().ok();
            if let Some(sequence) = number("state.snap.") {
                files.snapshots.insert(sequence, path);
            } else if let Some(sequence) = number("state.log.") {
                files.segments.insert(sequence, path);
            }
        }
        Ok(files)
    }
}

/// Reads what is in the directory, handing over every record in order.
///
/// Never fails: what cannot be read is left out and named in the report.
pub(super) fn recover(directory: &Path, mut apply: impl FnMut(Record)) -> (Recovery, Standing) {
    let mut report = Recovery::default();
    let files = match fs::create_dir_all(directory).and_then(|()| Files::list(directory)) {
        Ok(files) => files,
        Err(error) => {
            report.refused = Some(format!("{}: {error}", directory.display()));
            let standing = Standing {
                sequence: 0,
                whole: false,
                log_bytes: 0,
            };
            return (report, standing);
        }
    };
    let highest = (files.snapshots.keys().chain(files.segments.keys())).max();
    let highest = highest.copied().unwrap_or(0);

    for (sequence, path) in files.snapshots.iter().rev() {
        if let Some((records, unread)) =
            fs::read(path).ok().and_then(|bytes| snapshot::read(&bytes))
        {
            report.snapshot = Some(*sequence);
            report.records = records.len() as u64;
            report.unread = unread;
            records.into_iter().for_each(&mut apply);
            break;
        }
        set_aside(path, &mut report);
    }

    let start = report.snapshot.unwrap_or(0);
    let mut reader = Reader {
        sequence: start,
        log_bytes: 0,
        whole: true,
        report,
    };
    for (_, path) in files.segments.range(start + 1..) {
        reader.read(path, false, &mut apply);
    }
    let log = directory.join(LOG);
    if log.exists() {
        reader.read(&log, true, &mut apply);
    }
    let standing = Standing {
        sequence: reader.sequence.max(if reader.whole { 0 } else { highest }),
        whole: reader.whole,
        log_bytes: reader.log_bytes,
    };
    (reader.report, standing)
}

struct Reader {
    /// Last record that was applied, or that the snapshot holds.
    sequence: u64,
    log_bytes: u64,
    whole: bool,
    report: Recovery,
}

impl Reader {
    /// Reads one file of the log; after the first damage all that follows is only set aside.
    fn read(&mut self, path: &Path, last: bool, apply: &mut impl FnMut(Record)) {
        let bytes = match fs::read(path) {
            Ok(bytes) if self.whole => bytes,
            Ok(bytes) => {
                self.report.dropped_bytes += bytes.len() as u64;
                set_aside(path, &mut self.report);
                return;
            }
            Err(error) => {
                self.report.refused = Some(format!("{}: {error}", path.display()));
                self.whole = false;
                set_aside(path, &mut self.report);
                return;
            }
        };
        let good = self.replay(&bytes, apply);
        self.log_bytes += good as u64;
        if good == bytes.len() {
            return;
        }
        self.report.dropped_bytes += (bytes.len() - good) as u64;
        // A torn end of the last file is what a power cut leaves. Anything else means that
        // records are missing in between, and only a new snapshot makes the files whole again.
        let torn = last && (good > 0 || Frame::read(&bytes).is_err());
        self.whole = torn && cut(path, good).is_ok();
        if !self.whole && (last || good == 0) {
            set_aside(path, &mut self.report);
        }
    }

    /// Applies records until the first that is damaged or out of order; returns its offset.
    fn replay(&mut self, bytes: &[u8], apply: &mut impl FnMut(Record)) -> usize {
        let mut offset = 0;
        while let Some(rest) = bytes.get(offset..)
            && let Ok(Some(frame)) = Frame::read(rest)
        {
            if frame.sequence > self.sequence + 1 {
                break;
            }
            if frame.sequence == self.sequence + 1 {
                self.sequence = frame.sequence;
                match frame.decode() {
                    Some(record) => {
                        self.report.records += 1;
                        apply(record);
                    }
                    None => self.report.unread += 1,
                }
            }
            offset += frame.size;
        }
        offset
    }
}

fn cut(path: &Path, length: usize) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length as u64)?;
    file.sync_all()
}

fn set_aside(path: &Path, report: &mut Recovery) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".bad");
    match fs::rename(path, &aside) {
        Ok(()) => {
            let name = Path::new(&aside).file_name().unwrap_or_default();
            report.set_aside.push(name.to_string_lossy().into_owned());
        }
        Err(error) => report.refused = Some(format!("{}: {error}", path.display())),
    }
}
