//! `POST /workers/cleanup`, and `PUT`.

use auth::policy::VolumeRule;
use operations::service::cleanup::{Which, accept};
use wire::Fault;
use wire::request::workers::Cleanup;
use wire::view::clusters::cleaning;

use super::Call;
use super::call::fault;
use crate::http::Reply;

pub(crate) async fn cleanup(call: Call) -> Result<Reply, Fault> {
    let asked = Cleanup::parse(&call.body)?;
    let which = Which {
        cluster_name: asked.cluster_name,
        disabled: asked.disabled,
        host: asked.host,
        is_up: asked.is_up,
        binary: asked.binary,
        resource_id: asked.resource_id,
        resource_type: asked.resource_type,
        number: asked.service_id,
    };
    let who = call.requester_by(Some(VolumeRule::WorkersCleanup));
    let cleaned = accept(&call.api.desk, &who, which).await.map_err(fault)?;
    Ok(Reply::json(202, cleaning(&cleaned.cleaning, &cleaned.unavailable)))
}
