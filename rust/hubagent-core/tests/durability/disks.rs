//! Disks that fail, and disks that forget what was not synced when the power goes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hubagent_core::persist::disk::Sink;
use hubagent_core::persist::{Disk, FileDisk};

/// When a [`FaultyDisk`] refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Only at the operation of this number.
    Once(usize),
    /// From the operation of this number on, for so many operations.
    For(usize, usize),
}

/// A disk that refuses some operations; a refused write leaves half of its bytes behind.
#[derive(Clone)]
pub(crate) struct FaultyDisk {
    fault: Fault,
    operations: Arc<Mutex<usize>>,
}

impl FaultyDisk {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            operations: Arc::default(),
        }
    }

    pub(crate) fn operations(&self) -> usize {
        *self.operations.lock().unwrap()
    }

    fn check(&self) -> io::Result<()> {
        let mut count = self.operations.lock().unwrap();
        let now = *count;
        *count += 1;
        let refused = match self.fault {
            Fault::Once(at) => now == at,
            Fault::For(from, span) => (from..from.saturating_add(span)).contains(&now),
        };
        if refused {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

struct FaultySink {
    inner: Arc<dyn Sink>,
    disk: FaultyDisk,
}

impl Sink for FaultySink {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.disk.check() {
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.inner.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        // Waiting for the real medium would only take time.
        self.disk.check()
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Sink>> {
        self.check()?;
        Ok(Arc::new(FaultySink {
            inner: FileDisk.open(path)?,
            disk: self.clone(),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check()?;
        FileDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check()?;
        FileDisk.remove(path)
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        self.check()
    }
}

/// What a directory change must be undone by.
enum Undo {
    Made(PathBuf),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf, Vec<u8>),
}

#[derive(Default)]
struct Volatile {
    /// Bytes of each file that are on the medium; files are told apart by their inode.
    synced: HashMap<u64, u64>,
    /// Changes of names since the directory was synced.
    names: Vec<Undo>,
}

/// A disk whose medium lags behind: only what was synced survives [`PowerDisk::cut`] for sure.
#[derive(Clone, Default)]
pub(crate) struct PowerDisk {
    volatile: Arc<Mutex<Volatile>>,
}

fn inode(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).unwrap().ino()
}

struct PowerSink {
    inner: Arc<dyn Sink>,
    inode: u64,
    length: Mutex<u64>,
    disk: PowerDisk,
}

impl Sink for PowerSink {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        *self.length.lock().unwrap() += bytes.len() as u64;
        self.inner.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        let length = *self.length.lock().unwrap();
        let mut volatile = self.disk.volatile.lock().unwrap();
        volatile.synced.insert(self.inode, length);
        Ok(())
    }
}

impl Disk for PowerDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Sink>> {
        let existed = path.exists();
        let inner = FileDisk.open(path)?;
        let (inode, length) = (inode(path), fs::metadata(path)?.len());
        let mut volatile = self.volatile.lock().unwrap();
        if existed {
            volatile.synced.entry(inode).or_insert(length);
        } else {
            volatile.synced.insert(inode, 0);
            volatile.names.push(Undo::Made(path.into()));
        }
        Ok(Arc::new(PowerSink {
            inner,
            inode,
            length: Mutex::new(length),
            disk: self.clone(),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        FileDisk.rename(from, to)?;
        let undo = Undo::Renamed(from.into(), to.into());
        self.volatile.lock().unwrap().names.push(undo);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if let Ok(bytes) = fs::read(path) {
            let undo = Undo::Removed(path.into(), bytes);
            self.volatile.lock().unwrap().names.push(undo);
        }
        FileDisk.remove(path)
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        self.volatile.lock().unwrap().names.clear();
        Ok(())
    }
}

impl PowerDisk {
    /// Cuts the power: a random part of what was not synced is lost, from the newest on.
    pub(crate) fn cut(self, directory: &Path, mut random: impl FnMut(u64) -> u64) {
        let mut volatile = self.volatile.lock().unwrap();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let length = fs::metadata(&path).unwrap().len();
            let synced = volatile
                .synced
                .get(&inode(&path))
                .copied()
                .unwrap_or(length);
            let kept = synced + random(length.saturating_sub(synced) + 1);
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(kept.min(length)).unwrap();
        }
        let lost = random(volatile.names.len() as u64 + 1);
        for _ in 0..lost {
            match volatile.names.pop().unwrap() {
                Undo::Made(path) => fs::remove_file(path).unwrap(),
                Undo::Renamed(from, to) => fs::rename(to, from).unwrap(),
                Undo::Removed(path, bytes) => fs::write(path, bytes).unwrap(),
            }
        }
    }
}
