//! `GET /groups/{group_id}`.

use model::refusal::Noun;
use operations::Refused;
use operations::group::{Door, find};
use wire::Fault;
use wire::query::groups::list_volume;

use super::{detail, requester};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let with_volumes = list_volume(&call.params()?)?;
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, &[]);
    let read = call.api.desk.store.read(move |conn| {
        let group = find(conn, &who, id)?;
        Door::Groups.check(conn, group.group_type_id)?;
        let volumes = with_volumes.then(|| store::groups::volume_ids(conn, id)).transpose()?;
        Ok::<_, Refused>((group, volumes))
    });
    let (group, volumes) = read.await.map_err(fault)?;
    Ok(Reply::json(200, detail(&call).one(&group, volumes.as_deref())))
}
