//! `GET /os-quota-class-sets/{class}`.

use std::sync::Arc;

use auth::policy::VolumeRule;
use operations::quota_set::class::of_class;
use wire::Fault;
use wire::view::quotas::{self, Set};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;
use crate::volume_v3::quota_sets::limits;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QuotaClassesGet)?;
    let class = call.part("class").to_owned();
    let (settings, of) = (Arc::clone(&call.api.desk.settings), class.clone());
    let read = call.api.desk.store.read(move |conn| of_class(conn, &settings, &of));
    let found = read.await.map_err(|error| store_fault(&error))?;
    Ok(Reply::json(200, quotas::limits(Set::Class(Some(&class)), limits(&found))))
}
