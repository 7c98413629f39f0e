//! `POST /groups/action` with `create-from-src`.

use auth::policy::VolumeRule;
use operations::Requester;
use operations::group::Door;
use operations::group::create_from_src::{Create, Source, accept};
use wire::Fault;
use wire::request::groups::{self, CreateFromSource};
use wire::view::groups::summary;

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::group_snapshots;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let CreateFromSource { name, description, source } = CreateFromSource::parse(&call.body)?;
    call.require_project()?;
    let source = match source {
        groups::Source::GroupSnapshot(id) => Source::GroupSnapshot(id),
        groups::Source::Group(id) => Source::Group(id),
    };
    let who = of_source(&call, source);
    let request = Create { name, description, source };
    let made = accept(&call.api.desk, &who, Door::Groups, request).await.map_err(fault)?;
    Ok(Reply::json(202, summary(&made)))
}

/// Who asks for a group made from `source`.
pub(in crate::volume_v3) fn of_source(call: &Call, source: Source) -> Requester {
    match source {
        Source::Group(_) => requester(call, &[VolumeRule::GroupCreate]),
        Source::GroupSnapshot(_) => group_snapshots::requester(call, &[VolumeRule::GroupCreate]),
    }
}
