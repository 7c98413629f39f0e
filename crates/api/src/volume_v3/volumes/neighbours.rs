//! What stands in other tables and is shown with volumes.

use std::collections::{HashMap, HashSet};

use model::group::CONSISTENCY_GROUP_TYPE;
use model::service::{Binary, Service, backend_of};
use model::{AttachMode, Attachment, GroupId, Volume, VolumeId, VolumeTypeId};
use operations::attachment::attached_mode;
use store::list::volumes::Column;
use store::list::{Part, Query};
use store::surroundings::Surroundings;
use store::{Conn, StoreError};
use wire::Microversion;
use wire::microversion::gate;
use wire::view::volumes::VolumeView;

/// What stands around one volume.
pub(super) struct OfOne {
    /// None when its type is gone.
    surroundings: Option<Surroundings>,
    /// Its group in words, when that is shown as a consistency group.
    consistency_group: Option<String>,
    attachments: Vec<Attachment>,
}

impl OfOne {
    /// Reads it, as far as the revision `version` shows it.
    pub(super) fn read(conn: &Conn<'_>, version: Microversion, volume: &Volume) -> Result<Self, StoreError> {
        let backend = volume.host.as_deref().map(backend_of).filter(|_| version.has(gate::SHARED_TARGETS));
        Ok(Self {
            surroundings: store::surroundings::of(conn, volume, backend)?,
            consistency_group: match volume.group_id {
                Some(id) => consistency_groups(conn)?.remove(&id),
                None => None,
            },
            attachments: store::attachments::of_volume(conn, volume.id)?,
        })
    }

    /// The volume with what is known of it.
    pub(super) fn view<'v>(&'v self, volume: &'v Volume) -> VolumeView<'v> {
        let around = self.surroundings.as_ref();
        let view = VolumeView {
            service_uuid: around.and_then(|around| around.service_uuid.as_deref()),
            cluster: around.and_then(|around| around.cluster_name.as_deref()),
            consistencygroup_id: self.consistency_group.as_deref(),
            extend_new_size_gib: around.and_then(|around| around.growing_to_gib),
            ..VolumeView::new(volume, around.map_or("", |around| &around.type_name))
        };
        let is_type_encrypted = around.is_some_and(|around| around.is_type_encrypted);
        with_encryption(with_attachments(view, &self.attachments), is_type_encrypted)
    }
}

/// What stands around the volumes of a list.
pub(super) struct OfList {
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

impl OfList {
    /// Reads it, as far as the revision `version` shows it. Names and services are few and read whole.
    pub(super) fn read(
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

    /// One of the volumes with what is known of it.
    pub(super) fn view<'v>(&'v self, volume: &'v Volume) -> VolumeView<'v> {
        let type_name = self.type_names.get(&volume.volume_type_id).map_or("", String::as_str);
        let service = volume.host.as_deref().and_then(|host| self.services.get(backend_of(host)));
        let consistency_group = volume.group_id.and_then(|id| self.consistency_groups.get(&id));
        let view = VolumeView {
            service_uuid: service.map(|service| service.uuid.as_str()),
            cluster: service.and_then(|service| service.cluster_name.as_deref()),
            consistencygroup_id: consistency_group.map(String::as_str),
            extend_new_size_gib: self.growths.get(&volume.id).copied(),
            ..VolumeView::new(volume, type_name)
        };
        let attachments = self.attachments.get(&volume.id).map_or(&[][..], Vec::as_slice);
        let is_type_encrypted = self.encrypted_types.contains(&volume.volume_type_id);
        with_encryption(with_attachments(view, attachments), is_type_encrypted)
    }
}

fn with_attachments<'v>(view: VolumeView<'v>, attachments: &'v [Attachment]) -> VolumeView<'v> {
    let attached_mode = attached_mode(attachments).map(AttachMode::as_str);
    VolumeView { attachments, attached_mode, ..view }
}

/// A volume of a type that is encrypted is so before its key is made.
pub(super) fn with_encryption(view: VolumeView<'_>, is_encrypted: bool) -> VolumeView<'_> {
    VolumeView { encrypted: view.encrypted || is_encrypted, ..view }
}

fn consistency_groups(conn: &Conn<'_>) -> Result<HashMap<GroupId, String>, StoreError> {
    let ids = store::groups::ids_of_type(conn, CONSISTENCY_GROUP_TYPE)?;
    Ok(ids.into_iter().map(|id| (id, id.to_string())).collect())
}
