//! The secret of a copy between machines: what its source's target asks for, and only whoever copies knows.
//!
//! It is a key of the key manager, sealed as the keys of encrypted volumes are, under a name that derives from the
//! operation: both machines find it by that name, and it goes with the export. Nothing else keeps it.

use model::{Connector, OperationId};
use ports::keys::{KeyError, KeySpec};
use ports::volume::ProviderAuth;
use serde_json::{Map, json};
use store::operations::OperationRow;

use crate::{Tools, keys};

/// How long the key is.
const KEY_BITS: u64 = 256;
/// What a secret is made of: as many characters as five bits tell apart, none of which a program splits at.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
/// How long a secret is: RFC 3720 wants 96 bits or less, and some initiators take no more than 16 characters.
const SECRET_CHARS: usize = 16;

/// By which name whoever copies is let in.
pub(super) fn initiator_of(operation: OperationId) -> String {
    format!("iqn.2010-10.org.openstack:besser-copy-{operation}")
}

/// Whoever copies, as a driver lets it in. Its names are nobody else's: whoever is let in beside it stays in.
pub(super) fn connector_of(operation: OperationId) -> Option<Connector> {
    let names = [("host", format!("besser-copy-{operation}")), ("initiator", initiator_of(operation))];
    let names = names.map(|(key, name)| (key.to_owned(), json!(name)));
    Connector::new(Map::from_iter(names)).ok()
}

/// The secret, which is made when it is not there; or why there is none, and whether that may pass.
pub(super) async fn ensure(tools: &Tools, operation: &OperationRow) -> Result<ProviderAuth, (String, bool)> {
    let found = find(tools, operation).await;
    found.map_err(|error| (error.to_string(), error.may_pass()))
}

async fn find(tools: &Tools, operation: &OperationRow) -> Result<ProviderAuth, KeyError> {
    let manager = tools.keys.as_ref().ok_or_else(|| KeyError::Refused(keys::NO_MANAGER.to_owned()))?;
    let (name, user) = (name_of(operation.id), format!("copy-{}", operation.id));
    let key = tools.effects.ask_for_keys(&operation.resource, manager, move |keys| {
        let spec = KeySpec { algorithm: "aes".to_owned(), bits: KEY_BITS };
        keys.get(keys.ensure(&name, &spec)?)
    });
    let key = key.await?;
    let bytes = key.secret.expose().iter().take(SECRET_CHARS);
    let secret: String = bytes.map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    if secret.len() < SECRET_CHARS {
        return Err(KeyError::Refused("the key manager has made too short a key".to_owned()));
    }
    Ok(ProviderAuth::of_chap(&user, &secret))
}

/// Removes it.
pub(super) async fn remove(tools: &Tools, operation: &OperationRow) -> Result<(), KeyError> {
    let Some(manager) = &tools.keys else { return Ok(()) };
    let name = name_of(operation.id);
    tools.effects.ask_for_keys(&operation.resource, manager, move |keys| keys.remove_named(&name)).await
}

fn name_of(operation: OperationId) -> String {
    format!("copy-{operation}")
}
