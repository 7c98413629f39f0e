//! `GET /os-hosts/{host}`.

use auth::policy::VolumeRule;
use model::service::Binary;
use store::services::{HostUsage, get, usage};
use store::{Conn, StoreError};
use wire::Fault;
use wire::fault::echo;
use wire::view::hosts::{Holding, holdings};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::Hosts)?;
    let host = call.part("host").to_owned();
    let asked = host.clone();
    let read = call.api.desk.store.read(move |conn| find(conn, &asked)).await;
    let Some(found) = read.map_err(|error| store_fault(&error))? else {
        let why = format!("Service {} could not be found on host {}.", Binary::Volume, echo(&host));
        return Err(Fault::new(404, why));
    };
    let of_projects =
        found.iter().map(|usage| Holding { project: Some(usage.project.as_str()), ..holding(usage) });
    let total = found.iter().map(holding).fold(Holding::default(), add);
    let all: Vec<Holding<'_>> = std::iter::once(total).chain(of_projects).collect();
    Ok(Reply::json(200, holdings(&host, &all)))
}

fn find(conn: &Conn<'_>, host: &str) -> Result<Option<Vec<HostUsage>>, StoreError> {
    get(conn, Binary::Volume, host)?.map(|_| usage(conn, host)).transpose()
}

fn holding(usage: &HostUsage) -> Holding<'static> {
    Holding {
        project: None,
        volumes: usage.volumes,
        volumes_gib: usage.volume_gib,
        snapshots: usage.snapshots,
        snapshots_gib: usage.snapshot_gib,
    }
}

fn add(a: Holding<'static>, b: Holding<'static>) -> Holding<'static> {
    Holding {
        project: None,
        volumes: a.volumes + b.volumes,
        volumes_gib: a.volumes_gib.saturating_add(b.volumes_gib),
        snapshots: a.snapshots + b.snapshots,
        snapshots_gib: a.snapshots_gib.saturating_add(b.snapshots_gib),
    }
}
