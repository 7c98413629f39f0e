//! The keys of encrypted volumes: what they are called, who has one, and the manager that is part of this program.

mod master;
mod sealed;
mod served;

pub use master::{DamagedMasterKey, MasterKey};
pub use sealed::SealedKeys;
pub use served::{KeyFacts, ServedKeys};

use model::encryption::Encryption;
use model::{BackupId, ImageId, KeyId, Volume, VolumeId};
use ports::keys::{KeyError, KeyManager, KeySpec};
use store::{Conn, StoreError};

/// Why nothing becomes of what needs a key, where none can be had.
pub(crate) const NO_MANAGER: &str = "this process has no key manager";

/// What a key is to be.
pub(crate) enum Wanted {
    /// A new one of this kind.
    New(KeySpec),
    /// One with the same secret as this one, for content that is copied as it is.
    Copy(KeyId),
}

impl Wanted {
    /// A new one, as `encryption` has it; none when that does not say which.
    pub(crate) fn by(encryption: &Encryption) -> Option<Self> {
        let (algorithm, bits) = encryption.key()?;
        Some(Self::New(KeySpec { algorithm: algorithm.to_owned(), bits }))
    }

    /// The one called `name`, which is made unless it is there.
    pub(crate) fn ensure(&self, keys: &dyn KeyManager, name: &str) -> Result<KeyId, KeyError> {
        match self {
            Self::New(spec) => keys.ensure(name, spec),
            Self::Copy(of) => keys.ensure_copy(name, *of),
        }
    }
}

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
