//! What an administrator does with services and the backends behind them.

pub mod cleanup;
pub mod failover;
pub mod freeze;
pub mod pools;
pub mod remove;
pub mod switch;
pub mod target;

mod replicated;

use model::service::{Binary, Service};
use store::{Conn, StoreError};

use crate::{Refused, Requester};

/// Checks the request's rule. A service belongs to no project, so the rule is asked about the caller.
fn check_may(who: &Requester) -> Result<(), Refused> {
    Ok((who.may)(&who.project_id, &who.user_id)?)
}

/// Whether the service at `host` is meant by `name`: its own name, or that of the host which its backend is on.
#[must_use]
pub fn is_at(host: &str, name: &str) -> bool {
    host == name || host.split_once('@').is_some_and(|(machine, _)| machine == name)
}

/// The services of one kind that `name` means.
fn at(conn: &Conn<'_>, binary: Binary, name: &str) -> Result<Vec<Service>, StoreError> {
    let mut found = store::services::list(conn)?;
    found.retain(|service| service.binary == binary && is_at(&service.host, name));
    Ok(found)
}
