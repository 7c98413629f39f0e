//! JsonFilter.

use super::Check;
use crate::pool::PoolState;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::request::{Request, RequestFault};

/// The condition of the hint `query`.
pub(super) struct JsonQuery {
    query: Option<Query>,
}

impl JsonQuery {
    pub(super) fn of(request: &Request) -> Result<Self, RequestFault> {
        Ok(Self { query: request.hints.get("query").map(Query::parse).transpose()? })
    }
}

impl Check for JsonQuery {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        match self.query.as_ref().map_or(Ok(true), |query| query.holds(pool)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::QuerySaysNo),
            Err(_) => Err(Refusal::QueryFails),
        }
    }
}
