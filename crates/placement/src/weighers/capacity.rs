//! CapacityWeigher.

use crate::capacity::Headroom;
use crate::pool::{Capacity, PoolState};
use crate::request::Request;

/// How far above the largest finite weight an endless pool stands, in spans between the least and the largest…
const SPANS_ABOVE: f64 = 100.0;

/// …or in GiB, when all finite weights are the same.
const GIB_ABOVE: f64 = 10_000.0;

/// The virtually free space in GiB. Pools that do not tell theirs come last: below all others when much space is
/// good, far above when little is.
pub(super) fn weigh(multiplier: f64, pools: &[&PoolState], request: &Request) -> Vec<f64> {
    let thin = request.wants_thin();
    let free: Vec<Option<f64>> = pools.iter().map(|pool| virtual_free_gib(pool, thin)).collect();
    let untold = if multiplier > 0.0 { -1.0 } else { beyond(free.iter().flatten().copied()) };
    free.into_iter().map(|gib| gib.unwrap_or(untold)).collect()
}

fn virtual_free_gib(pool: &PoolState, thin: bool) -> Option<f64> {
    match (pool.total, pool.free) {
        (Capacity::Gib(total_gib), Some(Capacity::Gib(free_gib))) => {
            Some(Headroom::of(pool, total_gib, free_gib, thin).virtual_free_gib)
        }
        _ => None,
    }
}

/// A weight well above all of these.
fn beyond(weights: impl Iterator<Item = f64> + Clone) -> f64 {
    let least = weights.clone().fold(f64::INFINITY, f64::min);
    let most = weights.fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return 0.0;
    }
    let offset = (most - least) * SPANS_ABOVE;
    most + if offset == 0.0 { GIB_ABOVE } else { offset }
}
