//! How volumes are shown: what a reply needs to know beyond the rows.

use std::collections::{HashMap, HashSet};

use auth::policy::VolumeRule as Rule;
use model::group::CONSISTENCY_GROUP_TYPE;
use model::service::{Binary, Service, backend_of};
use model::{AttachMode, Attachment, GroupId, Volume, VolumeId, VolumeType, VolumeTypeId};
use operations::attachment::attached_mode;
use store::host_growths::HostGrowth;
use store::list::volumes::{Column, Summary};
use store::list::{Part, Query};
use store::{Conn, StoreError};
use wire::links::Links;
use wire::microversion::gate;
use wire::view::volumes::{Detail, Show, Totals, VolumeView};
use wire::{Fault, Microversion};

use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

/// The reply to a request that changed a volume.
pub(super) async fn changed(call: &Call, volume: Volume) -> Result<Vec<u8>, Fault> {
    let version = call.version;
    let read = call.api.desk.store.read(move |conn| {
        let neighbours = Neighbours::of(conn, version, &volume)?;
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

/// What stands in other tables: names of types, and the services that look after backends.
pub(super) struct Neighbours {
    type_names: HashMap<VolumeTypeId, String>,
    encrypted_types: HashSet<VolumeTypeId>,
    /// Of backends, by `host@backend`.
    services: HashMap<String, Service>,
    /// Groups that are shown as consistency groups, in words.
    consistency_groups: HashMap<GroupId, String>,
    attachments: HashMap<VolumeId, Vec<Attachment>>,
    /// The sizes in GiB that hosts are to grow volumes to.
    growths: HashMap<VolumeId, u64>,
}

impl Neighbours {
    /// Those of the volumes of a list, as far as the revision `version` shows them. Names and services are few and read
    /// whole.
    pub(super) fn of_list(
        conn: &Conn<'_>,
        version: Microversion,
        query: &Query<Column>,
        part: &Part,
    ) -> Result<Self, StoreError> {
        let mut by_backend = HashMap::new();
        if version.has(gate::SHARED_TARGETS) {
            let services = store::services::list(conn)?.into_iter();
            let volume_services = services.filter(|service| service.binary == Binary::Volume);
            by_backend.extend(volume_services.map(|service| (service.host.clone(), service)));
        }
        Ok(Self {
            type_names: store::volume_types::names(conn)?,
            encrypted_types: store::encryptions::types(conn)?,
            services: by_backend,
            consistency_groups: consistency_groups(conn)?,
            attachments: store::list::attachments::of_volumes(conn, query, part)?,
            growths: store::host_growths::awaited(conn)?.into_iter().collect(),
        })
    }

    /// Those of one volume.
    pub(super) fn of(conn: &Conn<'_>, version: Microversion, volume: &Volume) -> Result<Self, StoreError> {
        let volume_type = store::volume_types::get(conn, volume.volume_type_id)?;
        let backend = volume.host.as_deref().map(backend_of).filter(|_| version.has(gate::SHARED_TARGETS));
        let service = match backend {
            Some(backend) => store::services::get(conn, Binary::Volume, backend)?,
            None => None,
        };
        let awaited = |growth: &HostGrowth| growth.has_grown.is_none();
        let growth = store::host_growths::get(conn, volume.id)?.filter(awaited);
        Ok(Self {
            encrypted_types: volume_type.iter().filter(|it| it.is_encrypted).map(|it| it.id).collect(),
            type_names: volume_type.into_iter().map(|it| (it.id, it.name)).collect(),
            services: service.into_iter().map(|it| (it.host.clone(), it)).collect(),
            consistency_groups: match volume.group_id {
                Some(_) => consistency_groups(conn)?,
                None => HashMap::new(),
            },
            attachments: HashMap::from([(volume.id, store::attachments::of_volume(conn, volume.id)?)]),
            growths: growth.map(|growth| (volume.id, growth.new_size_gib)).into_iter().collect(),
        })
    }

    /// The volume with what is known of it.
    pub(super) fn view<'v>(&'v self, volume: &'v Volume) -> VolumeView<'v> {
        let type_name = self.type_names.get(&volume.volume_type_id).map_or("", String::as_str);
        let service = volume.host.as_deref().and_then(|host| self.services.get(backend_of(host)));
        let consistency_group = volume.group_id.and_then(|id| self.consistency_groups.get(&id));
        let attachments = self.attachments.get(&volume.id).map_or(&[][..], Vec::as_slice);
        let view = VolumeView {
            service_uuid: service.map(|service| service.uuid.as_str()),
            cluster: service.and_then(|service| service.cluster_name.as_deref()),
            consistencygroup_id: consistency_group.map(String::as_str),
            attachments,
            attached_mode: attached_mode(attachments).map(AttachMode::as_str),
            extend_new_size_gib: self.growths.get(&volume.id).copied(),
            ..VolumeView::new(volume, type_name)
        };
        with_encryption(view, self.encrypted_types.contains(&volume.volume_type_id))
    }
}

/// A volume of a type that is encrypted is so before its key is made.
fn with_encryption(view: VolumeView<'_>, is_encrypted: bool) -> VolumeView<'_> {
    VolumeView { encrypted: view.encrypted || is_encrypted, ..view }
}

fn consistency_groups(conn: &Conn<'_>) -> Result<HashMap<GroupId, String>, StoreError> {
    let ids = store::groups::ids_of_type(conn, CONSISTENCY_GROUP_TYPE)?;
    Ok(ids.into_iter().map(|id| (id, id.to_string())).collect())
}
