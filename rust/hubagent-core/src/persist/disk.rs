//! The few file operations that persistence needs, so that tests can make any of them fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

/// A file that is being appended to.
pub trait Sink: Send + Sync {
    /// Appends all bytes.
    ///
    /// # Errors
    /// When the system refuses; some of the bytes may have been written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Waits until everything appended is on the medium.
    ///
    /// # Errors
    /// When the system refuses; nothing is known of what is on the medium then.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of files.
pub trait Disk: Send + Sync {
    /// Opens a file for appending; made when absent.
    ///
    /// # Errors
    /// When the system refuses.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Sink>>;

    /// Gives a file another name, replacing what had it.
    ///
    /// # Errors
    /// When the system refuses.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// When the system refuses; a file that is not there is no error.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Waits until names made, changed and removed in the directory are on the medium.
    ///
    /// # Errors
    /// When the system refuses.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileDisk;

impl Sink for File {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for FileDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Sink>> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }
}
