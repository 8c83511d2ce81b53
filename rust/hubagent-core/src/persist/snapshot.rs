//! A file that holds everything as of one instant, whole or not at all.
//!
//! `magic | version u32 | count u32 | records | crc32 of all before`; numbers are little-endian.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::record::{Frame, Record};

const MAGIC: [u8; 8] = *b"HUBSNAP\0";
const VERSION: u32 = 1;
const HEADER: usize = 16;

/// Returns the path of the snapshot of a sequence number.
pub fn path(directory: &Path, sequence: u64) -> PathBuf {
    directory.join(format!("state.snap.{sequence}"))
}

/// Writes a snapshot: to a temporary file, to the medium, then under its name.
///
/// # Errors
/// When the system refuses anything on the way; the file does not exist under its name then.
pub fn write(
    disk: &dyn Disk,
    directory: &Path,
    sequence: u64,
    records: impl Iterator<Item = Record>,
) -> io::Result<()> {
    let bytes = encode(sequence, records)?;
    let temporary = directory.join("state.snap.tmp");
    let result = disk.remove(&temporary).and_then(|()| {
        let sink = disk.open(&temporary)?;
        sink.append(&bytes)?;
        sink.sync()?;
        disk.rename(&temporary, &path(directory, sequence))?;
        disk.sync_directory(directory)
    });
    if result.is_err() {
        // The space may be what is missing; if even this fails, the next try begins with it.
        let _ = disk.remove(&temporary);
    }
    result
}

fn encode(sequence: u64, records: impl Iterator<Item = Record>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1 << 16);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    let mut count = 0_u32;
    for record in records {
        record
            .encode(sequence, &mut bytes)
            .map_err(io::Error::other)?;
        count += 1;
    }
    if let Some(place) = bytes.get_mut(HEADER - 4..HEADER) {
        place.copy_from_slice(&count.to_le_bytes());
    }
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    Ok(bytes)
}

/// Reads a snapshot's bytes; none unless every one of them is as it was written.
///
/// Records that another version wrote are left out; their number comes second.
pub fn read(bytes: &[u8]) -> Option<(Vec<Record>, u64)> {
    let (content, trailer) = bytes.split_last_chunk::<4>()?;
    let (header, mut rest) = content.split_first_chunk::<HEADER>()?;
    let [
        m0,
        m1,
        m2,
        m3,
        m4,
        m5,
        m6,
        m7,
        v0,
        v1,
        v2,
        v3,
        c0,
        c1,
        c2,
        c3,
    ] = *header;
    if [m0, m1, m2, m3, m4, m5, m6, m7] != MAGIC
        || u32::from_le_bytes([v0, v1, v2, v3]) != VERSION
        || crc32fast::hash(content) != u32::from_le_bytes(*trailer)
    {
        return None;
    }
    let mut records = Vec::new();
    let mut unread = 0;
    while let Some(frame) = Frame::read(rest).ok()? {
        match frame.decode() {
            Some(record) => records.push(record),
            None => unread += 1,
        }
        rest = rest.get(frame.size..)?;
    }
    let count = u64::from(u32::from_le_bytes([c0, c1, c2, c3]));
    (records.len() as u64 + unread == count).then_some((records, unread))
}
