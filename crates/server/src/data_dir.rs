//! The data directory: one process at a time, readable by its owner only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use store::{Options, Store};

use crate::cli::Failure;

/// The database.
const DATABASE: &str = "besser.sqlite";

/// Where data goes when nobody says: the user's data directory.
pub(crate) fn default_path() -> PathBuf {
    let named =
        |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data_home = named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")));
    data_home.unwrap_or_else(|| PathBuf::from(".")).join("besser")
}

/// The data directory, held by this process until it ends.
pub(crate) struct DataDir {
    path: PathBuf,
    /// Locked; the lock ends with the process, however it ends.
    _lock: File,
}

impl DataDir {
    /// Makes the directory if there is none, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self, Failure> {
        let cannot = |doing: &str, error: io::Error| {
            format!("cannot {doing} the data directory {}: {error}", path.display())
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| cannot("make", error))?;
        let path = path.canonicalize().map_err(|error| cannot("find", error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(|error| cannot("write to", error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(format!("another process uses the data directory {}", path.display()))
            }
            Err(error) => Err(cannot("lock", error.into())),
        }
    }

    /// A file or directory in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens the database.
    pub(crate) fn open_store(&self) -> Result<Store, Failure> {
        Store::open(Options::file(self.join(DATABASE))).map_err(|error| error.chain())
    }

    /// The name under which this installation is known, chosen at the first start: a machine may be renamed, its
    /// volumes stay where they are.
    pub(crate) fn host_name(&self) -> Result<String, Failure> {
        let path = self.join("host-name");
        match fs::read_to_string(&path) {
            Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
            _ => {
                let uname = rustix::system::uname();
                let name =
                    uname.nodename().to_str().ok().filter(|name| !name.is_empty()).unwrap_or("localhost");
                write_private(&path, name.as_bytes())?;
                Ok(name.to_owned())
            }
        }
    }
}

/// Writes a file that only its owner reads: whole or not at all, durable when this returns.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(cannot)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
    fs::rename(&unfinished, path).map_err(cannot)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(cannot)
}

/// Opens the database of an installation beside the process that serves it.
pub(crate) fn open_existing_store(data_dir: &Path) -> Result<Store, Failure> {
    let path = data_dir.join(DATABASE);
    if !path.exists() {
        return Err(format!("there is no database in {}: give the right --data-dir", data_dir.display()));
    }
    Store::open(Options::file(path)).map_err(|error| error.chain())
}
