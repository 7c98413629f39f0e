//! Files that the configuration names: who may do what, and who may filter lists by what.
//!
//! Both options have defaults; a file that nobody made changes nothing, and is told when somebody named it. A relative
//! name is looked for beside the last configuration file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use api::volume_v3::ResourceFilters;
use auth::policy::{Policy, RuleSet, VolumeRule};

use super::settings::{NamedFile, Service};
use crate::cli::Failure;

/// The default rules with those of `policy_file` over them.
pub(super) fn policy(service: &Service, configs: &[PathBuf]) -> Result<Policy<VolumeRule>, Failure> {
    rules(service.policy_file.as_ref(), configs)
}

/// The default rules of an API with those of a file over them.
pub(super) fn rules<R: RuleSet>(file: Option<&NamedFile>, configs: &[PathBuf]) -> Result<Policy<R>, Failure> {
    let Some((path, text)) = read(file, configs)? else {
        return Ok(Policy::default());
    };
    let (policy, findings) = Policy::load(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    for finding in findings {
        tracing::warn!("{}: {finding}", path.display());
    }
    Ok(policy)
}

/// The default filters, or those of `resource_query_filters_file` in their place.
pub(super) fn resource_filters(service: &Service, configs: &[PathBuf]) -> Result<ResourceFilters, Failure> {
    let Some((path, text)) = read(service.resource_filters_file.as_ref(), configs)? else {
        return Ok(ResourceFilters::default());
    };
    ResourceFilters::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(file: Option<&NamedFile>, configs: &[PathBuf]) -> Result<Option<(PathBuf, String)>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let path = configs.last().and_then(|config| config.parent()).unwrap_or(Path::new(".")).join(&file.name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if file.is_set {
                tracing::warn!("{} is not there; the defaults are in force", path.display());
            }
            Ok(None)
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}
