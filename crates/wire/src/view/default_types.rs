//! The volume types that projects have by default.

use model::{ProjectId, VolumeTypeId};

use super::one as under;
use crate::json::write::{Object, object, to_object};

/// `{"default_type": {"project_id": …, "volume_type_id": …}}`
#[must_use]
pub fn one(project: &ProjectId, volume_type: VolumeTypeId) -> Vec<u8> {
    under("default_type", |pairs| write(pairs, project, volume_type))
}

/// `{"default_types": [{"project_id": …, "volume_type_id": …}]}`
#[must_use]
pub fn list(rows: &[(ProjectId, VolumeTypeId)]) -> Vec<u8> {
    to_object(|reply| {
        reply.array("default_types", rows, |out, (project, volume_type)| {
            object(out, |pairs| write(pairs, project, *volume_type));
        });
    })
}

fn write(pairs: &mut Object<'_>, project: &ProjectId, volume_type: VolumeTypeId) {
    pairs.put("project_id", project).put("volume_type_id", volume_type);
}
