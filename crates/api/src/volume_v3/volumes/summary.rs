//! `GET /volumes/summary`.

use auth::policy::VolumeRule;
use store::list::volumes::summary;
use wire::Fault;
use wire::query::volumes::summary_of_all_tenants;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeGetAll)?;
    let all_tenants = summary_of_all_tenants(&call.params()?, &call.asker())?;
    let project = (!all_tenants).then(|| call.project_id());
    let summed = call.api.desk.store.read(move |conn| summary(conn, project.as_ref()));
    let summed = summed.await.map_err(|error| store_fault(&error))?;
    Ok(Reply::json(200, shown::summary(&call, summed)))
}
