//! Volume types, their extra specs, and who may use them.

use model::{Metadata, VolumeType};

use super::{Raw, list, one};
use crate::json::write::{Json, Object, object, to_object};
use crate::links::Around;

/// The extra specs that anybody who may use a type may know.
pub const USER_VISIBLE_EXTRA_SPECS: &[&str] =
    &["RESKEY:availability_zones", "multiattach", "replication_enabled"];

/// Which extra specs a caller may see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExtraSpecs {
    /// None, not even that there are some.
    Hidden,
    /// [`USER_VISIBLE_EXTRA_SPECS`].
    #[default]
    UserVisible,
    /// All.
    All,
}

/// How volume types are shown in one reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Detail {
    /// Which extra specs.
    pub extra_specs: ExtraSpecs,
    /// `qos_specs_id`.
    pub qos: bool,
    /// `os-volume-type-access:is_public`.
    pub access: bool,
}

impl Detail {
    /// `{"volume_type": {…}}`
    #[must_use]
    pub fn one(&self, volume_type: &VolumeType) -> Vec<u8> {
        one("volume_type", |pairs| self.write(pairs, volume_type))
    }

    /// `{"volume_types": [{…}], …}`
    #[must_use]
    pub fn list<'v>(&self, types: impl IntoIterator<Item = &'v VolumeType>, around: &Around) -> Vec<u8> {
        let item = |out: &mut Vec<u8>, volume_type| object(out, |pairs| self.write(pairs, volume_type));
        list("volume_types", "volume_type_links", types, item, around)
    }

    fn write(&self, pairs: &mut Object<'_>, volume_type: &VolumeType) {
        pairs
            .put("id", volume_type.id)
            .put("name", &volume_type.name)
            .put("is_public", volume_type.is_public)
            .put("description", volume_type.description.as_deref());
        if self.extra_specs != ExtraSpecs::Hidden {
            pairs.put("extra_specs", Raw(|out| write_specs(out, &volume_type.extra_specs, self.extra_specs)));
        }
        if self.qos {
            pairs.put("qos_specs_id", volume_type.qos_specs_id);
        }
        if self.access {
            pairs.put("os-volume-type-access:is_public", volume_type.is_public);
        }
    }
}

/// `{"volume_type": {…}}` after it was made (with `access`) or changed (without).
#[must_use]
pub fn managed(volume_type: &VolumeType, access: bool) -> Vec<u8> {
    one("volume_type", |pairs| {
        pairs
            .put("id", volume_type.id)
            .put("name", &volume_type.name)
            .put("is_public", volume_type.is_public)
            .put("extra_specs", &volume_type.extra_specs)
            .put("description", volume_type.description.as_deref());
        if access {
            pairs.put("os-volume-type-access:is_public", volume_type.is_public);
        }
    })
}

/// `{"extra_specs": {…}}`
#[must_use]
pub fn extra_specs(specs: &Metadata, visible: ExtraSpecs) -> Vec<u8> {
    to_object(|reply| {
        reply.put("extra_specs", Raw(|out| write_specs(out, specs, visible)));
    })
}

/// `{"key": "value"}`
#[must_use]
pub fn extra_spec(key: &str, value: &str) -> Vec<u8> {
    to_object(|reply| {
        reply.put_dynamic(key, value);
    })
}

/// `{"volume_type_access": [{"volume_type_id": …, "project_id": …}]}`
#[must_use]
pub fn access(volume_type: &VolumeType) -> Vec<u8> {
    to_object(|reply| {
        reply.array("volume_type_access", &volume_type.projects, |out, project| {
            object(out, |pairs| {
                pairs.put("volume_type_id", volume_type.id).put("project_id", project);
            });
        });
    })
}

fn write_specs(out: &mut Vec<u8>, specs: &Metadata, visible: ExtraSpecs) {
    if visible == ExtraSpecs::All {
        return specs.write(out);
    }
    object(out, |pairs| {
        for key in USER_VISIBLE_EXTRA_SPECS.iter().filter(|_| visible == ExtraSpecs::UserVisible) {
            if let Some(value) = specs.get(key) {
                pairs.put(key, value);
            }
        }
    });
}

#[cfg(test)]
mod tests;
