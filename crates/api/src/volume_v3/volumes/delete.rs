//! `DELETE /volumes/{volume_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::delete::{Options, accept};
use wire::Fault;
use wire::microversion::gate;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let flag = |name| call.query_flag(name);
    let options =
        Options { cascade: flag("cascade")?, force: flag("force")? && call.version.has(gate::FORCE_DELETE) };
    let rule = if options.force { Some(VolumeRule::VolumeForceDelete) } else { call.rule };
    accept(&call.api.desk, &call.requester_by(rule), id, options).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
