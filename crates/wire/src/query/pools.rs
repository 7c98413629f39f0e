//! `GET /scheduler-stats/get_pools`.

use super::filters::configured;
use super::{Asker, Params};
use crate::Fault;
use crate::microversion::gate;
use crate::validate::boolean;

/// A list of pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolQuery {
    /// With what each reported.
    pub detail: bool,
    /// Only the pool of this name, `host@backend#pool`.
    pub name: Option<String>,
    /// Only pools that suit this volume type, by name or identifier.
    pub volume_type: Option<String>,
    /// Only pools that report these capabilities (3.28 to 3.30, and as configured from 3.31 on).
    pub capabilities: Vec<(String, String)>,
}

impl PoolQuery {
    /// Reads the query of a list of pools.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let detail = params.get("detail").map_or(Ok(false), |word| boolean::parameter("detail", word))?;
        params.take("detail");
        let raw = if asker.version.has(gate::CONFIGURED_FILTERS) {
            configured(params, "pool", asker)?
        } else if asker.version.has(gate::POOL_FILTERS) {
            params.into_filters()
        } else {
            Vec::new()
        };
        let mut query = Self { detail, ..Self::default() };
        for (key, value) in raw {
            match key.as_str() {
                "name" => query.name = Some(value),
                "volume_type" if asker.version.has(gate::POOL_TYPE_FILTER) => query.volume_type = Some(value),
                "volume_type" => {}
                _ => query.capabilities.push((key, value)),
            }
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests;
