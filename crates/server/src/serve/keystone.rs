//! Keystone, where `[keystone_authtoken]` names one.

use std::sync::Arc;
use std::time::Duration;

use api::tokens::{AskedTokens, MarkAdmin, ServiceTokens};
use auth::authority::Authority;
use backends::keystone::{Keystone, KeystoneLimits};
use config::{Config, OptionError};
use ports::ProjectLimits;

use crate::cli::Failure;

/// What the configuration says about Keystone.
pub(super) struct Beside {
    authority: Arc<dyn Authority>,
    keep: Duration,
    /// Where clients log in (`www_authenticate_uri`, or else `auth_url`).
    pub(super) public_url: String,
}

impl Beside {
    /// Reads it; none when no `auth_url` is set, and tokens are the embedded identity's.
    pub(super) fn read(config: &Config) -> Result<Option<Self>, Failure> {
        let section = config.section("keystone_authtoken");
        let failed = |error: &dyn std::fmt::Display| format!("[keystone_authtoken]: {error}");
        let keystone = Keystone::from_section(&section).map_err(|error| failed(&error))?;
        let Some(keystone) = keystone else { return Ok(None) };
        let read = || -> Result<_, OptionError> {
            let url = section.text("auth_url")?;
            Ok((section.nonempty("www_authenticate_uri")?.unwrap_or(url), section.int("token_cache_time")?))
        };
        let (public_url, keep_s) = read().map_err(|error| error.to_string())?;
        let keep = Duration::from_secs(u64::try_from(keep_s).unwrap_or(0));
        Ok(Some(Self { authority: Arc::new(keystone), keep, public_url }))
    }

    /// The tokens that it vouches for.
    pub(super) fn tokens(&self, mark_admin: MarkAdmin) -> Arc<AskedTokens> {
        AskedTokens::new(Arc::clone(&self.authority), mark_admin, self.keep)
    }
}

/// Which tokens are those of services.
pub(super) fn service_tokens(config: &Config) -> Result<ServiceTokens, OptionError> {
    let section = config.section("keystone_authtoken");
    Ok(ServiceTokens {
        roles: section.list("service_token_roles")?,
        are_required: section.bool("service_token_roles_required")?,
    })
}

/// Who keeps the limits of projects on images, where `use_keystone_limits` says that it is Keystone.
pub(super) fn limits_of_images(
    config: &Config,
) -> Result<Result<Option<Arc<dyn ProjectLimits>>, Failure>, OptionError> {
    if !config.default_section().bool("use_keystone_limits")? {
        return Ok(Ok(None));
    }
    Ok(match KeystoneLimits::from_section(&config.section("oslo_limit")) {
        Ok(Some(limits)) => Ok(Some(Arc::new(limits))),
        Ok(None) => Err("use_keystone_limits needs [oslo_limit] auth_url".to_owned()),
        Err(error) => Err(format!("[oslo_limit]: {error}")),
    })
}
