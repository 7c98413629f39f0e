//! AvailabilityZoneFilter.

use std::sync::Arc;

use super::Check;
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::Request;

/// The zones that will do; none means any.
pub(super) struct Zones<'r> {
    accepted: &'r [String],
    shown: Arc<str>,
}

impl<'r> Zones<'r> {
    /// A list of zones goes before a single zone. An empty name asks for nothing.
    pub(super) fn of(request: &'r Request) -> Self {
        let single = request.availability_zone.as_slice();
        let accepted = match (request.availability_zones.as_slice(), single) {
            ([], [zone]) if zone.is_empty() => &[],
            ([], single) => single,
            (several, _) => several,
        };
        Self { accepted, shown: accepted.join(" or ").into() }
    }
}

impl Check for Zones<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        let zone = &pool.service.availability_zone;
        if self.accepted.is_empty() || self.accepted.contains(zone) {
            Ok(())
        } else {
            Err(Refusal::OtherZone { zone: zone.clone(), asked: Arc::clone(&self.shown) })
        }
    }
}
