//! `os-migrate_volume`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::migrate::{Migrate, accept};
use wire::Fault;
use wire::request::move_actions::{Destination, MoveAction};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::Migrate(asked) = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeAdminActionsMigrateVolume]);
    // Copying is the only way that there is, so nobody has to force it. No service is in a cluster: one that is named
    // is looked for among the services, and not found.
    let (Destination::Host(host) | Destination::Cluster(host)) = asked.to;
    accept(&call.api.desk, &who, id, Migrate { host, lock: asked.lock_volume }).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
