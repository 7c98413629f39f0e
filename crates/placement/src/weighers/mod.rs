//! The weighers: how well each pool that passed the filters suits the request.

mod capacity;
mod goodness;
mod handler;

pub use handler::Handler;
pub(crate) use handler::rank;

use crate::pool::PoolState;
use crate::request::Request;

/// A weigher that can be named in `scheduler_default_weighers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weigher {
    /// By what can still be promised.
    Capacity,
    /// By the sum of the sizes placed there.
    AllocatedCapacity,
    /// By the number of volumes.
    VolumeNumber,
    /// At random.
    Chance,
    /// By the driver's own `goodness_function`.
    Goodness,
}

const NAMES: [(&str, Weigher); 5] = [
    ("CapacityWeigher", Weigher::Capacity),
    ("AllocatedCapacityWeigher", Weigher::AllocatedCapacity),
    ("VolumeNumberWeigher", Weigher::VolumeNumber),
    ("ChanceWeigher", Weigher::Chance),
    ("GoodnessWeigher", Weigher::Goodness),
];

impl Weigher {
    /// The weigher of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, weigher)| *weigher)
    }

    /// The name that it is configured by.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, weigher)| *weigher == self).map_or("", |(name, _)| name)
    }

    /// All names that [`Weigher::parse`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The raw weights of the pools, in their order.
    pub(crate) fn weigh(
        self,
        multiplier: f64,
        pools: &[&PoolState],
        request: &Request,
        random: &mut dyn FnMut() -> f64,
    ) -> Vec<f64> {
        match self {
            Self::Capacity => capacity::weigh(multiplier, pools, request),
            Self::AllocatedCapacity => pools.iter().map(|pool| pool.allocated_gib).collect(),
            Self::VolumeNumber => pools.iter().map(|pool| pool.volume_count as f64).collect(),
            Self::Chance => pools.iter().map(|_| random()).collect(),
            Self::Goodness => pools.iter().map(|pool| goodness::rating(pool, request)).collect(),
        }
    }
}
