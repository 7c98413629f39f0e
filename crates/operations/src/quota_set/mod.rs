//! The limits of projects and classes, and what projects use of them.

pub mod class;
pub mod delete;
pub mod update;

use model::ProjectId;
use model::quota::{Counted, PER_VOLUME_GIGABYTES, UNLIMITED};
use store::{Conn, StoreError, quotas};

use crate::Settings;
use crate::quota::Limits;

/// A resource with a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// `volumes`, `gigabytes_{volume type}`, …
    pub name: String,
    /// -1 is no limit.
    pub limit: i64,
    /// What is used of it.
    pub in_use: i64,
}

/// A resource that can have a limit.
struct Resource {
    name: String,
    /// Under which its usage is counted; nothing counts the size of one volume.
    usage_key: Option<String>,
    built_in: i64,
}

/// What a project may use, and does use.
///
/// # Errors
/// The store's own.
pub fn of_project(
    conn: &Conn<'_>,
    settings: &Settings,
    project: &ProjectId,
) -> Result<Vec<Quota>, StoreError> {
    let limits = Limits::read(conn, project)?;
    let usage = quotas::usage(conn, project)?;
    let quotas = resources(conn, settings)?.into_iter().map(|resource| {
        let in_use = resource.usage_key.and_then(|key| usage.get(&key).copied()).unwrap_or(0);
        Quota { limit: limits.get(settings, &resource.name, resource.built_in), in_use, name: resource.name }
    });
    Ok(quotas.collect())
}

/// What a project may use of which nobody has said anything. Without `use_default_quota_class`, what was set for the
/// class `default` is not among it.
///
/// # Errors
/// The store's own.
pub fn defaults(conn: &Conn<'_>, settings: &Settings) -> Result<Vec<Quota>, StoreError> {
    if settings.use_default_quota_class {
        return class::of_class(conn, settings, class::DEFAULT);
    }
    let quotas = resources(conn, settings)?.into_iter().map(|resource| {
        let limit = settings.quota_defaults.get(&resource.name).copied().unwrap_or(resource.built_in);
        Quota { limit, in_use: 0, name: resource.name }
    });
    Ok(quotas.collect())
}

/// The names of everything that can have a limit; they grow with every volume type.
///
/// # Errors
/// The store's own.
pub fn names(conn: &Conn<'_>, settings: &Settings) -> Result<Vec<String>, StoreError> {
    Ok(resources(conn, settings)?.into_iter().map(|resource| resource.name).collect())
}

/// In the order in which the API lists them.
fn resources(conn: &Conn<'_>, settings: &Settings) -> Result<Vec<Resource>, StoreError> {
    let whole = |counted: Counted| Resource {
        name: counted.limit_name(None),
        usage_key: Some(counted.usage_key(None)),
        built_in: counted.default_limit(),
    };
    let mut resources = vec![
        whole(Counted::Volumes),
        Resource {
            name: PER_VOLUME_GIGABYTES.to_owned(),
            usage_key: None,
            built_in: settings.per_volume_gib,
        },
    ];
    let others = [Counted::Snapshots, Counted::Gigabytes, Counted::Backups, Counted::BackupGigabytes];
    resources.extend(others.map(whole));
    for volume_type in store::volume_types::list(conn)? {
        resources.extend(Counted::PER_TYPE.iter().map(|counted| Resource {
            name: counted.limit_name(Some(&volume_type.name)),
            usage_key: Some(counted.usage_key(Some(volume_type.id))),
            built_in: UNLIMITED,
        }));
    }
    resources.push(whole(Counted::Groups));
    Ok(resources)
}
