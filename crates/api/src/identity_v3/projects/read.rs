//! `GET /v3/projects` and `GET /v3/projects/{project_id}`.

use store::identity::projects::{self, Filter};

use super::tags::Wanted;
use super::{target, view};
use crate::http::Reply;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let asked_domain = query.text("domain_id")?;
    let domain_id = call.own_domain().map(str::to_owned).or(asked_domain);
    let filter = Filter {
        name: query.text("name")?,
        domain_id,
        enabled: query.truth("enabled")?,
        parent_id: query.text("parent_id")?,
    };
    let tags = Wanted::of(query);
    // Domains are not kept as projects here.
    let none = query.truth("is_domain")? == Some(true);
    call.read(move |call, conn| {
        call.require(&[("target.domain_id", filter.domain_id.as_deref().into())])?;
        let found = if none { Vec::new() } else { projects::list(conn, &filter)? };
        let fitting = found.iter().filter(|project| tags.fits(project));
        collection(&call.request, "projects", fitting.map(|it| view(&call.request, it)).collect())
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let id = call.part("project_id");
        let found = projects::get(conn, id)?;
        call.require(&target(found.as_ref()))?;
        let project = found.ok_or_else(|| Fault::not_found("project", id))?;
        Ok(member(200, "project", view(&call.request, &project)))
    })
    .await
}
