//! What lists can be filtered by.

use crate::json::write::{Json, object, to_object};
use crate::query::ResourceFilters;

/// `{"resource_filters": [{"resource": …, "filters": […]}]}` of one resource, or of all.
#[must_use]
pub fn list(filters: &ResourceFilters, resource: Option<&str>) -> Vec<u8> {
    let asked = filters.iter().filter(|(name, _)| resource.is_none_or(|resource| resource == *name));
    to_object(|reply| {
        reply.array("resource_filters", asked, |out, (resource, names)| {
            object(out, |pairs| {
                pairs.put("resource", resource).array("filters", names, |out, name| name.write(out));
            });
        });
    })
}
