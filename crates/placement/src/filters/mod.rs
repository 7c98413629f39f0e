//! The filters: each says of one pool whether it will do, and if not, why.

mod affinity;
mod availability_zone;
mod capabilities;
mod capacity;
mod driver;
mod json;
mod locality;
mod retry;

use std::fmt;

use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::{Request, RequestFault};

/// A filter that can be named in `scheduler_default_filters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The zone is one of those asked for.
    AvailabilityZone,
    /// There is room.
    Capacity,
    /// The extra specs are met.
    Capabilities,
    /// The driver's own `filter_function` agrees.
    Driver,
    /// On the host of a server: hint `local_to_instance`.
    InstanceLocality,
    /// Apart from other volumes: hint `different_host`.
    DifferentBackend,
    /// Together with other volumes: hint `same_host`.
    SameBackend,
    /// Not where an attempt failed already.
    IgnoreAttemptedHosts,
    /// As a query wants it: hint `query`.
    Json,
}

/// Every name that a filter goes by; the first of each is the usual one.
///
/// `RetryFilter` is the other name of `IgnoreAttemptedHostsFilter`. `TypeFilter` stands in configurations of an older
/// product for the filter that matches volume types with backends.
const NAMES: [(&str, Filter); 11] = [
    ("AvailabilityZoneFilter", Filter::AvailabilityZone),
    ("CapacityFilter", Filter::Capacity),
    ("CapabilitiesFilter", Filter::Capabilities),
    ("DriverFilter", Filter::Driver),
    ("InstanceLocalityFilter", Filter::InstanceLocality),
    ("DifferentBackendFilter", Filter::DifferentBackend),
    ("SameBackendFilter", Filter::SameBackend),
    ("IgnoreAttemptedHostsFilter", Filter::IgnoreAttemptedHosts),
    ("RetryFilter", Filter::IgnoreAttemptedHosts),
    ("JsonFilter", Filter::Json),
    ("TypeFilter", Filter::Capabilities),
];

impl Filter {
    /// The filter of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, filter)| *filter)
    }

    /// The name that it is configured by.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, filter)| *filter == self).map_or("", |(name, _)| name)
    }

    /// All names that [`Filter::parse`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Reads out of the request, once, what this filter looks at.
    pub(crate) fn prepare(self, request: &Request) -> Result<Box<dyn Check + '_>, RequestFault> {
        Ok(match self {
            Self::AvailabilityZone => Box::new(availability_zone::Zones::of(request)),
            Self::Capacity => Box::new(capacity::Room::of(request)),
            Self::Capabilities => Box::new(capabilities::Specs::of(request)),
            Self::Driver => Box::new(driver::FilterFunction { request }),
            Self::InstanceLocality => Box::new(locality::InstanceHost::of(request)?),
            Self::DifferentBackend => Box::new(affinity::Apart::of(request)),
            Self::SameBackend => Box::new(affinity::Together::of(request)),
            Self::IgnoreAttemptedHosts => Box::new(retry::Untried { attempted: &request.attempted }),
            Self::Json => Box::new(json::JsonQuery::of(request)?),
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A filter that has read its part of a request. It allocates nothing for a pool that passes.
pub(crate) trait Check {
    /// Whether the pool will do.
    fn check(&self, pool: &PoolState) -> Result<(), Refusal>;
}
