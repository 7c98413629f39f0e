//! `GET /v3/groups` and `GET /v3/groups/{group_id}`.

use store::identity::groups::{self, Filter};

use super::{required, view};
use crate::http::Reply;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let asked_domain = query.text("domain_id")?;
    let domain_id = call.own_domain().map(str::to_owned).or(asked_domain);
    let filter = Filter { name: query.text("name")?, domain_id };
    call.read(move |call, conn| {
        call.require(&[("target.group.domain_id", filter.domain_id.as_deref().into())])?;
        let shown = groups::list(conn, &filter)?.iter().map(|group| view(&call.request, group)).collect();
        collection(&call.request, "groups", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| Ok(member(200, "group", view(&call.request, &required(call, conn)?)))).await
}
