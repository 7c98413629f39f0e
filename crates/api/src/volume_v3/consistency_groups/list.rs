//! `GET /consistencygroups` and `GET /consistencygroups/detail`.

use model::Group;
use operations::group::Door;
use wire::Fault;
use wire::query::groups::GroupQuery;
use wire::view::consistency_groups::{add, begin};
use wire::view::{Growing, groups::add_summary};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::groups::list::find;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, "consistencygroups", add_summary).await
}

pub(crate) async fn detailed(call: Call) -> Result<Reply, Fault> {
    list(call, "consistencygroups/detail", add).await
}

async fn list(call: Call, path: &'static str, add: fn(&mut Growing, &Group)) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = GroupQuery::of_consistency_groups(&params, &call.asker())?;
    let found = find(&call, asked, Door::ConsistencyGroups).await?;
    let mut items = begin();
    found.groups.iter().for_each(|group| add(&mut items, group));
    Ok(found.reply(&call, path, &params, items))
}
