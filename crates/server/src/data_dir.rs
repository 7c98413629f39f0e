//! The data directory: one process at a time, readable by its owner only.
//!
//! Files in it are closed to others one by one: the directory itself may have been there before, open to everybody.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::cli::Failure;

/// The database, when the configuration names none.
pub(crate) const DATABASE: &str = "besser.sqlite";

/// The name under which the installation is known.
const HOST_NAME: &str = "host-name";

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

    /// Makes a directory in it that only its owner enters, if there is none.
    pub(crate) fn make_private(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.join(name);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What tells the processes of one host apart that share a database: chosen at the first start, and the same in every
    /// life of the process, so that it knows what it had begun.
    pub(crate) fn seat(&self) -> Result<String, Failure> {
        let path = self.join("seat");
        match fs::read_to_string(&path) {
            Ok(seat) if !seat.trim().is_empty() => return Ok(seat.trim().to_owned()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot read {}: {error}", path.display()));
            }
            _ => {}
        }
        let seat = model::OperationId::random().to_string();
        write_private(&path, seat.as_bytes())?;
        Ok(seat)
    }

    /// The name under which the installation in `path` is known.
    pub(crate) fn known_host_name(path: &Path) -> Result<String, Failure> {
        let path = path.join(HOST_NAME);
        let name =
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(name.trim().to_owned())
    }

    /// The name under which this installation is known, chosen at the first start: a machine may be renamed, its
    /// volumes stay where they are.
    pub(crate) fn host_name(&self) -> Result<String, Failure> {
        let path = self.join(HOST_NAME);
        match fs::read_to_string(&path) {
            Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot read {}: {error}", path.display()));
            }
            _ => {}
        }
        let uname = rustix::system::uname();
        let name = uname.nodename().to_str().ok().filter(|name| !name.is_empty()).unwrap_or("localhost");
        write_private(&path, name.as_bytes())?;
        Ok(name.to_owned())
    }
}

/// Writes a file that only its owner reads: whole or not at all, durable when this returns.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let unfinished = path.with_extension("unfinished");
    // One that a killed process left may be open to others.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(error)),
        _ => {}
    }
    let mut file =
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished).map_err(cannot)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
    fs::rename(&unfinished, path).map_err(cannot)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(cannot)
}

/// Sees to it that the file of a database, which holds the keys of tokens, is nobody else's to read.
pub(crate) fn close_database(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    // The engine makes what it keeps beside it with the mode of the database.
    let beside = ["-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    });
    for path in beside.iter().map(PathBuf::as_path).chain([path]) {
        match fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::database::Chosen;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn database(home: &Path) -> Chosen {
        Chosen::of(&config::Config::default(), home).unwrap()
    }

    #[tokio::test]
    async fn a_directory_that_was_open_holds_files_that_are_not() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in [DATABASE, "besser.sqlite-wal", "clouds.unfinished"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        let data_dir = DataDir::take(home.path()).unwrap();
        let _store = database(data_dir.path()).open(&data_dir).await.unwrap();
        write_private(&data_dir.join("clouds.yaml"), b"secret").unwrap();
        for name in [DATABASE, "besser.sqlite-wal", "besser.sqlite-shm", "clouds.yaml"] {
            assert_eq!(mode(&data_dir.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&data_dir.make_private("volumes").unwrap()), 0o700);
    }

    #[test]
    fn one_process_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let first = DataDir::take(home.path()).unwrap();
        assert!(DataDir::take(home.path()).err().unwrap().starts_with("another process uses"));
        drop(first);
        assert!(DataDir::take(home.path()).is_ok());
    }

    #[test]
    fn a_seat_is_the_same_in_every_life() {
        let home = tempfile::tempdir().unwrap();
        let seat = DataDir::take(home.path()).unwrap().seat().unwrap();
        assert_eq!(DataDir::take(home.path()).unwrap().seat().unwrap(), seat);
    }

    #[test]
    fn a_host_keeps_its_name() {
        let home = tempfile::tempdir().unwrap();
        let data_dir = DataDir::take(home.path()).unwrap();
        let chosen = data_dir.host_name().unwrap();
        assert_eq!(fs::read_to_string(data_dir.join("host-name")).unwrap(), chosen);
        fs::write(data_dir.join("host-name"), "earlier\n").unwrap();
        assert_eq!(data_dir.host_name().unwrap(), "earlier");
        // What cannot be read is not chosen anew: the volumes are under the old name.
        fs::write(data_dir.join("host-name"), [0xff]).unwrap();
        assert!(data_dir.host_name().is_err());
        assert_eq!(fs::read(data_dir.join("host-name")).unwrap(), [0xff]);
    }

    #[test]
    fn a_database_that_is_none_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(DATABASE), "this is no database, however long one looks at it").unwrap();
        let failure = database(home.path()).open_beside().err().unwrap();
        assert!(failure.contains("besser.sqlite: "), "{failure}");
        assert!(failure.contains("not a database"), "{failure}");
        assert_eq!(failure.lines().count(), 1);
    }
}
