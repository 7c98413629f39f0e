//! `GET /v3/domains` and `GET /v3/domains/{domain_id}`.

use store::identity::domains::{self, Filter};

use super::{target, view};
use crate::http::Reply;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let filter = Filter {
        id: call.own_domain().map(str::to_owned),
        name: query.text("name")?,
        enabled: query.truth("enabled")?,
    };
    call.read(move |call, conn| {
        call.require(&[("target.domain.id", call.own_domain().into())])?;
        let shown = domains::list(conn, &filter)?.iter().map(|domain| view(&call.request, domain)).collect();
        collection(&call.request, "domains", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let id = call.part("domain_id");
        let found = domains::get(conn, id)?;
        call.require(&target(found.as_ref()))?;
        let domain = found.ok_or_else(|| Fault::not_found("domain", id))?;
        Ok(member(200, "domain", view(&call.request, &domain)))
    })
    .await
}
