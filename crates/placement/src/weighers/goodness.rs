//! GoodnessWeigher.

use crate::evaluator::Operand;
use crate::pool::PoolState;
use crate::request::Request;

/// What a goodness function may say: 0 is poor, 100 is perfect.
const RATINGS: std::ops::RangeInclusive<f64> = 0.0..=100.0;

/// The rating by the pool's own formula, the best one over the spellings of its protocol; 0 without a valid one.
pub(super) fn rating(pool: &PoolState, request: &Request) -> f64 {
    let Some(function) = &pool.goodness_function else { return 0.0 };
    function.results(pool, request).map(|result| result.map_or(0.0, valid)).fold(0.0, f64::max)
}

fn valid(result: Operand<'_>) -> f64 {
    match result {
        Operand::Bool(true) => 100.0,
        Operand::Number(number) if RATINGS.contains(&number) => number,
        Operand::Bool(false) | Operand::Number(_) | Operand::Text(_) => 0.0,
    }
}
