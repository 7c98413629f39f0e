//! Query strings as typed values, one file per resource.
//!
//! What comes out is closed: sort keys and fields are enumerations, so that the store can turn them into SQL without
//! ever seeing a name that a client made up.

pub mod attachments;
pub mod backups;
pub mod clusters;
pub mod filters;
pub mod group_snapshots;
pub mod group_types;
pub mod groups;
pub(crate) mod literal;
pub mod manageable;
pub mod messages;
pub mod page;
pub mod params;
pub mod pools;
pub mod qos_specs;
pub mod small;
pub mod snapshots;
pub mod transfers;
pub mod types;
pub mod volumes;

pub use filters::ResourceFilters;
pub use page::{Direction, Page};
pub use params::Params;

use crate::Microversion;

/// Who asks, and what the installation allows.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// Whether the caller is an administrator, who may filter by anything and see every project.
    pub is_admin: bool,
    /// What others may filter by.
    pub resource_filters: &'a ResourceFilters,
    /// Largest number of items on a page.
    pub max_limit: usize,
}

/// A list request: `K` are its sort keys, `F` its filters.
#[derive(Debug, Clone, PartialEq)]
pub struct List<K, F> {
    /// Every one must hold.
    pub filters: Vec<F>,
    /// By what to sort, most significant first; ends with `created_at` and `id`, so that the order is total.
    pub sort: Vec<(K, Direction)>,
    /// Which part of the list.
    pub page: Page,
    /// Whether the number of all items is asked for.
    pub with_count: bool,
    /// Whether every project's items are asked for; only ever true for an administrator.
    pub all_tenants: bool,
}

/// Keys and values that an item must have.
pub type Pairs = Vec<(String, String)>;
