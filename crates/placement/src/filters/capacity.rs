//! CapacityFilter.

use super::Check;
use crate::capacity::{Headroom, two_decimals};
use crate::pool::{Capacity, PoolState};
use crate::refusal::Refusal;
use crate::request::Request;

/// The space that the request needs.
pub(super) struct Room<'r> {
    asked_gib: u64,
    thin: bool,
    exists_on: Option<&'r str>,
}

impl<'r> Room<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        Self {
            asked_gib: request.demand.asked_gib(),
            thin: request.wants_thin(),
            exists_on: request.exists_on.as_deref(),
        }
    }

    /// Thin volumes are promises: there must be a sound limit to them, and something left to keep them with.
    ///
    /// The last test divides by a total that already contains the ratio, as it always has: but for rounding, it
    /// refuses only what the virtually free space refuses too.
    fn check_thin(&self, pool: &PoolState, headroom: &Headroom) -> Result<(), Refusal> {
        let limit = pool.max_over_subscription_ratio;
        if limit < 1.0 {
            return Err(Refusal::RatioBelowOne { ratio: limit });
        }
        if let Some(really_free_gib) = pool.really_free_gib.filter(|gib| two_decimals(*gib) <= 0.0) {
            return Err(Refusal::ReallyFull { asked_gib: self.asked_gib, really_free_gib });
        }
        let ratio = (pool.provisioned_gib + self.asked_gib as f64) / headroom.total_available_gib;
        if headroom.total_available_gib > 0.0 && ratio > limit {
            return Err(Refusal::OverSubscribed { asked_gib: self.asked_gib, ratio, limit });
        }
        Ok(())
    }
}

impl Check for Room<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        if self.asked_gib == 0 || self.exists_on.is_some_and(|host| pool.is_at(host)) {
            return Ok(());
        }
        let free_gib = match pool.free {
            None => return Err(Refusal::FreeNotReported),
            Some(Capacity::Infinite | Capacity::Unknown) => return Ok(()),
            Some(Capacity::Gib(gib)) => gib,
        };
        let Capacity::Gib(total_gib) = pool.total else {
            let reserved_percentage = pool.reserved_percentage;
            return if reserved_percentage == 0.0 {
                Ok(())
            } else {
                Err(Refusal::ReserveOfUnknown { reserved_percentage })
            };
        };
        if total_gib <= 0.0 {
            return Err(Refusal::NoCapacity { total_gib });
        }
        let headroom = Headroom::of(pool, total_gib, free_gib, self.thin);
        if headroom.thin {
            self.check_thin(pool, &headroom)?;
        }
        if headroom.virtual_free_gib >= self.asked_gib as f64 {
            Ok(())
        } else {
            let Headroom { thin, virtual_free_gib: free_gib, .. } = headroom;
            Err(Refusal::TooSmall { asked_gib: self.asked_gib, free_gib, thin })
        }
    }
}
