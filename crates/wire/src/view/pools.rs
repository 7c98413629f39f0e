//! Scheduler pools.

use serde_json::Value;

use crate::json::write::{object, to_object};

/// A pool and what it reported.
#[derive(Debug, Clone, Copy)]
pub struct PoolView<'a> {
    /// `host@backend#pool`.
    pub name: &'a str,
    /// Capacities, capabilities, functions; shown when details are asked for.
    pub capabilities: &'a Value,
}

/// `{"pools": [{"name": …, "capabilities": {…}}]}`
#[must_use]
pub fn list<'v>(views: impl IntoIterator<Item = PoolView<'v>>, detail: bool) -> Vec<u8> {
    to_object(|reply| {
        reply.array("pools", views, |out, view| {
            object(out, |pool| {
                pool.put("name", view.name);
                if detail {
                    pool.put("capabilities", view.capabilities);
                }
            });
        });
    })
}
