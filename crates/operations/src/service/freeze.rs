//! Freezing a backend: its volumes keep working, and nothing about them may be changed.

use model::service::{Binary, Service};
use store::{Conn, StoreError};

use super::check_may;
use super::replicated::{services_of, unchanged};
use super::target::Target;
use crate::{Desk, Refused, Requester};

/// Why a frozen backend is out of scheduling, when nobody has given another reason.
const FROZEN: &str = "frozen";

/// Freezes a backend, or thaws it; of a host with several backends, all of them, and of a cluster all of its services.
///
/// # Errors
/// A refusal when there is none, or when all of them are already as asked; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, target: Target, frozen: bool) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let found = services_of(conn, &target)?;
        if found.iter().all(|service| service.frozen == frozen) {
            let expected = if frozen { "False" } else { "True" };
            return Err(unchanged(&found, "frozen", expected));
        }
        for service in found {
            set(conn, &service, frozen)?;
            if let Some(cluster) = &service.cluster_name {
                store::clusters::set_frozen(conn, cluster, frozen)?;
            }
        }
        Ok(())
    })
    .await
}

/// A frozen backend is out of scheduling, too. Thawing takes back only what freezing did.
fn set(conn: &Conn<'_>, service: &Service, frozen: bool) -> Result<(), StoreError> {
    store::services::set_frozen(conn, &service.host, frozen)?;
    let ours = service.disabled_reason.as_deref() == Some(FROZEN);
    let (is_changed, reason) = if frozen { (!service.disabled, Some(FROZEN)) } else { (ours, None) };
    if is_changed {
        store::services::set_disabled(conn, Binary::Volume, &service.host, frozen, reason)?;
    }
    Ok(())
}
