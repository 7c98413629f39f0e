//! The keys in the database for whoever may have them: a key is of the project that what it opens is of.

use std::sync::Arc;

use model::secret::Secret;
use model::{KeyId, ProjectId, Timestamp};
use ports::keys::{KeyError, KeyManager};
use store::{Conn, Store, StoreError};

/// What can be said of a key without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// Identifier.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// `aes`.
    pub algorithm: String,
    /// Its size.
    pub bits: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The project of what it opens; none while that is not known.
    pub owner: Option<ProjectId>,
}

/// The keys, for reading.
#[derive(Clone)]
pub struct ServedKeys {
    store: Store,
    manager: Arc<dyn KeyManager>,
}

impl ServedKeys {
    /// The keys in `store`, which `manager` opens.
    #[must_use]
    pub const fn new(store: Store, manager: Arc<dyn KeyManager>) -> Self {
        Self { store, manager }
    }

    /// What is known of the key `id`; none when there is none.
    ///
    /// # Errors
    /// The store's own.
    pub async fn facts(&self, id: KeyId) -> Result<Option<KeyFacts>, StoreError> {
        let read = self.store.read(move |conn| {
            let Some(found) = store::sealed_keys::get(conn, id)? else { return Ok(None) };
            let owner = owner(conn, id, &found.name)?;
            let created_at = store::sealed_keys::created_at(conn, id)?.unwrap_or(Timestamp(0));
            let (name, algorithm, bits) = (found.name, found.algorithm, found.bits);
            Ok(Some(KeyFacts { id, name, algorithm, bits, created_at, owner }))
        });
        read.await
    }

    /// The key `id` itself.
    ///
    /// # Errors
    /// The key manager's.
    pub async fn secret(&self, id: KeyId) -> Result<Secret<Vec<u8>>, KeyError> {
        let manager = Arc::clone(&self.manager);
        let got = tokio::task::spawn_blocking(move || manager.get(id)).await;
        let key = got.map_err(|error| KeyError::Unavailable(error.to_string()))??;
        Ok(key.secret)
    }
}

/// Whose the thing is that this key opens, which may have changed hands and places since. Before a key is noted
/// anywhere, its name says what it is for.
fn owner(conn: &Conn<'_>, id: KeyId, name: &str) -> Result<Option<ProjectId>, StoreError> {
    if let Some(volume) = store::volumes::of_key(conn, id)? {
        return Ok(Some(volume.project_id));
    }
    if let Some(id) = name.strip_prefix("volume-").and_then(|id| id.parse().ok()) {
        let mut volume = store::volumes::named_on_backend(conn, id)?;
        if volume.is_none() {
            let copy = store::copies::named_on_backend(conn, id)?.map_or(id, |copy| copy.volume_id);
            volume = store::volumes::get(conn, copy)?;
        }
        return Ok(volume.map(|volume| volume.project_id));
    }
    if let Some(id) = name.strip_prefix("backup-").and_then(|id| id.parse().ok()) {
        return Ok(store::backups::get(conn, id)?.map(|backup| backup.project_id));
    }
    let image = name.strip_prefix("image-").and_then(|id| id.parse().ok());
    let image = image.map(|id| store::images::get(conn, id)).transpose()?.flatten();
    Ok(image.and_then(|image| image.owner))
}
