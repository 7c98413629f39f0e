//! Going on at once with what services have left lying.
//!
//! Nothing that was accepted is ever lost: what a dead process held comes back when its lease ends, and what failed is
//! tried again when its pause is over. Cleaning up is not waiting for that. Fences keep a process that was only thought
//! dead from writing over what others do meanwhile.

use model::Refusal;
use model::service::{Binary, Service, backend_of};
use store::Conn;

use super::check_may;
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, volume_queue};

/// Which services; what is not named does not matter.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// `cluster@backend`, or the cluster alone.
    pub cluster_name: Option<String>,
    /// Whether it was taken out of scheduling.
    pub disabled: Option<bool>,
    /// `host@backend`, or the host alone.
    pub host: Option<String>,
    /// Whether it beats.
    pub is_up: bool,
    /// What it does.
    pub binary: Option<String>,
    /// Only what is done to this volume or snapshot.
    pub resource_id: Option<String>,
    /// Only what is done to volumes (`volume`) or snapshots (`snapshot`).
    pub resource_type: Option<&'static str>,
    /// Its number.
    pub number: Option<u64>,
}

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Somebody goes on with what they have left.
    pub cleaning: Vec<Service>,
    /// Nobody who could is up; it waits.
    pub unavailable: Vec<Service>,
}

/// Lets whoever is up go on with what the services have left lying.
///
/// # Errors
/// A refusal by policy, or when nothing is done to the resource that is named; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, which: Which) -> Result<Cleaned, Refused> {
    let who = who.clone();
    let cleaned = desk.admit(move |conn, settings| {
        check_may(&who)?;
        clean(conn, settings, &which)
    });
    let cleaned = cleaned.await?;
    for service in &cleaned.cleaning {
        desk.hints.give(&queue(service));
    }
    Ok(cleaned)
}

fn clean(conn: &Conn<'_>, settings: &Settings, which: &Which) -> Result<Cleaned, Refused> {
    let now = conn.now();
    let is_up = |service: &Service| service.is_up(now, settings.service_down_time_s);
    let services = store::services::list(conn)?;
    let mut cleaned = Cleaned::default();
    check_pending(conn, which)?;
    for service in services.iter().filter(|it| is_meant(it, which) && is_up(it) == which.is_up) {
        let in_its_place = |other: &&Service| {
            let same = match service.binary {
                Binary::Scheduler => true,
                _ => service.cluster_name.is_some() && other.cluster_name == service.cluster_name,
            };
            same && other.binary == service.binary && is_up(other)
        };
        if !is_up(service) && services.iter().find(in_its_place).is_none() {
            cleaned.unavailable.push(service.clone());
            continue;
        }
        if !is_up(service) {
            let (host, _) = service.host.split_once('@').unwrap_or((&service.host, ""));
            store::operations::release_queue(conn, &queue(service), host)?;
        }
        let (kind, id) = (which.resource_type, which.resource_id.as_deref());
        store::operations::hurry_queue(conn, &queue(service), kind, id)?;
        cleaned.cleaning.push(service.clone());
    }
    Ok(cleaned)
}

/// A resource that is named alone has to have something under way.
fn check_pending(conn: &Conn<'_>, which: &Which) -> Result<(), Refused> {
    let is_placed = which.number.is_some() || which.cluster_name.is_some() || which.host.is_some();
    let Some(id) = which.resource_id.as_deref().filter(|_| !is_placed) else { return Ok(()) };
    let kinds = which.resource_type.map_or(vec!["volume", "snapshot"], |kind| vec![kind]);
    for kind in kinds {
        if store::operations::is_pending(conn, &format!("{kind}/{id}"))? {
            return Ok(());
        }
    }
    let why = format!("There is no resource with UUID {id} pending cleanup.");
    Err(Refusal::InvalidInput(why).into())
}

fn is_meant(service: &Service, which: &Which) -> bool {
    let cluster = |name: &String| {
        let named = service.cluster_name.as_deref();
        named == Some(name) || named.and_then(|it| it.split_once('@')).is_some_and(|(it, _)| it == name)
    };
    // Backups are cleaned up by themselves.
    service.binary != Binary::Backup
        && which.cluster_name.as_ref().is_none_or(cluster)
        && which.disabled.is_none_or(|disabled| service.disabled == disabled)
        && which.host.as_ref().is_none_or(|host| super::is_at(&service.host, backend_of(host)))
        && which.binary.as_ref().is_none_or(|binary| service.binary.as_str() == binary)
        && which.number.is_none_or(|number| i64::try_from(number) == Ok(service.number))
}

fn queue(service: &Service) -> String {
    match service.binary {
        Binary::Scheduler => SCHEDULER_QUEUE.to_owned(),
        _ => volume_queue(&service.host),
    }
}
