//! The key of an image that is made of an encrypted volume: a copy, which lives as long as the image does.

use ledger::{Next, Step};
use model::{ImageId, Volume};
use store::images::Edit;
use store::operations::OperationRow;

use super::{Args, give_up};
use crate::failure::GIVEN_UP;
use crate::volume::create::image::{KEY_DELETION, KEY_ID};
use crate::{Tools, failure, keys};

/// What Glance does with the key of an image that goes.
const ON_DELETION: &str = "on_image_deletion";

/// Copies the key, and notes it with the image.
pub(super) async fn copy(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let (Some(of), Some(manager)) = (volume.encryption_key_id, &tools.keys) else {
        return give_up(args, keys::NO_MANAGER.to_owned());
    };
    let (id, name) = (args.image, keys::name_of_image(args.image));
    let copied =
        tools.effects.ask_for_keys(&operation.resource, manager, move |keys| keys.ensure_copy(&name, of));
    match copied.await {
        Ok(key) => Step::Advance {
            next: Next::Phase(args.after_key()),
            args: None,
            change: Box::new(move |conn| {
                store::image_keys::set(conn, id, key)?;
                let Some(image) = store::images::get(conn, id)? else { return Ok(()) };
                let mut properties = image.properties;
                properties.0.insert(KEY_ID.to_owned(), key.to_string());
                properties.0.insert(KEY_DELETION.to_owned(), ON_DELETION.to_owned());
                store::images::edit(conn, id, &Edit { properties: Some(properties), ..Edit::default() })
            }),
        },
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| give_up(args, why)),
    }
}

/// Removes the key of an image that is not made after all. Some when that has to be tried again.
pub(super) async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    image: ImageId,
) -> Option<Step> {
    let (Some(_), Some(manager)) = (volume.encryption_key_id, &tools.keys) else { return None };
    let name = keys::name_of_image(image);
    let removed =
        tools.effects.ask_for_keys(&operation.resource, manager, move |keys| keys.remove_named(&name)).await;
    let error = removed.err()?;
    match failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass()) {
        Ok(step) => Some(step),
        Err(why) => {
            tracing::error!(%image, why, "the key of an image without a record is left");
            None
        }
    }
}
