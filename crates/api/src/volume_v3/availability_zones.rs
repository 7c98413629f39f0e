//! `GET /os-availability-zone`.

use std::collections::BTreeMap;

use model::service::Binary;
use wire::Fault;
use wire::view::zones::list;

use super::Call;
use super::call::store_fault;
use crate::http::Reply;

/// The zones of the services that keep volumes. One takes volumes while any of its services is enabled.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let services =
        call.api.desk.store.read(store::services::list).await.map_err(|error| store_fault(&error))?;
    let mut zones: BTreeMap<&str, bool> = BTreeMap::new();
    for service in services.iter().filter(|service| service.binary == Binary::Volume) {
        *zones.entry(&service.availability_zone).or_default() |= !service.disabled;
    }
    Ok(Reply::json(200, list(zones)))
}
