//! What can be done to user messages.

use model::refusal::Noun;
use model::{MessageId, Refusal};

use crate::{Desk, Refused, Requester};

/// Removes a message.
///
/// # Errors
/// Not found; a refusal by policy; or the store's own failure.
pub async fn delete(desk: &Desk, who: &Requester, id: MessageId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let found = store::messages::get(conn, id)?.filter(|message| who.sees(&message.project_id));
        let message = found.ok_or_else(|| Refusal::not_found(Noun::Message, id))?;
        (who.may)(&message.project_id, &who.user_id)?;
        Ok(store::messages::remove(conn, id)?)
    })
    .await
}
