//! The append log: when to write, when to wait for the medium, when to begin anew.
//!
//! Nothing here waits for the medium itself: what takes long is handed out as a [`Job`], to be run
//! without holding any lock, and its result is handed back to [`Journal::finish`].
//!
//! When the system refuses a write (a full disk), persistence is suspended: nothing is appended,
//! and every [`RETRY_S`] a whole new snapshot is tried. Only a snapshot ends it, as what is on the
//! medium after a failed write is unknown.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, Sink};
use super::record::Record;
use super::recover::{Files, LOG, Recovery, Standing, recover};
use super::snapshot;
use crate::view::Picture;

const BUFFER_BYTES: usize = 64 << 10;
const SNAPSHOT_AT_BYTES: u64 = 8 << 20;
const SNAPSHOT_INTERVAL_S: f64 = 3600.0;
/// Beyond this the log is replaced even within the hour.
const MAX_LOG_BYTES: u64 = 64 << 20;

/// Seconds between two tries to persist again.
pub const RETRY_S: f64 = 30.0;

/// How much a power cut may take of what devices said. The owner's words are always safe at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Some minutes: least wear.
    Relaxed,
    /// 30 seconds.
    #[default]
    Normal,
    /// What came since the last tick.
    Strict,
}

impl Durability {
    /// Reads the setting's name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "relaxed" => Some(Self::Relaxed),
            "normal" => Some(Self::Normal),
            "strict" => Some(Self::Strict),
            _ => None,
        }
    }

    /// Seconds until a buffered record is written, and until it is on the medium.
    const fn delays_s(self) -> (f64, f64) {
        match self {
            Self::Relaxed => (30.0, 300.0),
            Self::Normal => (5.0, 30.0),
            Self::Strict => (0.0, 0.0),
        }
    }
}

/// What persistence did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalCounters {
    /// Records appended.
    pub records: u64,
    /// Bytes handed to the system, for the log.
    pub log_bytes: u64,
    /// Times the medium was waited for.
    pub syncs: u64,
    /// Snapshots completed.
    pub snapshots: u64,
    /// Operations that the system refused.
    pub failures: u64,
    /// Records not appended while suspended.
    pub lost: u64,
}

enum Mode {
    /// Appending.
    Open(Arc<dyn Sink>),
    /// The system refused; a snapshot is tried at this time.
    Suspended { retry_at_s: f64 },
    /// That snapshot is being written; records wait in the buffer for the log behind it.
    Resuming,
}

/// The log of one state directory.
pub struct Journal {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    durability: Durability,
    mode: Mode,
    buffer: Vec<u8>,
    sequence: u64,
    bytes_since_snapshot: u64,
    /// Of those, the bytes before the snapshot that is being written.
    bytes_in_snapshot: u64,
    written_at_s: f64,
    synced_at_s: f64,
    snapshot_at_s: f64,
    unsynced: bool,
    /// Counts the logs opened, so that a job's result is not taken for that of a later log.
    generation: u64,
    /// The name of the log itself may not be on the medium yet.
    fresh: bool,
    busy: bool,
    last_error: Option<String>,
    counters: JournalCounters,
}

/// Work that waits for the medium; to be run without holding a lock.
#[must_use = "nothing reaches the medium unless the job is run"]
pub struct Job {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    generation: u64,
    work: Work,
}

enum Work {
    Sync {
        sink: Arc<dyn Sink>,
        fresh: bool,
    },
    Snapshot {
        sequence: u64,
        picture: Box<Picture>,
        before: Option<Arc<dyn Sink>>,
    },
}

/// What came of a [`Job`].
#[derive(Debug)]
pub struct Done {
    snapshot: Option<u64>,
    generation: u64,
    result: io::Result<()>,
}

impl Done {
    /// Returns whether it is on the medium now.
    pub fn is_durable(&self) -> bool {
        self.result.is_ok()
    }
}

impl Job {
    /// Does the work; may take long.
    pub fn run(self) -> Done {
        let Self {
            disk,
            directory,
            generation,
            work,
        } = self;
        match work {
            Work::Sync { sink, fresh } => {
                let mut result = sink.sync();
                if fresh && result.is_ok() {
                    result = disk.sync_directory(&directory);
                }
                Done {
                    snapshot: None,
                    generation,
                    result,
                }
            }
            Work::Snapshot {
                sequence,
                picture,
                before,
            } => {
                let mut result = before.map_or(Ok(()), |sink| sink.sync());
                if result.is_ok() {
                    result = snapshot::write(&*disk, &directory, sequence, picture.records());
                }
                if result.is_ok() {
                    // What the newest two snapshots make superfluous. What cannot be removed now
                    // is tried again with the next one.
                    let _ = clean(&*disk, &directory);
                }
                Done {
                    snapshot: Some(sequence),
                    generation,
                    result,
                }
            }
        }
    }
}

fn clean(disk: &dyn Disk, directory: &Path) -> io::Result<()> {
    let files = Files::list(directory)?;
    let mut newest = files.snapshots.keys().rev();
    let (_, Some(previous)) = (newest.next(), newest.next()) else {
        return Ok(());
    };
    let snapshots = files.snapshots.range(..*previous);
    let segments = files.segments.range(..=*previous);
    (snapshots.chain(segments)).try_for_each(|(_, path)| disk.remove(path))
}

/// Whether `span_s` has passed; also when the clock went back.
fn passed(since_s: f64, now_s: f64, span_s: f64) -> bool {
    !(0.0..span_s).contains(&(now_s - since_s))
}

impl Journal {
    /// Recovers what the directory holds, then goes on behind it.
    ///
    /// Never fails: when the directory cannot be used, persistence begins suspended.
    pub fn open(
        directory: &Path,
        disk: Arc<dyn Disk>,
        durability: Durability,
        now_s: f64,
        apply: impl FnMut(Record),
    ) -> (Self, Recovery) {
        let (recovery, standing) = recover(directory, apply);
        let Standing {
            sequence,
            whole,
            log_bytes,
        } = standing;
        let mut journal = Self {
            disk,
            directory: directory.to_owned(),
            durability,
            mode: Mode::Suspended { retry_at_s: now_s },
            buffer: Vec::new(),
            sequence,
            bytes_since_snapshot: log_bytes,
            bytes_in_snapshot: 0,
            written_at_s: now_s,
            synced_at_s: now_s,
            snapshot_at_s: now_s,
            unsynced: false,
            generation: 0,
            fresh: true,
            busy: false,
            last_error: recovery.refused.clone(),
            counters: JournalCounters::default(),
        };
        if whole {
            journal.open_log(now_s);
        }
        (journal, recovery)
    }

    /// Returns what persistence did so far.
    pub fn counters(&self) -> JournalCounters {
        self.counters
    }

    /// Returns why persistence is suspended; none while it is not.
    pub fn suspended(&self) -> Option<&str> {
        match self.mode {
            Mode::Open(_) => None,
            _ => Some(
                self.last_error
                    .as_deref()
                    .unwrap_or("recovered with losses"),
            ),
        }
    }

    /// Adds a record; it is written when its time comes.
    pub fn append(&mut self, record: &Record, now_s: f64) {
        if matches!(self.mode, Mode::Suspended { .. }) {
            self.counters.lost += 1;
            return;
        }
        match record.encode(self.sequence + 1, &mut self.buffer) {
            Ok(()) => {
                self.sequence += 1;
                self.counters.records += 1;
            }
            Err(error) => {
                self.counters.lost += 1;
                self.last_error = Some(error.to_string());
            }
        }
        if self.buffer.len() >= BUFFER_BYTES {
            self.write(now_s);
        }
    }

    /// Returns whether buffered records have waited long enough.
    pub fn write_is_due(&self, now_s: f64) -> bool {
        passed(self.written_at_s, now_s, self.durability.delays_s().0)
    }

    /// Hands what is buffered to the system.
    pub fn write(&mut self, now_s: f64) {
        let Mode::Open(sink) = &self.mode else { return };
        self.written_at_s = now_s;
        if self.buffer.is_empty() {
            return;
        }
        match sink.append(&self.buffer) {
            Ok(()) => {
                let written = self.buffer.len() as u64;
                self.buffer.clear();
                self.bytes_since_snapshot += written;
                self.counters.log_bytes += written;
                self.unsynced = true;
            }
            Err(error) => self.suspend(&error, now_s),
        }
    }

    /// Writes, and returns the job that makes it durable; none while suspended.
    pub fn sync(&mut self, now_s: f64) -> Option<Job> {
        self.write(now_s);
        let Mode::Open(sink) = &self.mode else {
            return None;
        };
        self.unsynced = false;
        self.synced_at_s = now_s;
        let work = Work::Sync {
            sink: Arc::clone(sink),
            fresh: self.fresh,
        };
        Some(self.job(work))
    }

    /// Returns the job whose time has come, if any; `picture` is called for a snapshot only.
    pub fn due(&mut self, now_s: f64, picture: impl FnOnce() -> Picture) -> Option<Job> {
        if self.busy {
            return None;
        }
        let snapshot = match self.mode {
            Mode::Suspended { retry_at_s } => {
                // The span is bounded so that a clock set back cannot postpone it for ever.
                passed(retry_at_s - RETRY_S, now_s, RETRY_S)
            }
            Mode::Resuming => false,
            Mode::Open(_) => {
                (self.bytes_since_snapshot > SNAPSHOT_AT_BYTES
                    && passed(self.snapshot_at_s, now_s, SNAPSHOT_INTERVAL_S))
                    || (self.bytes_since_snapshot > MAX_LOG_BYTES
                        && passed(self.snapshot_at_s, now_s, RETRY_S))
            }
        };
        if snapshot {
            return self.snapshot(now_s, picture);
        }
        let (_, sync_delay_s) = self.durability.delays_s();
        if self.unsynced && passed(self.synced_at_s, now_s, sync_delay_s) {
            return self.sync(now_s);
        }
        None
    }

    /// Begins a new log and returns the job that writes everything before it into a snapshot.
    ///
    /// None when a snapshot is being written already, or when nothing came since the last one.
    pub fn snapshot(&mut self, now_s: f64, picture: impl FnOnce() -> Picture) -> Option<Job> {
        self.write(now_s);
        if self.busy || (self.suspended().is_none() && self.bytes_since_snapshot == 0) {
            return None;
        }
        self.snapshot_at_s = now_s;
        let before = if let Mode::Open(sink) = &self.mode {
            let before = Arc::clone(sink);
            self.begin_log(self.sequence, now_s);
            if self.suspended().is_some() {
                return None;
            }
            Some(before)
        } else {
            // Records were lost: a number without a record tells recovery so, should it ever have
            // to do without this snapshot.
            self.sequence += 1;
            self.mode = Mode::Resuming;
            None
        };
        self.busy = true;
        self.bytes_in_snapshot = self.bytes_since_snapshot;
        let work = Work::Snapshot {
            sequence: self.sequence,
            picture: Box::new(picture()),
            before,
        };
        Some(self.job(work))
    }

    /// Takes the result of a job.
    pub fn finish(&mut self, done: Done, now_s: f64) {
        let resuming = matches!(self.mode, Mode::Resuming);
        self.busy &= done.snapshot.is_none();
        match (done.result, done.snapshot) {
            (Ok(()), snapshot) => {
                self.fresh &= done.generation != self.generation;
                if let Some(sequence) = snapshot {
                    self.counters.snapshots += 1;
                    self.bytes_since_snapshot -= self.bytes_in_snapshot;
                    if resuming {
                        self.begin_log(sequence, now_s);
                    }
                } else {
                    self.counters.syncs += 1;
                }
            }
            // The log itself is whole; the snapshot is tried again later.
            (Err(error), Some(_)) if !resuming => {
                self.counters.failures += 1;
                self.last_error = Some(error.to_string());
            }
            (Err(error), _) => self.suspend(&error, now_s),
        }
    }

    fn job(&self, work: Work) -> Job {
        Job {
            disk: Arc::clone(&self.disk),
            directory: self.directory.clone(),
            generation: self.generation,
            work,
        }
    }

    /// Puts the log aside under the number of the snapshot that replaces it, and opens a new one.
    fn begin_log(&mut self, sequence: u64, now_s: f64) {
        let log = self.directory.join(LOG);
        let aside = self.directory.join(format!("{LOG}.{sequence}"));
        match self.disk.rename(&log, &aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.suspend(&error, now_s),
            _ => self.open_log(now_s),
        }
    }

    fn open_log(&mut self, now_s: f64) {
        match self.disk.open(&self.directory.join(LOG)) {
            Ok(sink) => {
                self.mode = Mode::Open(sink);
                self.fresh = true;
                self.generation += 1;
                self.last_error = None;
                self.write(now_s);
            }
            Err(error) => self.suspend(&error, now_s),
        }
    }

    fn suspend(&mut self, error: &io::Error, now_s: f64) {
        self.counters.failures += 1;
        self.last_error = Some(error.to_string());
        self.mode = Mode::Suspended {
            retry_at_s: now_s + RETRY_S,
        };
        self.buffer.clear();
    }
}
