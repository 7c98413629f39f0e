//! Places for the sockets of programs, where nobody else can reach them.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Exec;

/// Longest path of a socket, in bytes: `sun_path` of unix(7), with its closing zero.
const MAX_PATH_BYTES: usize = 107;
/// How many names are tried that somebody else has taken.
const MAX_NAMES: usize = 64;

/// Where a socket may be made. The socket, and what was made to hold it, go when this is dropped; what a killed
/// process leaves lies among its records, and is removed by [`Exec::end_orphans`].
#[derive(Debug)]
pub struct SocketPlace {
    path: PathBuf,
    own_dir: Option<PathBuf>,
}

impl Exec {
    /// A new place for a socket, in a directory that only this user can enter: among the records, or below the
    /// system's directory for temporary files when there are none or their path is too long for a socket.
    ///
    /// # Errors
    /// No directory could be made.
    pub fn socket_place(&self) -> io::Result<SocketPlace> {
        if let Some(guard) = &self.guard {
            let path = guard.next_record().with_extension("socket");
            if path.as_os_str().len() <= MAX_PATH_BYTES {
                return Ok(SocketPlace { path, own_dir: None });
            }
        }
        let own_dir = make_private_dir(&std::env::temp_dir())?;
        Ok(SocketPlace { path: own_dir.join("socket"), own_dir: Some(own_dir) })
    }
}

impl SocketPlace {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketPlace {
    fn drop(&mut self) {
        // The program may have removed it already.
        let _ = fs::remove_file(&self.path);
        if let Some(dir) = &self.own_dir {
            let _ = fs::remove_dir(dir);
        }
    }
}

/// A directory that was not there before. Whoever guesses its name can only make us choose another.
fn make_private_dir(parent: &Path) -> io::Result<PathBuf> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..MAX_NAMES {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("besser-{}-{number}", process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}
