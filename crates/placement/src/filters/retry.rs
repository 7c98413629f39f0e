//! IgnoreAttemptedHostsFilter, also called RetryFilter.

use super::Check;
use crate::pool::PoolState;
use crate::refusal::Refusal;

/// Not where it failed before.
pub(super) struct Untried<'r> {
    pub(super) attempted: &'r [String],
}

impl Check for Untried<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        if self.attempted.iter().any(|tried| pool.is_at(tried)) { Err(Refusal::AlreadyTried) } else { Ok(()) }
    }
}
