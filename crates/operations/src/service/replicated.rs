//! The services that are frozen or failed over together.

use model::Refusal;
use model::service::{Binary, Service};
use store::Conn;

use super::at;
use super::target::Target;
use crate::Refused;

/// The services that look after the backends that are meant: those of a host, or all of a cluster. A host that is one of
/// a cluster means all of it.
pub(super) fn services_of(conn: &Conn<'_>, target: &Target) -> Result<Vec<Service>, Refused> {
    let mut found = match target {
        Target::Host(host) => at(conn, Binary::Volume, host)?,
        Target::Cluster(name) => of_cluster(conn, name)?,
    };
    if let (Target::Host(_), Some(cluster)) = (target, found.iter().find_map(|it| it.cluster_name.clone())) {
        found = of_cluster(conn, &cluster)?;
    }
    if found.is_empty() {
        let what = match target {
            Target::Host(host) => format!("host={host}"),
            Target::Cluster(cluster) => format!("cluster={cluster}"),
        };
        return Err(Refusal::BadRequest(format!("No service found with {what}")).into());
    }
    Ok(found)
}

fn of_cluster(conn: &Conn<'_>, name: &str) -> Result<Vec<Service>, Refused> {
    let mut found = store::services::list(conn)?;
    found.retain(|it| it.binary == Binary::Volume && it.cluster_name.as_deref() == Some(name));
    Ok(found)
}

/// The refusal of a change that fits none of the services.
pub(super) fn unchanged(services: &[Service], field: &str, expected: &str) -> Refused {
    let hosts: Vec<String> = services.iter().map(|service| format!("'{}'", service.host)).collect();
    let hosts = hosts.join(", ");
    let why = format!("No service could be changed: {field} in [{hosts}] must be {expected} to failover.");
    Refusal::InvalidInput(why).into()
}
