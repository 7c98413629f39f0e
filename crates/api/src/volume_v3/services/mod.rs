//! `/os-services`.

pub(super) mod failover;
pub(super) mod freeze;
pub(super) mod list;
pub(super) mod log_levels;
pub(super) mod switch;

use model::Timestamp;
use model::service::{Binary, Service};
use wire::Fault;
use wire::view::services::ServiceView;

use super::Call;
use super::call::store_fault;

/// How the replication of a backend without one is shown.
const NOT_REPLICATED: &str = "disabled";

/// Every service, and what the database's clock says now.
pub(super) async fn load(call: &Call) -> Result<(Vec<Service>, Timestamp), Fault> {
    let read = call
        .api
        .desk
        .store
        .read(|conn| Ok::<_, store::StoreError>((store::services::list(conn)?, conn.now())));
    read.await.map_err(|error| store_fault(&error))
}

/// A service as it is shown at `now`.
pub(super) fn view<'s>(call: &Call, service: &'s Service, now: Timestamp) -> ServiceView<'s> {
    // A service whose backend cannot be used is no more up than one that does not beat.
    let can_serve = service.binary != Binary::Volume || service.backend_up;
    let is_up = can_serve && service.is_up(now, call.api.desk.settings.service_down_time_s);
    let replication_status = service.replication_status.map_or(NOT_REPLICATED, |status| status.as_str());
    ServiceView { service, is_up, replication_status }
}
