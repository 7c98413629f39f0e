//! The key manager that is part of this program: keys in the database, sealed under a master key that is not.

use model::KeyId;
use ports::keys::{Key, KeyError, KeyManager, KeySpec};
use store::sealed_keys::{self, SealedKey};
use store::{Conn, Store, StoreError};
use tokio::runtime::Handle;

use super::master::{MasterKey, random};

/// Keys in the database. To be asked on blocking threads only, which wait for it.
pub struct SealedKeys {
    store: Store,
    master: MasterKey,
    runtime: Handle,
}

impl SealedKeys {
    /// The keys in `store` under `master`; `runtime` carries the transactions.
    #[must_use]
    pub const fn new(store: Store, master: MasterKey, runtime: Handle) -> Self {
        Self { store, master, runtime }
    }

    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.runtime.block_on(self.store.read(job)).map_err(|error| unavailable(&error))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Result<T, KeyError> {
        self.runtime.block_on(self.store.write(job)).map_err(|error| unavailable(&error))
    }

    fn find(&self, name: &str) -> Result<Option<KeyId>, KeyError> {
        let name = name.to_owned();
        self.read(move |conn| sealed_keys::named(conn, &name))
    }

    /// Keeps `secret` under `name`, unless there is a key of that name meanwhile.
    fn keep(&self, name: &str, spec: &KeySpec, secret: &[u8]) -> Result<KeyId, KeyError> {
        let id = KeyId::random();
        let sealed = self.master.seal(secret, &about(id, name, spec));
        let (nonce, sealed) = sealed.ok_or_else(|| KeyError::Unavailable(NO_RANDOM.to_owned()))?;
        let new = SealedKey {
            id,
            name: name.to_owned(),
            algorithm: spec.algorithm.clone(),
            bits: spec.bits,
            nonce,
            sealed,
        };
        let master = self.master.fingerprint();
        let kept = self.write(move |conn| {
            if sealed_keys::agree_on_master(conn, &master)? != master {
                return Ok(None);
            }
            match sealed_keys::named(conn, &new.name)? {
                Some(earlier) => Ok(Some(earlier)),
                None => sealed_keys::insert(conn, &new).map(|()| Some(new.id)),
            }
        });
        kept?.ok_or_else(|| KeyError::Refused(FOREIGN_MASTER.to_owned()))
    }
}

const NO_RANDOM: &str = "the system has no random numbers";
const FOREIGN_MASTER: &str = "the keys in the database are sealed under another master key than this process has: every \
     process needs the same";

impl KeyManager for SealedKeys {
    fn ensure(&self, name: &str, spec: &KeySpec) -> Result<KeyId, KeyError> {
        if let Some(there) = self.find(name)? {
            return Ok(there);
        }
        let bytes = usize::try_from(spec.bits / 8).unwrap_or(0);
        if bytes == 0 || spec.bits > model::encryption::MAX_KEY_BITS || !spec.bits.is_multiple_of(8) {
            return Err(KeyError::Refused(format!("a key of {} bits cannot be made", spec.bits)));
        }
        let secret = random(bytes).ok_or_else(|| KeyError::Unavailable(NO_RANDOM.to_owned()))?;
        self.keep(name, spec, secret.expose())
    }

    fn ensure_copy(&self, name: &str, of: KeyId) -> Result<KeyId, KeyError> {
        if let Some(there) = self.find(name)? {
            return Ok(there);
        }
        let original = self.get(of)?;
        self.keep(name, &original.spec, original.secret.expose())
    }

    fn get(&self, id: KeyId) -> Result<Key, KeyError> {
        let found = self.read(move |conn| sealed_keys::get(conn, id))?.ok_or(KeyError::Missing(id))?;
        let spec = KeySpec { algorithm: found.algorithm, bits: found.bits };
        let opened = self.master.open(&found.nonce, &found.sealed, &about(id, &found.name, &spec));
        let secret = opened.map_err(|_| {
            KeyError::Refused(format!("key {id} was sealed under another master key, or is damaged"))
        })?;
        Ok(Key { spec, secret })
    }

    fn remove_named(&self, name: &str) -> Result<(), KeyError> {
        if self.find(name)?.is_none() {
            return Ok(());
        }
        let name = name.to_owned();
        self.write(move |conn| sealed_keys::remove_named(conn, &name))
    }

    fn remove(&self, id: KeyId) -> Result<(), KeyError> {
        if self.read(move |conn| sealed_keys::get(conn, id))?.is_none() {
            return Ok(());
        }
        self.write(move |conn| sealed_keys::remove(conn, id))
    }
}

/// What is sealed with the key, so that no row can take another's place.
fn about(id: KeyId, name: &str, spec: &KeySpec) -> String {
    format!("{id} {name} {} {}", spec.algorithm, spec.bits)
}

fn unavailable(error: &StoreError) -> KeyError {
    KeyError::Unavailable(error.chain())
}
