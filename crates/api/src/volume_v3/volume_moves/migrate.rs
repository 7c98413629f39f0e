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
    let (host, is_cluster) = match asked.to {
        Destination::Host(host) => (host, false),
        Destination::Cluster(cluster) => (cluster, true),
    };
    // Copying is the only way that there is, so nobody has to force it.
    let to = Migrate { host, is_cluster, lock: asked.lock_volume };
    accept(&call.api.desk, &who, id, to).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
