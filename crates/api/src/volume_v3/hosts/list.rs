//! `GET /os-hosts`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::query::small::zone_of_hosts;
use wire::view::hosts::list;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::services::{load, view};

/// Disabled services are not hosts, and so are not listed.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::Hosts)?;
    let params = call.params()?;
    let zone = zone_of_hosts(&params);
    let (services, now) = load(&call).await?;
    let wanted = services
        .iter()
        .filter(|service| !service.disabled && zone.is_none_or(|zone| service.availability_zone == zone));
    Ok(Reply::json(200, list(wanted.map(|service| view(&call, service, now)))))
}
