//! The keys of encrypted volumes: what they are called, who has one, and the manager that is part of this program.

mod master;
mod sealed;
mod served;

pub use master::{DamagedMasterKey, MasterKey};
pub use sealed::SealedKeys;
pub use served::{KeyFacts, ServedKeys};

use model::{BackupId, ImageId, Volume, VolumeId};
use store::{Conn, StoreError};

/// Why nothing becomes of what needs a key, where none can be had.
pub(crate) const NO_MANAGER: &str = "this process has no key manager";

/// What the key of a volume is called. Its identifier is only known once it is made; by its name it is found again.
#[must_use]
pub fn name_of(volume: VolumeId) -> String {
    format!("volume-{volume}")
}

/// What the key of a backup is called.
#[must_use]
pub fn name_of_backup(backup: BackupId) -> String {
    format!("backup-{backup}")
}

/// What the key of an image is called.
#[must_use]
pub fn name_of_image(image: ImageId) -> String {
    format!("image-{image}")
}

/// Whether a volume has a key, or may have one that was made and not noted.
pub(crate) fn may_have_one(conn: &Conn<'_>, volume: &Volume) -> Result<bool, StoreError> {
    let noted = volume.encryption_key_id.is_some();
    Ok(noted || store::encryptions::of_type(conn, volume.volume_type_id)?.is_some())
}
