//! How much a pool can still promise.

use std::str::FromStr;

use crate::pool::PoolState;

/// The ratio that `auto` begins with, while nothing is provisioned yet.
const INITIAL_AUTO_RATIO: f64 = 20.0;

/// The option `max_over_subscription_ratio`, of the whole service or of one backend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OverSubscription {
    /// Follow how full the volumes of the pool have turned out to be.
    Auto,
    /// Promise this many times the space there is.
    Ratio(f64),
}

impl Default for OverSubscription {
    fn default() -> Self {
        Self::Ratio(20.0)
    }
}

impl FromStr for OverSubscription {
    type Err = NotARatio;

    fn from_str(text: &str) -> Result<Self, NotARatio> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            number => match number.parse::<f64>() {
                Ok(ratio) if ratio.is_finite() => Ok(Self::Ratio(ratio)),
                _ => Err(NotARatio),
            },
        }
    }
}

/// Neither a finite number nor the word `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an over-subscription ratio is a number or 'auto'")]
pub struct NotARatio;

impl OverSubscription {
    /// The ratio for a pool with these figures, all in GiB.
    ///
    /// `auto` is `1 + provisioned / (used + 1)`: the less the provisioned space is really used, the more is promised.
    pub(crate) fn ratio(self, provisioned_gib: f64, total_gib: f64, free_gib: f64) -> f64 {
        match self {
            Self::Ratio(ratio) => ratio,
            Self::Auto if provisioned_gib == 0.0 => INITIAL_AUTO_RATIO,
            Self::Auto => 1.0 + provisioned_gib / ((total_gib - free_gib).max(0.0) + 1.0),
        }
    }
}

/// What is left of a pool whose total and free space are numbers, in GiB rounded to two decimals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headroom {
    /// The request is for a thin volume and the pool makes those.
    pub(crate) thin: bool,
    /// All that may ever be promised.
    pub(crate) total_available_gib: f64,
    /// What may still be promised; negative when too much already is.
    pub(crate) virtual_free_gib: f64,
}

impl Headroom {
    pub(crate) fn of(pool: &PoolState, total_gib: f64, free_gib: f64, thin_asked: bool) -> Self {
        let thin = thin_asked && pool.thin_provisioning_support;
        let reserved_gib = (total_gib * pool.reserved_percentage / 100.0).floor();
        let unreserved_gib = total_gib - reserved_gib;
        let (total_available_gib, virtual_free_gib) = if thin {
            let promised_gib = unreserved_gib * pool.max_over_subscription_ratio;
            (promised_gib, promised_gib - pool.provisioned_gib)
        } else {
            (unreserved_gib, free_gib.min(unreserved_gib - pool.provisioned_gib))
        };
        Self {
            thin,
            total_available_gib: two_decimals(total_available_gib),
            virtual_free_gib: two_decimals(virtual_free_gib),
        }
    }
}

/// Rounds half to even, so that sums of decimal fractions compare as they read.
pub(crate) fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round_ties_even() / 100.0
}
