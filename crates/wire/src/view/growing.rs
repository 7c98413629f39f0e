//! A list that is written item by item, so that rows can become text as they are read instead of being kept.

use crate::json::write::{append, escape};
use crate::links::Around;

/// A list in the making.
#[derive(Debug)]
pub struct Growing {
    out: Vec<u8>,
    links_key: &'static str,
    count: usize,
}

impl Growing {
    /// An empty list under `key`, whose links stand under `links_key`.
    pub(super) fn new(key: &'static str, links_key: &'static str) -> Self {
        let mut out = Vec::with_capacity(4096);
        append(&mut out, format_args!("{{\"{key}\":["));
        Self { out, links_key, count: 0 }
    }

    /// Adds an item.
    pub(super) fn add(&mut self, item: impl FnOnce(&mut Vec<u8>)) {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        item(&mut self.out);
    }

    /// How many items there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The whole reply: the items, then the address of the next page, then the count of all items.
    #[must_use]
    pub fn end(self, around: &Around) -> Vec<u8> {
        let Self { mut out, links_key, .. } = self;
        out.push(b']');
        if let Some(next) = &around.next {
            append(&mut out, format_args!(",\"{links_key}\":[{{\"rel\":\"next\",\"href\":\""));
            escape(&mut out, next);
            out.extend_from_slice(b"\"}]");
        }
        if let Some(count) = around.count {
            append(&mut out, format_args!(",\"count\":{count}"));
        }
        out.push(b'}');
        out
    }
}
