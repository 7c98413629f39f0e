//! Which store the configuration means: one explicit list, nothing registers itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::{OptionError, Section};
use ports::backup::Patient;
use ports::{BackupStore, Exec};
use thiserror::Error;

use super::ceph::{self, CephStore};
use super::posix::{self, PosixStore};
use super::share::{self, Share, ShareStore};
use crate::http::HttpError;
use crate::object::s3::{self, S3Error, S3Options, S3Store};
use crate::object::swift::{self, SwiftError, SwiftOptions, SwiftStore};
use crate::rbd::{Cluster, Layout};

/// A store by its short name, its class, and the names that Cinder's configuration files have had for it.
const STORES: &[(&str, &[&str])] = &[
    ("posix", &[posix::SERVICE, "cinder.backup.drivers.posix"]),
    ("nfs", &[share::NFS, "cinder.backup.drivers.nfs"]),
    ("glusterfs", &[share::GLUSTERFS, "cinder.backup.drivers.glusterfs"]),
    ("ceph", &[ceph::SERVICE, "cinder.backup.drivers.ceph"]),
    ("swift", &[swift::SERVICE, "cinder.backup.drivers.swift"]),
    ("s3", &[s3::SERVICE]),
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
    /// A share without a name.
    #[error("{0} is not set")]
    NoShare(&'static str),
    /// The options of an S3-compatible service are wrong.
    #[error(transparent)]
    S3(#[from] S3Error),
    /// The options of Swift are wrong.
    #[error(transparent)]
    Swift(#[from] SwiftError),
    /// Nobody can be asked over HTTP as the options say.
    #[error(transparent)]
    Http(#[from] HttpError),
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
pub fn open(
    section: &Section<'_>,
    default_path: PathBuf,
    exec: &Exec,
) -> Result<Arc<dyn BackupStore>, OpenError> {
    let posix = || -> Result<Arc<dyn BackupStore>, OpenError> {
        let path = match section.sets("backup_posix_path") {
            true => section.nonempty("backup_posix_path")?.map(PathBuf::from),
            false => None,
        };
        let container = section.nonempty("backup_container")?;
        Ok(Arc::new(PosixStore::new(path.unwrap_or(default_path)).called(posix::SERVICE, container)))
    };
    // What speaks over HTTP, or through programs, has limits of time of its own.
    let in_time = |store: Arc<dyn BackupStore>| -> Result<Arc<dyn BackupStore>, OpenError> {
        let seconds = section.float("backup_store_timeout")?;
        let patience = Duration::try_from_secs_f64(seconds).ok().filter(|patience| !patience.is_zero());
        Ok(patience.map_or_else(
            || Arc::clone(&store),
            |patience| Arc::new(Patient::new(Arc::clone(&store), patience)),
        ))
    };
    if !section.sets("backup_driver") {
        return in_time(posix()?);
    }
    let named = section.text("backup_driver")?;
    let known = STORES.iter().find(|(short, classes)| *short == named || classes.contains(&named.as_str()));
    match known {
        Some(("posix", _)) => in_time(posix()?),
        Some(("nfs", _)) => in_time(Arc::new(ShareStore::new(nfs(section)?, exec.clone()))),
        Some(("glusterfs", _)) => in_time(Arc::new(ShareStore::new(glusterfs(section)?, exec.clone()))),
        Some(("ceph", _)) => Ok(Arc::new(ceph(section, exec)?)),
        Some(("s3", _)) => Ok(Arc::new(S3Store::new(S3Options::read(section)?)?)),
        Some(("swift", _)) => Ok(Arc::new(SwiftStore::new(SwiftOptions::read(section)?)?)),
        Some((short, _)) => Err(OpenError::NotBuilt(short)),
        None => Err(OpenError::Unknown(named.chars().take(100).collect())),
    }
}

/// The options that say how large the objects and the hashed blocks of Cinder's format are in a store.
#[must_use]
pub fn size_options(store: &dyn BackupStore) -> (&'static str, &'static str) {
    match store.capabilities().service {
        s3::SERVICE => ("backup_s3_object_size", "backup_s3_block_size"),
        swift::SERVICE => ("backup_swift_object_size", "backup_swift_block_size"),
        _ => ("backup_file_size", "backup_sha_block_size_bytes"),
    }
}

fn ceph(section: &Section<'_>, exec: &Exec) -> Result<CephStore, OptionError> {
    let conf = section.text("backup_ceph_conf")?.into();
    let cluster = Cluster::new(conf, section.text("backup_ceph_user")?, exec.clone());
    let bytes = |key| section.int_in(key, 0..=i64::MAX).map(i64::unsigned_abs);
    let stripes = (bytes("backup_ceph_stripe_unit")?, bytes("backup_ceph_stripe_count")?);
    let layout = Layout {
        object_bytes: None,
        stripes: (stripes.0 > 0 && stripes.1 > 0).then_some(stripes),
        is_journaled: section.bool("backup_ceph_image_journals")?,
    };
    Ok(CephStore::new(cluster, section.text("backup_ceph_pool")?, layout))
}

fn nfs(section: &Section<'_>) -> Result<Share, OpenError> {
    Ok(Share {
        service: share::NFS,
        kind: "nfs",
        name: section.nonempty("backup_share")?.ok_or(OpenError::NoShare("backup_share"))?,
        options: section.nonempty("backup_mount_options")?,
        base: section.text("backup_mount_point_base")?.into(),
        attempts: u32::try_from(section.int_in("backup_mount_attempts", 1..=100)?).unwrap_or(1),
        container: section.nonempty("backup_container")?,
    })
}

fn glusterfs(section: &Section<'_>) -> Result<Share, OpenError> {
    let name = section.nonempty("glusterfs_backup_share")?;
    Ok(Share {
        service: share::GLUSTERFS,
        kind: "glusterfs",
        name: name.ok_or(OpenError::NoShare("glusterfs_backup_share"))?,
        options: None,
        base: section.text("glusterfs_backup_mount_point")?.into(),
        attempts: 1,
        container: section.nonempty("backup_container")?,
    })
}

#[cfg(test)]
mod tests {
    use config::Config;

    use super::*;

    fn open_with(text: &str) -> Result<Arc<dyn BackupStore>, OpenError> {
        let mut config = Config::load::<PathBuf>(&[]).unwrap();
        config.overlay("test", format!("[DEFAULT]\n{text}\n").as_bytes()).unwrap();
        open(&config.default_section(), "/nowhere/backups".into(), &Exec::default())
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
        let not_built =
            open_with("backup_driver = cinder.backup.drivers.gcs.GoogleBackupDriver").err().unwrap();
        assert_eq!(not_built.to_string(), "backup_driver: gcs is known, but not built yet");
        assert!(matches!(open_with("backup_driver = tape"), Err(OpenError::Unknown(_))));
    }

    #[test]
    fn stores_say_what_they_lack() {
        for (text, service) in [
            ("nfs\nbackup_share = h:/p\nbackup_container = c", share::NFS),
            ("glusterfs\nglusterfs_backup_share = h:v\nbackup_container = c", share::GLUSTERFS),
            ("ceph\nbackup_ceph_pool = c", ceph::SERVICE),
            (
                "s3\nbackup_s3_store_access_key = a\nbackup_s3_store_secret_key = b\nbackup_s3_store_bucket = c",
                s3::SERVICE,
            ),
            (
                "swift\nbackup_swift_auth = single_user\nbackup_swift_auth_url = http://h/auth/v1.0\n\
                 backup_swift_user = u\nbackup_swift_key = k\nbackup_swift_container = c",
                swift::SERVICE,
            ),
        ] {
            let store = open_with(&format!("backup_driver = {text}")).unwrap();
            assert_eq!(store.capabilities().service, service);
            assert_eq!(store.container(), Some("c"), "{service}");
        }
        for (text, why) in [
            ("nfs", "backup_share is not set"),
            ("glusterfs", "glusterfs_backup_share is not set"),
            ("s3", "backup_s3_store_access_key is not set"),
            ("swift\nbackup_swift_auth = single_user", "backup_swift_auth_url is not set"),
            (
                "swift\nbackup_swift_auth = single_user\nbackup_swift_auth_url = http://h/v2.0\n\
                 backup_swift_user = u\nbackup_swift_key = k\nbackup_swift_auth_version = 2",
                "backup_swift_auth_version: \"2\" is neither 1 nor 3",
            ),
        ] {
            let error = open_with(&format!("backup_driver = {text}")).err().unwrap();
            assert_eq!(error.to_string(), why);
        }
        assert!(matches!(open_with("backup_driver = swift"), Err(OpenError::Swift(SwiftError::PerUser))));
        let odd = "s3\nbackup_s3_store_access_key = a\nbackup_s3_store_secret_key = b\nbackup_s3_endpoint_url = ftp://h";
        assert!(matches!(
            open_with(&format!("backup_driver = {odd}")),
            Err(OpenError::S3(S3Error::Address(_)))
        ));
    }
}
