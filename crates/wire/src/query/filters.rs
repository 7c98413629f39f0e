//! Which filters a list takes.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Asker, Params};
use crate::Fault;
use crate::fault::echo;
use crate::microversion::gate;

/// What others than administrators may filter by, per resource: the content of `resource_filters.json`, which an
/// operator may replace. A filter that ends in `~` may be used exactly and for parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceFilters(Vec<(String, Vec<String>)>);

/// The filters of a fresh installation.
const DEFAULT: &str = include_str!("resource_filters.json");

impl ResourceFilters {
    /// Reads an object of arrays of names.
    ///
    /// # Errors
    /// The text is something else.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let resources: Map<String, Value> = serde_json::from_str(text)?;
        let lists = resources.into_iter().map(|(resource, names)| Ok((resource, Vec::deserialize(names)?)));
        lists.collect::<Result<_, _>>().map(Self)
    }

    /// The filters of `resource`.
    #[must_use]
    pub fn of(&self, resource: &str) -> &[String] {
        self.iter().find(|(name, _)| *name == resource).map_or(&[], |(_, filters)| filters)
    }

    /// Every resource with its filters.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(resource, filters)| (resource.as_str(), filters.as_slice()))
    }
}

impl Default for ResourceFilters {
    fn default() -> Self {
        // That the text is good is a test's business.
        Self::parse(DEFAULT).unwrap_or(Self(Vec::new()))
    }
}

/// A filter as the query has it: field and value.
pub(crate) type Raw = (String, String);

/// The filters of `resource` that take part, when the revision refuses the others. Administrators may use any,
/// except with pools.
///
/// # Errors
/// 400 for filters that are not configured, and for names that are not ASCII.
pub(crate) fn configured(params: Params, resource: &str, asker: &Asker<'_>) -> Result<Vec<Raw>, Fault> {
    let mut filters = params.into_filters();
    if !filters.iter().all(|(key, _)| key.is_ascii()) {
        return Err(Fault::bad_request("Filter keys can only contain ASCII characters."));
    }
    if asker.is_admin && resource != "pool" {
        return Ok(filters);
    }
    let known = asker.resource_filters.of(resource);
    let like = asker.version.has(gate::LIKE_FILTERS);
    let is_known = |key: &str| {
        known.iter().any(|name| name == key || like && name.strip_suffix('~').is_some_and(|name| name == key))
    };
    // Clients add it for everybody, so nobody is refused for it.
    filters.retain(|(key, _)| key != "all_tenants" || is_known(key));
    let unknown: Vec<&str> =
        filters.iter().map(|(key, _)| key.as_str()).filter(|key| !is_known(key)).collect();
    if unknown.is_empty() {
        return Ok(filters);
    }
    let unknown = unknown.join(",");
    Err(Fault::bad_request(format!("Invalid filters {} are found in query options.", echo(&unknown))))
}

/// The filters that take part, when the revision silently drops what only administrators may use.
pub(crate) fn tolerated(params: Params, allowed: impl Fn(&str) -> bool, asker: &Asker<'_>) -> Vec<Raw> {
    let mut filters = params.into_filters();
    filters.retain(|(key, _)| asker.is_admin || allowed(key));
    filters
}

#[cfg(test)]
mod tests;
