//! Freezing a backend: its volumes keep working, and nothing about them may be changed.

use model::Refusal;
use model::service::{Binary, Service};

use super::{at, check_may};
use crate::{Desk, Refused, Requester};

/// Freezes the backend `host`, or thaws it; of a host with several backends, all of them.
///
/// # Errors
/// A refusal when there is none, or when all of them are already as asked; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, host: String, frozen: bool) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let found = at(conn, Binary::Volume, &host)?;
        if found.is_empty() {
            return Err(Refusal::InvalidInput(format!("No service found with host={host}")).into());
        }
        if found.iter().all(|service| service.frozen == frozen) {
            return Err(Refusal::InvalidInput(unchanged(&found, !frozen)).into());
        }
        for service in found {
            store::services::set_frozen(conn, &service.host, frozen)?;
        }
        Ok(())
    })
    .await
}

fn unchanged(services: &[Service], expected: bool) -> String {
    let hosts: Vec<String> = services.iter().map(|service| format!("'{}'", service.host)).collect();
    let (hosts, expected) = (hosts.join(", "), if expected { "True" } else { "False" });
    format!("No service could be changed: frozen in [{hosts}] must be {expected} to failover.")
}
