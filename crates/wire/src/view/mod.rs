//! Replies, one file per resource: borrowed values in, JSON text out.
//!
//! Keys come in the order in which the service has always had them.

pub mod capabilities;
pub mod extensions;
pub mod hosts;
pub mod limits;
pub mod log_levels;
pub mod messages;
pub mod metadata;
pub mod pools;
pub mod quotas;
pub mod resource_filters;
pub mod services;
pub mod snapshots;
pub mod types;
pub mod versions;
pub mod volumes;
pub mod zones;

use crate::json::write::{Json, Object, to_object};
use crate::links::Around;

/// A list of items under `key`, then the address of the next page under `links_key`, then the count.
fn list<T>(
    key: &'static str,
    links_key: &'static str,
    items: impl IntoIterator<Item = T>,
    item: impl FnMut(&mut Vec<u8>, T),
    around: &Around,
) -> Vec<u8> {
    to_object(|reply| {
        reply.array(key, items, item);
        if let Some(next) = &around.next {
            reply.array(links_key, [next], |out, next| {
                crate::json::write::object(out, |link| {
                    link.put("rel", "next").put("href", next);
                });
            });
        }
        if let Some(count) = around.count {
            reply.put("count", count);
        }
    })
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
