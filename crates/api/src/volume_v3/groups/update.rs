//! `PUT /groups/{group_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::group::Door;
use operations::group::update::{Update, accept};
use wire::{Fault, request};

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = request::groups::Update::parse(&call.body)?;
    change(call, asked, Door::Groups).await
}

/// Makes the change that is asked for.
pub(in crate::volume_v3) async fn change(
    call: Call,
    asked: request::groups::Update,
    door: Door,
) -> Result<Reply, Fault> {
    let request::groups::Update { name, description, add_volumes, remove_volumes } = asked;
    let id = call.id("group_id", Noun::Group)?;
    let update = Update { name, description, add_volumes, remove_volumes };
    let who = requester(&call, &[VolumeRule::GroupUpdate]);
    accept(&call.api.desk, &who, door, id, update).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
