//! `GET /default-types`.

use wire::Fault;
use wire::view::default_types;

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let who = requester(&call);
    (who.may)(&who.project_id, &who.user_id)?;
    let read = call.api.desk.store.read(store::default_types::list);
    let found = read.await.map_err(|error| store_fault(&error))?;
    Ok(Reply::json(200, default_types::list(&found)))
}
