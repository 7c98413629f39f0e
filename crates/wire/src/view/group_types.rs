//! Group types and their specs.

use model::{GroupType, Metadata};

use super::{list, one};
use crate::json::write::{Object, object, to_object};
use crate::links::Around;

/// `{"group_type": {…}}`, with its specs for who may see them.
#[must_use]
pub fn detail(group_type: &GroupType, specs: bool) -> Vec<u8> {
    one("group_type", |pairs| write(pairs, group_type, specs))
}

/// `{"group_types": [{…}], …}`
#[must_use]
pub fn listed<'v>(types: impl IntoIterator<Item = &'v GroupType>, specs: bool, around: &Around) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, group_type| object(out, |pairs| write(pairs, group_type, specs));
    list("group_types", "group_type_links", types, item, around)
}

fn write(pairs: &mut Object<'_>, group_type: &GroupType, specs: bool) {
    pairs
        .put("id", group_type.id)
        .put("name", &group_type.name)
        .put("description", group_type.description.as_deref())
        .put("is_public", group_type.is_public);
    if specs {
        pairs.put("group_specs", &group_type.group_specs);
    }
}

/// `{"group_specs": {…}}`
#[must_use]
pub fn group_specs(specs: &Metadata) -> Vec<u8> {
    to_object(|reply| {
        reply.put("group_specs", specs);
    })
}

/// `{"key": "value"}`
#[must_use]
pub fn group_spec(key: &str, value: &str) -> Vec<u8> {
    to_object(|reply| {
        reply.put_dynamic(key, value);
    })
}
