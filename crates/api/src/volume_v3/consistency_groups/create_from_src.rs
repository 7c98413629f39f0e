//! `POST /consistencygroups/create_from_src`.

use model::Refusal;
use model::refusal::Noun;
use operations::group::Door;
use operations::group::create_from_src::{Create, Source, accept};
use wire::Fault;
use wire::fault::echo;
use wire::request::consistency_groups::{self, CreateFromSource};
use wire::view::consistency_groups::summary;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::groups::create_from_src::of_source;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let CreateFromSource { name, description, source } = CreateFromSource::parse(&call.body)?;
    call.require_project()?;
    let source = find(&source)?;
    let request = Create { name, description, source };
    let who = of_source(&call, source);
    let made = accept(&call.api.desk, &who, Door::ConsistencyGroups, request).await.map_err(fault)?;
    Ok(Reply::json(202, summary(&made)))
}

/// What is no identifier cannot be found.
fn find(named: &consistency_groups::Source) -> Result<Source, Refusal> {
    match named {
        consistency_groups::Source::Snapshot(id) => id
            .parse()
            .map(Source::GroupSnapshot)
            .map_err(|_| Refusal::not_found(Noun::GroupSnapshot, echo(id))),
        consistency_groups::Source::Group(id) => {
            id.parse().map(Source::Group).map_err(|_| Refusal::not_found(Noun::Group, echo(id)))
        }
    }
}
