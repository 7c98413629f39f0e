//! QoS specs and the volume types that have them.

use model::VolumeTypeId;
use model::qos::QosSpecs;
use serde_json::{Map, Value};

use super::{Raw, list as list_of};
use crate::json::write::{Object, object, to_object};
use crate::links::{Around, Links};

/// `{"qos_specs": {…}, "links": […]}`
#[must_use]
pub fn one(specs: &QosSpecs, links: &Links) -> Vec<u8> {
    to_object(|reply| {
        reply.object("qos_specs", |pairs| write(pairs, specs));
        reply.put("links", Raw(|out| links.write(out, specs.id)));
    })
}

/// `{"qos_specs": [{…}], …}`
#[must_use]
pub fn list(found: &[QosSpecs], around: &Around) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, specs| object(out, |pairs| write(pairs, specs));
    list_of("qos_specs", "qos_specs_links", found, item, around)
}

/// `{"qos_specs": {…}}` with what was asked to be set.
#[must_use]
pub fn set(asked: &Map<String, Value>) -> Vec<u8> {
    to_object(|reply| {
        reply.object("qos_specs", |pairs| {
            for (key, value) in asked {
                pairs.put_dynamic(key, value);
            }
        });
    })
}

/// `{"qos_associations": [{…}]}`
#[must_use]
pub fn associations(types: &[(VolumeTypeId, String)]) -> Vec<u8> {
    to_object(|reply| {
        reply.array("qos_associations", types, |out, (id, name)| {
            object(out, |pairs| {
                pairs.put("association_type", "volume_type").put("name", name).put("id", id);
            });
        });
    })
}

fn write(pairs: &mut Object<'_>, specs: &QosSpecs) {
    pairs
        .put("id", specs.id)
        .put("name", &specs.name)
        .put("consumer", specs.consumer.as_str())
        .put("specs", &specs.specs);
}
