//! Volumes.

use model::{AttachStatus, Attachment, Volume, VolumeId, VolumeStatus};

use super::{Growing, Raw, one};
use crate::Microversion;
use crate::json::write::{Json, Object, array, object};
use crate::links::{Around, Links};
use crate::microversion::gate;

/// A volume with what is known of it elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct VolumeView<'a> {
    /// The volume.
    pub volume: &'a Volume,
    /// Name of its type.
    pub type_name: &'a str,
    /// Its attachments; those that are complete are shown.
    pub attachments: &'a [Attachment],
    /// How it is attached (`rw`, `ro`), shown among the metadata.
    pub attached_mode: Option<&'a str>,
    /// The size in GiB that the host of a server is to grow it to, shown among the metadata.
    pub extend_new_size_gib: Option<u64>,
    /// Whether volumes of its type are encrypted.
    pub encrypted: bool,
    /// How its replication is.
    pub replication_status: Option<&'a str>,
    /// Its group, when that is a consistency group of old.
    pub consistencygroup_id: Option<&'a str>,
    /// The service that looks after it.
    pub service_uuid: Option<&'a str>,
    /// Whether it shares its target with others; none when it does not matter.
    pub shared_targets: Option<bool>,
    /// The cluster that looks after it, as `cluster@backend`.
    pub cluster: Option<&'a str>,
    /// The volume under whose name its data are, after a migration.
    pub name_id: Option<VolumeId>,
}

impl<'a> VolumeView<'a> {
    /// A volume that is nothing special: not attached, replicated or migrated.
    #[must_use]
    pub const fn new(volume: &'a Volume, type_name: &'a str) -> Self {
        Self {
            volume,
            type_name,
            attachments: &[],
            attached_mode: None,
            extend_new_size_gib: None,
            encrypted: volume.encryption_key_id.is_some(),
            replication_status: match &volume.replication_status {
                Some(status) => Some(status.as_str()),
                None => None,
            },
            consistencygroup_id: None,
            service_uuid: None,
            // Nobody knows yet how the backend that it will get shares them.
            shared_targets: Some(volume.host.is_none()),
            cluster: None,
            name_id: volume.name_id,
        }
    }
}

/// `cluster@backend#pool` of a volume that a cluster looks after.
fn cluster_and_pool(view: &VolumeView<'_>) -> Option<String> {
    let (cluster, pool) = (view.cluster?, view.volume.host.as_deref().and_then(model::service::pool_of));
    Some(pool.map_or_else(|| cluster.to_owned(), |pool| format!("{cluster}#{pool}")))
}

/// What the caller may see beyond the volume itself. The attributes of extensions are only shown by show and
/// list, not in the replies of create and update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Show {
    /// Administrators see the migration, the provider's identifier and the cluster.
    pub admin: bool,
    /// Administrators and services see the hosts of attachments.
    pub attachment_hosts: bool,
    /// `os-vol-host-attr:host`.
    pub host: bool,
    /// `os-vol-tenant-attr:tenant_id`.
    pub tenant: bool,
    /// `os-vol-mig-status-attr:*`.
    pub migration: bool,
    /// `volume_image_metadata`, when there are some.
    pub image_metadata: bool,
}

/// How volumes are shown in one reply.
#[derive(Debug, Clone, Copy)]
pub struct Detail<'a> {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// Addresses of volumes.
    pub links: &'a Links,
    /// What the caller may see.
    pub show: Show,
}

impl Detail<'_> {
    /// `{"volume": {…}}`
    #[must_use]
    pub fn one(&self, view: &VolumeView<'_>) -> Vec<u8> {
        one("volume", |pairs| self.write(pairs, view))
    }

    /// `{"volumes": [{…}], …}`
    #[must_use]
    pub fn list<'v>(&self, views: impl IntoIterator<Item = VolumeView<'v>>, around: &Around) -> Vec<u8> {
        let mut list = begin();
        for view in views {
            self.add(&mut list, &view);
        }
        list.end(around)
    }

    /// Adds a volume to a list.
    pub fn add(&self, list: &mut Growing, view: &VolumeView<'_>) {
        list.add(|out| object(out, |pairs| self.write(pairs, view)));
    }

    fn write(&self, pairs: &mut Object<'_>, view: &VolumeView<'_>) {
        self.write_base(pairs, view);
        self.write_revisions(pairs, view);
        self.write_extensions(pairs, view);
    }

    /// What every revision shows.
    fn write_base(&self, pairs: &mut Object<'_>, view: &VolumeView<'_>) {
        let volume = view.volume;
        pairs
            .put("id", volume.id)
            .put("status", shown_status(volume.status))
            .put("size", volume.size_gib)
            .put("availability_zone", &volume.availability_zone)
            .put("created_at", volume.created_at)
            .put("updated_at", volume.updated_at)
            .put("name", volume.name.as_deref())
            .put("description", volume.description.as_deref())
            .put("volume_type", view.type_name)
            .put("snapshot_id", volume.snapshot_id)
            .put("source_volid", volume.source_volid)
            .put("metadata", Raw(|out| write_metadata(out, view)))
            .put("links", Raw(|out| self.links.write(out, volume.id)))
            .put("user_id", &volume.user_id)
            .put("bootable", if volume.bootable { "true" } else { "false" })
            .put("encrypted", view.encrypted)
            .put("replication_status", view.replication_status)
            .put("consistencygroup_id", view.consistencygroup_id)
            .put("multiattach", volume.multiattach)
            .put("attachments", Raw(|out| self.write_attachments(out, view.attachments)));
        if self.show.admin {
            pairs.put("migration_status", volume.migration_status);
        }
    }

    /// What the revisions added, in their order.
    fn write_revisions(&self, pairs: &mut Object<'_>, view: &VolumeView<'_>) {
        let (version, volume) = (self.version, view.volume);
        if version.has(gate::GROUPS) {
            pairs.put("group_id", volume.group_id);
        }
        if version.has(gate::PROVIDER_ID) && self.show.admin {
            pairs.put("provider_id", volume.provider_id.as_deref());
        }
        if version.has(gate::SHARED_TARGETS) {
            let known = version.has(gate::SHARED_TARGETS_NULL) || view.shared_targets.is_some();
            pairs.put("shared_targets", if known { view.shared_targets } else { Some(true) });
            pairs.put("service_uuid", view.service_uuid);
        }
        if version.has(gate::CLUSTER_NAME) && self.show.admin {
            pairs.put("cluster_name", cluster_and_pool(view).as_deref());
        }
        if version.has(gate::VOLUME_TYPE_ID) {
            pairs.put("volume_type_id", volume.volume_type_id);
        }
        if version.has(gate::ENCRYPTION_KEY_ID)
            // The key of a service without a key manager is nobody's, and not shown.
            && let Some(key) = volume.encryption_key_id.filter(|key| !key.uuid().is_nil())
        {
            pairs.put("encryption_key_id", key);
        }
        if version.has(gate::CONSUMES_QUOTA) {
            pairs.put("consumes_quota", volume.consumes_quota);
        }
    }

    /// What policy lets the caller see.
    fn write_extensions(&self, pairs: &mut Object<'_>, view: &VolumeView<'_>) {
        let volume = view.volume;
        if self.show.tenant {
            pairs.put("os-vol-tenant-attr:tenant_id", &volume.project_id);
        }
        if self.show.migration {
            let target = volume.migrates_for.map(|id| format!("target:{id}"));
            match &target {
                Some(target) => pairs.put("os-vol-mig-status-attr:migstat", target.as_str()),
                None => pairs.put("os-vol-mig-status-attr:migstat", volume.migration_status),
            };
            pairs.put("os-vol-mig-status-attr:name_id", view.name_id);
        }
        if self.show.host {
            pairs.put("os-vol-host-attr:host", volume.host.as_deref());
        }
        if self.show.image_metadata && !volume.image_metadata.0.is_empty() {
            pairs.put("volume_image_metadata", &volume.image_metadata);
        }
    }

    /// Those that are complete.
    fn write_attachments(&self, out: &mut Vec<u8>, attachments: &[Attachment]) {
        let complete = attachments.iter().filter(|it| it.status == AttachStatus::Attached);
        array(out, complete, |out, attachment| {
            let host = attachment.attached_host.as_deref();
            object(out, |pairs| {
                pairs
                    .put("id", attachment.volume_id)
                    .put("attachment_id", attachment.id)
                    .put("volume_id", attachment.volume_id)
                    .put("server_id", attachment.instance_uuid.as_deref())
                    .put("host_name", host.filter(|_| self.show.attachment_hosts))
                    .put("device", attachment.mountpoint.as_deref())
                    .put("attached_at", attachment.attached_at);
            });
        });
    }
}

/// The statuses of managing are shown as those that they stand for.
const fn shown_status(status: VolumeStatus) -> VolumeStatus {
    match status {
        VolumeStatus::Managing => VolumeStatus::Creating,
        VolumeStatus::ErrorManaging => VolumeStatus::Error,
        VolumeStatus::ErrorManagingDeleting => VolumeStatus::Deleting,
        other => other,
    }
}

/// The owner's pairs, and those of the service that take the place of the owner's of the same name.
fn write_metadata(out: &mut Vec<u8>, view: &VolumeView<'_>) {
    let readonly = view.volume.readonly.map(|readonly| if readonly { "True" } else { "False" });
    let new_size = view.extend_new_size_gib.map(|gib| gib.to_string());
    let ours = [
        ("readonly", readonly),
        ("attached_mode", view.attached_mode),
        ("extend_new_size", new_size.as_deref()),
    ];
    if ours.iter().all(|(_, value)| value.is_none()) {
        return view.volume.metadata.write(out);
    }
    object(out, |pairs| {
        let is_ours = |key: &str| ours.iter().any(|(name, value)| *name == key && value.is_some());
        for (key, value) in view.volume.metadata.0.iter().filter(|(key, _)| !is_ours(key)) {
            pairs.put_dynamic(key, value);
        }
        for (key, value) in ours {
            if let Some(value) = value {
                pairs.put(key, value);
            }
        }
    });
}

/// `{"volumes": [{"id": …, "name": …, "links": …}], …}`
#[must_use]
pub fn summaries<'v>(
    volumes: impl IntoIterator<Item = &'v Volume>,
    links: &Links,
    around: &Around,
) -> Vec<u8> {
    let mut list = begin();
    for volume in volumes {
        add_summary(&mut list, volume.id, volume.name.as_deref(), links);
    }
    list.end(around)
}

/// An empty list of volumes.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("volumes", "volumes_links")
}

/// Adds the short form of a volume to a list.
pub fn add_summary(list: &mut Growing, id: VolumeId, name: Option<&str>, links: &Links) {
    list.add(|out| {
        object(out, |pairs| {
            pairs.put("id", id).put("name", name).put("links", Raw(|out| links.write(out, id)));
        });
    });
}

/// What all volumes are together.
#[derive(Debug, Clone, Copy)]
pub struct Totals<'a> {
    /// Number of volumes.
    pub count: u64,
    /// Sum of their sizes in GiB.
    pub size_gib: u64,
    /// The values that each metadata key has somewhere.
    pub metadata: &'a [(String, Vec<String>)],
}

impl Totals<'_> {
    /// `{"volume-summary": {…}}`
    #[must_use]
    pub fn to_json(&self, version: Microversion) -> Vec<u8> {
        one("volume-summary", |pairs| {
            pairs.put("total_count", self.count).put("total_size", self.size_gib);
            if version.has(gate::SUMMARY_METADATA) {
                pairs.object("metadata", |keys| {
                    for (key, values) in self.metadata {
                        keys.put_dynamic(key, Raw(|out| array(out, values, |out, value| value.write(out))));
                    }
                });
            }
        })
    }
}

#[cfg(test)]
mod tests;
