//! How volumes are shown: what a reply needs to know beyond the rows.

use auth::policy::VolumeRule as Rule;
use model::{Volume, VolumeType};
use store::list::volumes::Summary;
use wire::Fault;
use wire::links::Links;
use wire::view::volumes::{Detail, Show, Totals, VolumeView};

use super::neighbours::{OfOne, with_encryption};
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

/// The reply to a request that changed a volume.
pub(super) async fn changed(call: &Call, volume: Volume) -> Result<Vec<u8>, Fault> {
    let version = call.version;
    let read = call.api.desk.store.read(move |conn| {
        let neighbours = OfOne::read(conn, version, &volume)?;
        Ok((volume, neighbours))
    });
    let (volume, neighbours) = read.await.map_err(|error| store_fault(&error))?;
    Ok(basic(call, &neighbours.view(&volume)))
}

/// The reply to a request that made a volume, and its type: it has no neighbours yet but a group.
pub(in crate::volume_v3) async fn made(
    call: &Call,
    (volume, volume_type): (Volume, VolumeType),
) -> Result<Vec<u8>, Fault> {
    if volume.group_id.is_some() {
        return changed(call, volume).await;
    }
    let view = VolumeView::new(&volume, &volume_type.name);
    Ok(basic(call, &with_encryption(view, volume_type.is_encrypted)))
}

fn basic(call: &Call, view: &VolumeView<'_>) -> Vec<u8> {
    Detail { version: call.version, links: &links(call), show: base(call) }.one(view)
}

/// The reply to a request for the summary.
pub(super) fn summary(call: &Call, summed: Summary) -> Vec<u8> {
    let metadata = summed.metadata.into_iter().map(|(key, values)| (key, values.into_iter().collect()));
    let metadata: Vec<(String, Vec<String>)> = metadata.collect();
    let totals = Totals { count: summed.count, size_gib: summed.size_gib, metadata: &metadata };
    totals.to_json(call.version)
}

/// The addresses of volumes.
pub(super) fn links(call: &Call) -> Links {
    call.endpoint().links("volumes")
}

fn base(call: &Call) -> Show {
    let is_admin = call.credentials.is_admin;
    Show {
        admin: is_admin,
        attachment_hosts: is_admin || call.credentials.has_role("service"),
        ..Show::default()
    }
}

/// What the caller may see of volumes that are shown or listed.
pub(super) fn extended(call: &Call) -> Show {
    Show {
        host: call.allows_caller(Rule::VolumeHostAttribute),
        tenant: call.allows_caller(Rule::VolumeTenantAttribute),
        migration: call.allows_caller(Rule::VolumeMigStatusAttribute),
        image_metadata: call.allows_caller(Rule::VolumeImageMetadataShow),
        ..base(call)
    }
}
