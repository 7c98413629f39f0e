//! What encrypts the content of a volume, with the key from who keeps it.

use model::secret::Secret;
use model::{KeyId, Volume, VolumeTypeId};

use crate::luks::{self, Container, Layer};
use crate::{Tools, keys};

/// Why there is none, and whether this may pass.
pub(crate) type Missing = (String, bool);

/// How the content of `volume` is to be encrypted, if it is.
pub(crate) async fn of(tools: &Tools, resource: &str, volume: &Volume) -> Result<Option<Layer>, Missing> {
    let Some(key) = volume.encryption_key_id else { return Ok(None) };
    of_type(tools, resource, volume.volume_type_id, key).await.map(Some)
}

/// How the content of a volume of this type is to be encrypted with `key`.
pub(crate) async fn of_type(
    tools: &Tools,
    resource: &str,
    volume_type: VolumeTypeId,
    key: KeyId,
) -> Result<Layer, Missing> {
    let found = tools.store.read(move |conn| store::encryptions::of_type(conn, volume_type)).await;
    let encryption = found.map_err(|error| (error.chain(), true))?;
    let Some(container) = encryption.as_ref().and_then(Container::of) else {
        return Err((format!("only volumes that are {} are written to", luks::WHAT_IS), false));
    };
    Ok(Layer { container, passphrase: passphrase(tools, resource, key).await? })
}

/// What opens a container whose key is `key`.
pub(crate) async fn passphrase(tools: &Tools, resource: &str, key: KeyId) -> Result<Secret<String>, Missing> {
    let manager = tools.keys.as_ref().ok_or_else(|| (keys::NO_MANAGER.to_owned(), false))?;
    let asked = tools.effects.ask_for_keys(resource, manager, move |keys| keys.get(key)).await;
    Ok(asked.map_err(|error| (error.to_string(), error.may_pass()))?.passphrase())
}
