//! The key of an encrypted volume: made before the volume is, under a name by which a repeated phase finds it again.

use ledger::{Next, Step};
use model::{KeyId, Volume};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, PROVISION, SourceId, clean_up};
use crate::failure::{GIVEN_UP, vanished};
use crate::keys::Wanted;
use crate::{Tools, failure, keys, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let loaded = match load(tools, operation, &args).await {
        Ok(loaded) => loaded,
        Err(error) => return failure::store_failed(&error),
    };
    let Some((volume, wanted)) = loaded else { return vanished() };
    if operation.abandoned {
        return clean_up::begin(args, GIVEN_UP.to_owned());
    }
    let Some(manager) = &tools.keys else { return clean_up::begin(args, keys::NO_MANAGER.to_owned()) };
    let name = keys::name_of(volume.id);
    let Some(wanted) = wanted else {
        return clean_up::begin(args, "its type does not say which key it needs".to_owned());
    };
    let made = tools
        .effects
        .ask_for_keys(&operation.resource, manager, move |keys| wanted.ensure(keys, &name))
        .await;
    match made {
        Ok(key) => Step::Advance {
            next: Next::Phase(PROVISION),
            args: None,
            change: Box::new(move |conn| store::volumes::set_key(conn, volume.id, Some(key))),
        },
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| clean_up::begin(args, why)),
    }
}

/// The volume, and the key that it needs, if anybody says which. None when the volume is gone.
async fn load(
    tools: &Tools,
    operation: &OperationRow,
    args: &Args,
) -> Result<Option<(Volume, Option<Wanted>)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    let (source, image_key) = (args.source, args.image.as_ref().and_then(|image| image.key));
    tools
        .store
        .read(move |conn| {
            let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
            let of_source = source.map(|source| key_of(conn, source)).transpose()?.flatten();
            let wanted = match of_source.or(image_key) {
                Some(key) => Some(Wanted::Copy(key)),
                None => {
                    let encryption = store::encryptions::of_type(conn, volume.volume_type_id)?;
                    encryption.as_ref().and_then(Wanted::by)
                }
            };
            Ok(Some((volume, wanted)))
        })
        .await
}

fn key_of(conn: &Conn<'_>, source: SourceId) -> Result<Option<KeyId>, StoreError> {
    Ok(match source {
        SourceId::Volume(id) => store::volumes::get(conn, id)?.and_then(|it| it.encryption_key_id),
        SourceId::Snapshot(id) => store::snapshots::get(conn, id)?.and_then(|it| it.encryption_key_id),
        SourceId::Backup(id) => store::backups::get(conn, id)?.and_then(|it| it.encryption_key_id),
    })
}
