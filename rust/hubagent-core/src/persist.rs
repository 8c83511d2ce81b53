//! What outlives a restart and a power cut: an append log, snapshots, and recovery from both.
//!
//! Files in the state directory:
//!
//! - `state.log`: records appended since the newest snapshot was begun;
//! - `state.log.<n>`: the records before, up to sequence number `n`; kept as long as the snapshot
//!   before the newest, so that one damaged snapshot loses nothing;
//! - `state.snap.<n>`: everything as of sequence number `n`; the newest two are kept.
//!
//! Recovery reads the newest valid snapshot and every record after it, up to the first that is
//! damaged or missing, cuts the log there, says what it dropped, and never refuses to start.

pub mod disk;
pub mod gate;
pub mod log;
pub mod record;
pub mod recover;
pub mod snapshot;

pub use disk::{Disk, FileDisk};
pub use log::{Done, Durability, Job, Journal, JournalCounters};
pub use record::{Record, StateRecord};
pub use recover::Recovery;
