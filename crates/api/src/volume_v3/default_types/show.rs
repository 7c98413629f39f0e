//! `GET /default-types/{target_project_id}`.

use model::Refusal;
use wire::Fault;
use wire::fault::echo;
use wire::view::default_types;

use super::{check_exists, requester, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let (who, project) = (requester(&call), target(&call));
    (who.may)(&project, &who.user_id)?;
    check_exists(&call, &project).await?;
    let of = project.clone();
    let read = call.api.desk.store.read(move |conn| store::default_types::get(conn, &of));
    let found = read.await.map_err(|error| store_fault(&error))?;
    let found = found.ok_or_else(|| {
        Refusal::Absent(format!("Default type for project {} not found.", echo(project.as_str())))
    })?;
    Ok(Reply::json(200, default_types::one(&project, found)))
}
