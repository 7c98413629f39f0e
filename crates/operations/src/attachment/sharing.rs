//! Who attaches an encrypted volume may have its key: the compute service asks for it with that user's token.

use model::{AttachmentId, Volume};
use ports::keys::KeyError;
use store::StoreError;
use store::operations::OperationRow;

use crate::Tools;

/// Shares the key of `volume`, if it has one, with its owner and whoever asks for `attachment`. Who was let in when it
/// was another's is not any longer, unless somebody has it attached still.
///
/// # Errors
/// The key manager's, that may pass. Where it does not do it, its own rules have to let users in.
pub(super) async fn share_key(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    attachment: Option<AttachmentId>,
) -> Result<(), KeyError> {
    let (Some(key), Some(manager)) = (volume.encryption_key_id, &tools.keys) else { return Ok(()) };
    let id = volume.id;
    let others = tools.store.read(move |conn| {
        let attachments = store::attachments::of_volume(conn, id)?;
        let others = attachments.iter().any(|it| Some(it.id) != attachment);
        Ok(others || !store::guests::of_volume(conn, id)?.is_empty())
    });
    let keeps = others.await.map_err(|error: StoreError| KeyError::Unavailable(error.chain()))?;
    let users = [volume.user_id.clone(), operation.user_id.clone()];
    let shared = tools
        .effects
        .ask_for_keys(&operation.resource, manager, move |keys| keys.share(key, &users, keeps))
        .await;
    match shared {
        Err(error) if !error.may_pass() => {
            tracing::warn!(volume = %id, error = %error, "who attaches the volume is not let in to its key");
            Ok(())
        }
        shared => shared,
    }
}
