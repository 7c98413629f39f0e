//! What a reboot restores: the file of rtslib (`targetctl save`), of which we change our own targets and nothing else.
//!
//! Where there is no rtslib there is no file, and the service itself offers everything anew when it starts.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ports::DriverError;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};

use crate::target::Iqn;

/// Where distributions have it: Debian, and everybody else.
const DIRECTORIES: &[&str] = &["/etc/rtslib-fb-target", "/etc/target"];
/// Its name.
const FILE: &str = "saveconfig.json";
/// Largest file that is read: a target takes two kilobytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// A target as it is restored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its device, a member of `storage_objects`.
    pub(super) device: Value,
    /// Itself, a member of `targets`.
    pub(super) target: Value,
}

/// The file that a reboot reads.
pub(super) fn default_file() -> Option<PathBuf> {
    DIRECTORIES
        .iter()
        .map(Path::new)
        .find(|directory| directory.is_dir())
        .map(|directory| directory.join(FILE))
}

/// Has whoever reads the file `path` restore the target `name` as `entry` says, or not at all.
pub(super) fn put(path: &Path, name: &Iqn, entry: Option<Entry>) -> Result<(), DriverError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failure = || DriverError::io(format!("writing {}", path.display()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(directory.join(".besser.lock")).map_err(failure())?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|errno| failure()(errno.into()))?;
    let old = read(path)?;
    let mut new = old.clone();
    let (device, target) = entry.map(|entry| (entry.device, entry.target)).unzip();
    replace(&mut new, "storage_objects", ("name", name.as_str()), device);
    replace(&mut new, "targets", ("wwn", name.as_str()), target);
    if new == old {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&new).unwrap_or_default();
    let fresh = directory.join(".saveconfig.json.besser");
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh);
    let written = written.and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(directory)?.sync_all()
    });
    written.map_err(failure())
}

/// What is in the file. One that nobody can read is left alone.
fn read(path: &Path) -> Result<Map<String, Value>, DriverError> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if found.len() > MAX_FILE_BYTES => {
            return Err(DriverError::Refused(format!("{shown} has {} bytes", found.len())));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Map::from_iter([("fabric_modules".to_owned(), json!([]))]));
        }
        Err(error) => return Err(DriverError::io(format!("reading {shown}"))(error)),
    }
    let text = fs::read(path).map_err(DriverError::io(format!("reading {shown}")))?;
    serde_json::from_slice(&text).map_err(|error| DriverError::Refused(format!("{shown}: {error}")))
}

/// Lets `new` be what `list` has under a name, at the end, or nothing.
fn replace(all: &mut Map<String, Value>, list: &str, (key, name): (&str, &str), new: Option<Value>) {
    let members = all.entry(list).or_insert_with(|| json!([]));
    let Some(members) = members.as_array_mut() else { return };
    match (members.iter_mut().find(|member| member[key] == name), new) {
        (Some(old), Some(new)) => *old = new,
        (None, Some(new)) => members.push(new),
        (_, None) => members.retain(|member| member[key] != name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, device: &str) -> Entry {
        Entry { device: json!({"name": name, "dev": device}), target: json!({"wwn": name}) }
    }

    #[test]
    fn only_our_target_changes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let foreign = r#"{"fabric_modules": [1], "storage_objects": [{"name": "x"}], "targets": [{"wwn": "y"}], "z": 0}"#;
        fs::write(&path, foreign).unwrap();
        let name: Iqn = "iqn.a:volume-1".parse().unwrap();
        put(&path, &name, Some(entry(name.as_str(), "/dev/a"))).unwrap();
        put(&path, &name, Some(entry(name.as_str(), "/dev/b"))).unwrap();
        let read = |path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
        let found = read(&path);
        assert_eq!(
            found["storage_objects"],
            json!([{"name": "x"}, {"name": name.as_str(), "dev": "/dev/b"}])
        );
        assert_eq!(found["targets"], json!([{"wwn": "y"}, {"wwn": name.as_str()}]));
        for _ in 0..2 {
            put(&path, &name, None).unwrap();
        }
        assert_eq!(read(&path), serde_json::from_str::<Value>(foreign).unwrap());
    }

    #[test]
    fn a_file_that_nobody_can_read_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        fs::write(&path, "{").unwrap();
        let name: Iqn = "iqn.a:volume-1".parse().unwrap();
        assert!(put(&path, &name, Some(entry("a", "b"))).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "{");
        fs::remove_file(&path).unwrap();
        put(&path, &name, None).unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("storage_objects"));
    }
}
