//! Extensions: what was once optional, and is listed for clients that still ask.

use crate::json::write::{Object, object, to_object};
use crate::view::one as one_of;

/// An extension.
struct Extension {
    alias: &'static str,
    name: &'static str,
    description: &'static str,
    updated: &'static str,
}

const fn extension(
    alias: &'static str,
    name: &'static str,
    description: &'static str,
    updated: &'static str,
) -> Extension {
    Extension { alias, name, description, updated }
}

#[rustfmt::skip]
const EXTENSIONS: &[Extension] = &[
    extension("os-vol-image-meta", "VolumeImageMetadata", "Facts about the image of a volume.", "2012-12-07T00:00:00+00:00"),
    extension("os-volume-unmanage", "VolumeUnmanage", "Releasing a volume without deleting its data.", "2012-05-31T00:00:00+00:00"),
    extension("os-used-limits", "UsedLimits", "What is used of the limits.", "2013-10-03T00:00:00+00:00"),
    extension("os-admin-actions", "AdminActions", "Actions of administrators.", "2012-08-25T00:00:00+00:00"),
    extension("cgsnapshots", "Cgsnapshots", "Snapshots of consistency groups.", "2014-08-18T00:00:00+00:00"),
    extension("os-types-extra-specs", "TypesExtraSpecs", "Extra specs of volume types.", "2011-08-24T00:00:00+00:00"),
    extension("os-snapshot-unmanage", "SnapshotUnmanage", "Releasing a snapshot without deleting its data.", "2014-12-31T00:00:00+00:00"),
    extension("encryption", "VolumeTypeEncryption", "Encryption of volume types.", "2013-07-01T00:00:00+00:00"),
    extension("os-volume-encryption-metadata", "VolumeEncryptionMetadata", "How a volume is encrypted.", "2013-07-10T00:00:00+00:00"),
    extension("consistencygroups", "Consistencygroups", "Consistency groups.", "2014-08-18T00:00:00+00:00"),
    extension("os-snapshot-actions", "SnapshotActions", "Actions on snapshots.", "2013-07-16T00:00:00+00:00"),
    extension("backups", "Backups", "Backups.", "2012-12-12T00:00:00+00:00"),
    extension("os-quota-sets", "Quotas", "Quotas of projects.", "2011-08-08T00:00:00+00:00"),
    extension("os-volume-actions", "VolumeActions", "Actions on volumes.", "2012-05-31T00:00:00+00:00"),
    extension("os-quota-class-sets", "QuotaClasses", "Quotas of classes.", "2012-03-12T00:00:00+00:00"),
    extension("os-availability-zone", "AvailabilityZones", "Availability zones.", "2013-06-27T00:00:00+00:00"),
    extension("os-volume-type-access", "VolumeTypeAccess", "Who may use a volume type.", "2014-06-26T00:00:00Z"),
    extension("os-services", "Services", "Services.", "2012-10-28T00:00:00-00:00"),
    extension("os-hosts", "Hosts", "Hosts.", "2011-06-29T00:00:00+00:00"),
    extension("os-types-manage", "TypesManage", "Making and changing volume types.", "2011-08-24T00:00:00+00:00"),
    extension("os-extended-snapshot-attributes", "ExtendedSnapshotAttributes", "Project and progress of snapshots.", "2012-06-19T00:00:00+00:00"),
    extension("os-snapshot-manage", "SnapshotManage", "Taking over an existing snapshot.", "2014-12-31T00:00:00+00:00"),
    extension("qos-specs", "Qos_specs_manage", "QoS specs.", "2013-08-02T00:00:00+00:00"),
    extension("os-vol-host-attr", "VolumeHostAttribute", "Where a volume lives.", "2011-11-03T00:00:00+00:00"),
    extension("scheduler-stats", "Scheduler_stats", "Pools of the scheduler.", "2014-09-07T00:00:00+00:00"),
    extension("os-volume-manage", "VolumeManage", "Taking over an existing disk.", "2014-02-10T00:00:00+00:00"),
    extension("os-vol-mig-status-attr", "VolumeMigStatusAttribute", "How far the migration of a volume is.", "2013-08-08T00:00:00+00:00"),
    extension("os-volume-transfer", "VolumeTransfer", "Offering a volume to another project.", "2013-05-29T00:00:00+00:00"),
    extension("os-vol-tenant-attr", "VolumeTenantAttribute", "Whose a volume is.", "2011-11-03T00:00:00+00:00"),
    extension("OS-SCH-HNT", "SchedulerHints", "Where a new volume should be.", "2013-04-18T00:00:00+00:00"),
    extension("os-extended-services", "ExtendedServices", "Why a service is disabled.", "2014-01-10T00:00:00-00:00"),
    extension("capabilities", "Capabilities", "What a backend can do.", "2015-08-31T00:00:00+00:00"),
];

/// `{"extensions": [{…}]}`
#[must_use]
pub fn list() -> Vec<u8> {
    to_object(|reply| {
        reply.array("extensions", EXTENSIONS, |out, extension| object(out, |pairs| write(pairs, extension)));
    })
}

/// `{"extension": {…}}`; none for an alias that no extension has.
#[must_use]
pub fn one(alias: &str) -> Option<Vec<u8>> {
    let extension = EXTENSIONS.iter().find(|extension| extension.alias == alias)?;
    Some(one_of("extension", |pairs| write(pairs, extension)))
}

fn write(pairs: &mut Object<'_>, extension: &Extension) {
    pairs
        .put("name", extension.name)
        .put("alias", extension.alias)
        .put("description", extension.description)
        .put("updated", extension.updated)
        .array("links", [(); 0], |_, ()| {});
}
