//! The limits of quota classes. Those of the class `default` are everybody's defaults.

use store::{Conn, StoreError, quotas};

use super::{Quota, resources};
use crate::{Desk, Refused, Requester, Settings};

/// The class whose limits are everybody's defaults.
pub const DEFAULT: &str = "default";

/// The limits of `class`; where it has none of its own, the defaults.
///
/// # Errors
/// The store's own.
pub fn of_class(conn: &Conn<'_>, settings: &Settings, class: &str) -> Result<Vec<Quota>, StoreError> {
    let own = quotas::class_limits(conn, class)?;
    let defaults = quotas::class_limits(conn, DEFAULT)?;
    let quotas = resources(conn, settings)?.into_iter().map(|resource| {
        let said = own.get(&resource.name).or_else(|| defaults.get(&resource.name));
        let limit = said.or_else(|| settings.quota_defaults.get(&resource.name)).copied();
        Quota { limit: limit.unwrap_or(resource.built_in), in_use: 0, name: resource.name }
    });
    Ok(quotas.collect())
}

/// Sets limits of `class` by name; answers with all that are in force.
///
/// # Errors
/// A refusal by policy; or the store's own failure.
pub async fn update(
    desk: &Desk,
    who: &Requester,
    class: String,
    limits: Vec<(String, i64)>,
) -> Result<Vec<Quota>, Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        (who.may)(&who.project_id, &who.user_id)?;
        for (name, limit) in &limits {
            quotas::set_class_limit(conn, &class, name, *limit)?;
        }
        Ok(of_class(conn, settings, &class)?)
    })
    .await
}
