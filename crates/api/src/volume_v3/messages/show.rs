//! `GET /messages/{message_id}`.

use auth::policy::{RuleSet, VolumeRule};
use model::refusal::Noun;
use model::{MessageId, Refusal, UserId};
use wire::Fault;
use wire::view::messages::one;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id: MessageId = call.id("message_id", Noun::Message)?;
    let read = call.api.desk.store.read(move |conn| store::messages::get(conn, id));
    let found = read.await.map_err(|error| store_fault(&error))?;
    let visible =
        found.filter(|message| call.credentials.is_admin || message.project_id == call.project_id());
    let message = visible.ok_or_else(|| Refusal::not_found(Noun::Message, id))?;
    let user = UserId::new(call.credentials.user.id.as_str());
    if !call.allows(VolumeRule::MessageGet, &message.project_id, &user) {
        return Err(Fault::policy(VolumeRule::MessageGet.name()));
    }
    let ttl_s = call.api.desk.settings.message_ttl_s;
    Ok(Reply::json(200, one(&message, ttl_s, &call.endpoint().links("messages"))))
}
