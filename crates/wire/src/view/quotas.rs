//! Quotas of projects and of classes.

use crate::json::write::{Json, Object, object};
use crate::view::one;

/// A limit and what is used of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The limit; -1 is none.
    pub limit: i64,
    /// In use.
    pub in_use: i64,
    /// Promised to requests that are under way.
    pub reserved: i64,
}

impl Json for Usage {
    fn write(&self, out: &mut Vec<u8>) {
        object(out, |pairs| {
            pairs.put("limit", self.limit).put("in_use", self.in_use).put("reserved", self.reserved);
        });
    }
}

/// Which kind of set it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set<'a> {
    /// A project's; the reply to an update does not name it.
    Project(Option<&'a str>),
    /// A class's; the reply to an update does not name it.
    Class(Option<&'a str>),
}

/// `{"quota_set": {"volumes": 10, …, "id": …}}`
#[must_use]
pub fn limits<'q>(set: Set<'_>, quotas: impl IntoIterator<Item = (&'q str, i64)>) -> Vec<u8> {
    write(set, |pairs| {
        for (name, limit) in quotas {
            pairs.put_dynamic(name, limit);
        }
    })
}

/// `{"quota_set": {"volumes": {"limit": 10, "in_use": 1, "reserved": 0}, …, "id": …}}`
#[must_use]
pub fn usages<'q>(set: Set<'_>, quotas: impl IntoIterator<Item = (&'q str, Usage)>) -> Vec<u8> {
    write(set, |pairs| {
        for (name, usage) in quotas {
            pairs.put_dynamic(name, usage);
        }
    })
}

fn write(set: Set<'_>, quotas: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let (key, id) = match set {
        Set::Project(id) => ("quota_set", id),
        Set::Class(id) => ("quota_class_set", id),
    };
    one(key, |pairs| {
        quotas(pairs);
        if let Some(id) = id {
            pairs.put("id", id);
        }
    })
}
