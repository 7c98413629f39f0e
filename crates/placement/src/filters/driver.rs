//! DriverFilter.

use super::Check;
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::Request;

/// The pool's own formula decides.
pub(super) struct FilterFunction<'r> {
    pub(super) request: &'r Request,
}

impl Check for FilterFunction<'_> {
    /// One spelling of the protocol that the formula agrees with is enough.
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        let Some(function) = &pool.filter_function else { return Ok(()) };
        let mut refusal = Refusal::FunctionSaysNo;
        for result in function.results(pool, self.request) {
            match result {
                Ok(answer) if answer.is_truthy() => return Ok(()),
                Ok(_) => {}
                Err(error) => refusal = Refusal::FunctionFails(error),
            }
        }
        Err(refusal)
    }
}
