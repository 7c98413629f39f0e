//! Which store the configuration means: one explicit list, nothing registers itself.

use std::path::PathBuf;
use std::sync::Arc;

use config::{OptionError, Section};
use ports::BackupStore;
use thiserror::Error;

use super::posix::{self, PosixStore};

/// A store by its short name, its class, and the names that Cinder's configuration files have had for it.
const STORES: &[(&str, &[&str])] = &[
    ("posix", &[posix::SERVICE, "cinder.backup.drivers.posix"]),
    ("nfs", &["cinder.backup.drivers.nfs.NFSBackupDriver", "cinder.backup.drivers.nfs"]),
    (
        "glusterfs",
        &["cinder.backup.drivers.glusterfs.GlusterfsBackupDriver", "cinder.backup.drivers.glusterfs"],
    ),
    ("ceph", &["cinder.backup.drivers.ceph.CephBackupDriver", "cinder.backup.drivers.ceph"]),
    ("swift", &["cinder.backup.drivers.swift.SwiftBackupDriver", "cinder.backup.drivers.swift"]),
    ("s3", &["cinder.backup.drivers.s3.S3BackupDriver"]),
    ("gcs", &["cinder.backup.drivers.gcs.GoogleBackupDriver"]),
];

/// Why there is no store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// An option cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A store that this service knows by name and cannot use.
    #[error("backup_driver: {0} is known, but not built yet")]
    NotBuilt(&'static str),
    /// A store of another world.
    #[error(
        "backup_driver: {0:?} is none of posix, nfs, glusterfs, ceph, swift, s3 and gcs, nor a class of Cinder's"
    )]
    Unknown(String),
}

/// Makes the store that `[DEFAULT]` names; `default_path` is where backups go when no option says so. Nothing is touched
/// yet: [`BackupStore::check`] says whether the store can be used.
///
/// # Errors
/// The options are wrong, or name a store that is not built.
pub fn open(section: &Section<'_>, default_path: PathBuf) -> Result<Arc<dyn BackupStore>, OpenError> {
    if !section.sets("backup_driver") {
        let path = posix_path(section)?.unwrap_or(default_path);
        return Ok(Arc::new(PosixStore::new(path)));
    }
    let named = section.text("backup_driver")?;
    let known = STORES.iter().find(|(short, classes)| *short == named || classes.contains(&named.as_str()));
    match known {
        Some(("posix", _)) => Ok(Arc::new(PosixStore::new(posix_path(section)?.unwrap_or(default_path)))),
        Some((short, _)) => Err(OpenError::NotBuilt(short)),
        None => Err(OpenError::Unknown(named.chars().take(100).collect())),
    }
}

fn posix_path(section: &Section<'_>) -> Result<Option<PathBuf>, OptionError> {
    if !section.sets("backup_posix_path") {
        return Ok(None);
    }
    Ok(section.nonempty("backup_posix_path")?.map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use config::Config;

    use super::*;

    fn open_with(text: &str) -> Result<Arc<dyn BackupStore>, OpenError> {
        let mut config = Config::load::<PathBuf>(&[]).unwrap();
        config.overlay("test", format!("[DEFAULT]\n{text}\n").as_bytes()).unwrap();
        open(&config.default_section(), "/nowhere/backups".into())
    }

    #[test]
    fn cinders_names_are_known() {
        for name in ["posix", posix::SERVICE, "cinder.backup.drivers.posix"] {
            assert_eq!(
                open_with(&format!("backup_driver = {name}")).unwrap().capabilities().service,
                posix::SERVICE
            );
        }
        assert!(open_with("").is_ok());
        let not_built = open_with("backup_driver = cinder.backup.drivers.nfs.NFSBackupDriver").err().unwrap();
        assert_eq!(not_built.to_string(), "backup_driver: nfs is known, but not built yet");
        assert!(matches!(open_with("backup_driver = tape"), Err(OpenError::Unknown(_))));
    }
}
