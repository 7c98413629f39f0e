//! Queries of a parameter or two.

use super::{Asker, Params};
use crate::Fault;
use crate::microversion::gate;
use crate::validate::boolean;

/// `GET /os-services`: both are names in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceQuery {
    /// `host` or `host@backend`.
    pub host: Option<String>,
    /// What runs there.
    pub binary: Option<String>,
}

impl ServiceQuery {
    /// Reads the query of a list of services.
    #[must_use]
    pub fn parse(params: &Params) -> Self {
        let text = |key| params.get(key).map(str::to_owned);
        Self { host: text("host"), binary: text("binary") }
    }
}

/// `GET /os-hosts`: the zone, if one is asked for.
#[must_use]
pub fn zone_of_hosts(params: &Params) -> Option<&str> {
    params.get("zone").filter(|zone| !zone.is_empty())
}

/// `GET /os-quota-sets/{project}`: whether to show what is used.
///
/// # Errors
/// 400 for a word that is no truth value.
pub fn quota_usage(params: &Params) -> Result<bool, Fault> {
    params.get("usage").map_or(Ok(false), |word| boolean::parameter("usage", word))
}

/// `GET /limits`: the project that an administrator asks for, from 3.39 on.
#[must_use]
pub fn project_of_limits<'p>(params: &'p Params, asker: &Asker<'_>) -> Option<&'p str> {
    let may_ask = asker.is_admin && asker.version.has(gate::LIMITS_OF_PROJECT);
    if may_ask { params.get("project_id").or_else(|| params.get("tenant_id")) } else { None }
}

/// `GET /resource_filters`: the resource, if one is asked for.
#[must_use]
pub fn resource_of_filters(params: &Params) -> Option<&str> {
    params.get("resource").filter(|resource| !resource.is_empty())
}

/// Takes `with_count`, which is a filter like any other before 3.45.
pub(super) fn with_count(params: &mut Params, asker: &Asker<'_>) -> Result<bool, Fault> {
    if !asker.version.has(gate::WITH_COUNT) {
        return Ok(false);
    }
    params.take("with_count").map_or(Ok(false), |word| boolean::parameter("with_count", &word))
}
