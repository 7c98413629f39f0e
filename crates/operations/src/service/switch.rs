//! Taking services out of scheduling, and back in.

use model::Refusal;
use model::refusal::Noun;
use model::service::Service;
use store::Conn;

use super::{at, check_may};
use crate::{Desk, Refused, Requester};

/// Whether services take new work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// They do.
    On,
    /// They do not, for this reason.
    Off(Option<String>),
}

impl Switch {
    fn write(&self, conn: &Conn<'_>, service: &Service) -> Result<(), Refused> {
        let (disabled, reason) = match self {
            Self::On => (false, None),
            Self::Off(reason) => (true, reason.as_deref()),
        };
        store::services::set_disabled(conn, service.binary, &service.host, disabled, reason)?;
        Ok(())
    }
}

/// Switches the service `binary` of `host`; of a host with several backends, all of them.
///
/// # Errors
/// Not found; a refusal by policy; or the store's own failure.
pub async fn one(
    desk: &Desk,
    who: &Requester,
    binary: String,
    host: String,
    switch: Switch,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let found = match binary.parse() {
            Ok(binary) => at(conn, binary, &host)?,
            Err(_) => Vec::new(),
        };
        if found.is_empty() {
            let why = format!("Service {binary} could not be found on host {host}.");
            return Err(Refusal::Absent(why).into());
        }
        found.iter().try_for_each(|service| switch.write(conn, service))
    })
    .await
}

/// Switches every service with this very name of a host (`os-hosts`).
///
/// # Errors
/// Not found; a refusal by policy; or the store's own failure.
pub async fn host(desk: &Desk, who: &Requester, host: String, switch: Switch) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let mut found = store::services::list(conn)?;
        found.retain(|service| service.host == host);
        if found.is_empty() {
            return Err(Refusal::not_found(Noun::Host, host).into());
        }
        found.iter().try_for_each(|service| switch.write(conn, service))
    })
    .await
}

/// Switches a whole cluster, whatever each of its services is.
///
/// # Errors
/// Not found; a refusal by policy; or the store's own failure.
pub async fn cluster(
    desk: &Desk,
    who: &Requester,
    name: String,
    binary: String,
    switch: Switch,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let (disabled, reason) = match &switch {
            Switch::On => (false, None),
            Switch::Off(reason) => (true, reason.as_deref()),
        };
        let known = match binary.parse() {
            Ok(binary) => store::clusters::set_disabled(conn, &name, binary, disabled, reason)?,
            Err(_) => false,
        };
        let missing = || Refusal::Absent(format!("Cluster {name} could not be found."));
        if known { Ok(()) } else { Err(missing().into()) }
    })
    .await
}
