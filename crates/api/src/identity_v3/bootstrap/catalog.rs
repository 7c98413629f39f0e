//! The catalog entries of this server.

use auth::random;
use store::identity::endpoints::{self, Endpoint, Interface};
use store::identity::regions::{self, Region};
use store::identity::services::{self, Service};
use store::{Conn, StoreError};

use super::{Bootstrap, BootstrapError, REGION};

/// The service that gives keys away.
const KEY_MANAGER: &str = "key-manager";

/// A service of this server.
#[derive(Clone)]
pub(super) struct OwnService {
    /// What clients look for.
    kind: &'static str,
    name: &'static str,
    url: String,
}

/// The services that this start has; others may have others. Block storage is there under its name and under an older one
/// that clients still look for.
pub(super) fn own_services(wanted: &Bootstrap) -> Vec<OwnService> {
    let identity = wanted.identity_url.as_ref().map(|url| format!("{url}/v3"));
    let volumes = wanted.volume_url.as_ref().map(|url| format!("{url}/v3/%(project_id)s"));
    let all = [
        ("identity", "keystone", identity),
        ("block-storage", "cinder", volumes.clone()),
        ("volumev3", "cinderv3", volumes),
        ("image", "glance", wanted.image_url.clone()),
        (KEY_MANAGER, "barbican", wanted.key_manager_url.clone()),
    ];
    all.into_iter().filter_map(|(kind, name, url)| Some(OwnService { kind, name, url: url? })).collect()
}

/// Whether the catalog has all of `own` where this start has it, and no key manager of ours when keys are elsewhere.
pub(super) fn is_kept_up(
    conn: &Conn<'_>,
    own: &[OwnService],
    keys_are_elsewhere: bool,
) -> Result<bool, StoreError> {
    let services = services::list(conn, &services::Filter::default())?;
    let endpoints = endpoints::list(conn, &endpoints::Filter::default())?;
    let of_kind = |kind: &'static str| services.iter().filter(move |known| known.kind == kind);
    let ours = |kind: &'static str| {
        let ids: Vec<&str> = of_kind(kind).map(|known| known.id.as_str()).collect();
        endpoints
            .iter()
            .filter(move |endpoint| is_ours(endpoint) && ids.contains(&endpoint.service_id.as_str()))
    };
    let is_kept_up = |own: &OwnService| {
        of_kind(own.kind).next().is_some() && ours(own.kind).all(|endpoint| endpoint.url == own.url)
    };
    Ok(own.iter().all(is_kept_up) && !(keys_are_elsewhere && ours(KEY_MANAGER).next().is_some()))
}

/// Makes the services that no earlier start made, and moves the endpoints of the others to this start's URLs.
pub(super) fn keep_up(conn: &Conn<'_>, own: &[OwnService]) -> Result<(), BootstrapError> {
    for service in own {
        let filter = services::Filter { kind: Some(service.kind.to_owned()), name: None };
        let known = services::list(conn, &filter)?;
        if known.is_empty() {
            insert(conn, service)?;
        }
        for known in known {
            follow(conn, &known.id, &service.url)?;
        }
    }
    Ok(())
}

/// Removes the key manager's endpoints that earlier starts made, except those that somebody moved elsewhere, and the
/// service with its last one: behind them clients would not find the one that keeps the keys by now.
pub(super) fn withdraw_key_manager(conn: &Conn<'_>) -> Result<(), BootstrapError> {
    let filter = services::Filter { kind: Some(KEY_MANAGER.to_owned()), name: None };
    for service in services::list(conn, &filter)? {
        let filter = endpoints::Filter { service_id: Some(service.id.clone()), ..Default::default() };
        let (ours, others): (Vec<_>, Vec<_>) = endpoints::list(conn, &filter)?.into_iter().partition(is_ours);
        for endpoint in &ours {
            endpoints::remove(conn, &endpoint.id)?;
        }
        if others.is_empty() && !ours.is_empty() {
            services::remove(conn, &service.id)?;
        }
    }
    Ok(())
}

/// Whether it is where a start has put it.
fn is_ours(endpoint: &Endpoint) -> bool {
    endpoint.own_url.as_ref() == Some(&endpoint.url)
}

fn insert(conn: &Conn<'_>, own: &OwnService) -> Result<(), BootstrapError> {
    if regions::get(conn, REGION)?.is_none() {
        let region = Region { id: REGION.to_owned(), description: String::new(), parent_region_id: None };
        regions::insert(conn, &region)?;
    }
    let service = Service {
        id: random::id()?,
        kind: own.kind.to_owned(),
        name: own.name.to_owned(),
        enabled: true,
        extra: "{}".to_owned(),
    };
    services::insert(conn, &service)?;
    for interface in Interface::ALL {
        let endpoint = Endpoint {
            id: random::id()?,
            service_id: service.id.clone(),
            region_id: Some(REGION.to_owned()),
            interface: *interface,
            url: own.url.clone(),
            own_url: Some(own.url.clone()),
            enabled: true,
            extra: "{}".to_owned(),
        };
        endpoints::insert(conn, &endpoint)?;
    }
    Ok(())
}

/// Moves the endpoints of a service to `url`, except those that somebody moved elsewhere.
fn follow(conn: &Conn<'_>, service_id: &str, url: &str) -> Result<(), BootstrapError> {
    let filter = endpoints::Filter { service_id: Some(service_id.to_owned()), ..Default::default() };
    for mut endpoint in endpoints::list(conn, &filter)? {
        if is_ours(&endpoint) && endpoint.url != url {
            url.clone_into(&mut endpoint.url);
            endpoint.own_url = Some(url.to_owned());
            endpoints::update(conn, &endpoint)?;
        }
    }
    Ok(())
}
