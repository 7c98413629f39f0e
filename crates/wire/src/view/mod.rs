//! Replies, one file per resource: borrowed values in, JSON text out.
//!
//! Keys come in the order in which the service has always had them.

pub mod attachments;
pub mod backup_policies;
pub mod backups;
pub mod capabilities;
pub mod clusters;
pub mod consistency_groups;
pub mod default_types;
pub mod encryptions;
pub mod extensions;
pub mod group_snapshots;
pub mod group_types;
pub mod groups;
pub mod hosts;
pub mod limits;
pub mod log_levels;
pub mod manageable;
pub mod messages;
pub mod metadata;
pub mod pools;
pub mod qos_specs;
pub mod quotas;
pub mod resource_filters;
pub mod services;
pub mod snapshots;
pub mod templates;
pub mod transfers;
pub mod types;
pub mod versions;
pub mod volumes;
pub mod zones;

mod growing;

pub use growing::Growing;

use crate::json::write::{Json, Object, to_object};
use crate::links::Around;

/// A list of items under `key`, then the address of the next page under `links_key`, then the count.
fn list<T>(
    key: &'static str,
    links_key: &'static str,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
    around: &Around,
) -> Vec<u8> {
    let mut list = Growing::new(key, links_key);
    for value in items {
        list.add(|out| item(out, value));
    }
    list.end(around)
}

/// One item under `key`.
fn one(key: &'static str, pairs: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    to_object(|reply| {
        reply.object(key, pairs);
    })
}

/// A value that is already JSON text.
struct Raw<F: Fn(&mut Vec<u8>)>(F);

impl<F: Fn(&mut Vec<u8>)> Json for Raw<F> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.0)(out);
    }
}
