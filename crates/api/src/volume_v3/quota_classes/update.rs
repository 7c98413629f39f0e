//! `PUT /os-quota-class-sets/{class}`.

use operations::quota_set::class::update;
use wire::Fault;
use wire::request::quotas::of_class;
use wire::view::quotas::{self, Set};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::quota_sets::{check_name, known_names, limits};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let names = known_names(&call).await?;
    let new = of_class(&call.body, |name| names.iter().any(|known| known == name))?;
    let class = call.part("class").to_owned();
    check_name("quota_class_name", &class)?;
    let found = update(&call.api.desk, &call.requester(), class, new).await.map_err(fault)?;
    Ok(Reply::json(200, quotas::limits(Set::Class(None), limits(&found))))
}
