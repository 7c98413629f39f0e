//! CapabilitiesFilter.

use super::Check;
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::{Demand, Request};
use crate::specs::{self, Spec};

/// What the volume type, and the operation itself, need a backend to be able to do.
pub(super) struct Specs<'r> {
    extends_attached: bool,
    specs: Vec<Spec<'r>>,
}

impl<'r> Specs<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        Self {
            extends_attached: matches!(request.demand, Demand::Extend { attached: true, .. }),
            specs: specs::capability_specs(&request.extra_specs),
        }
    }
}

impl Check for Specs<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        if self.extends_attached && !pool.online_extend_support {
            return Err(Refusal::NoOnlineExtend);
        }
        self.specs.iter().try_for_each(|spec| spec.check(pool))
    }
}
