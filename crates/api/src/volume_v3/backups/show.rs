//! `GET /backups/{backup_id}`.

use model::refusal::Noun;
use wire::Fault;

use super::detail;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("backup_id", Noun::Backup)?;
    let who = call.requester_of_backup(&[]);
    let found = call.api.desk.store.read(move |conn| operations::backup::find(conn, &who, id));
    let backup = found.await.map_err(fault)?;
    Ok(Reply::json(200, detail(&call).one(&backup)))
}
