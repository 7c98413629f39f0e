//! Key managers outside of this program.

mod barbican;

pub use barbican::Barbican;

use std::sync::Arc;

use config::{Config, OptionError};
use ports::KeyManager;
use thiserror::Error;

use crate::keystone::SessionError;

/// Names of Barbican in `[key_manager] backend`: castellan's, and the class paths of old.
const BARBICAN: &[&str] = &[
    "barbican",
    "castellan.key_manager.barbican_key_manager.BarbicanKeyManager",
    "cinder.keymgr.barbican.BarbicanKeyManager",
];
/// The manager that is part of this program.
const EMBEDDED: &str = "embedded";

/// Why there is no key manager.
#[derive(Debug, Error)]
pub enum KeyManagerError {
    /// An option is wrong.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Nobody can be asked.
    #[error("[barbican] {0}")]
    Session(#[from] SessionError),
    /// There is nobody to ask as.
    #[error(
        "[key_manager] backend = barbican needs a user: neither [barbican_service_user] nor [keystone_authtoken] names \
         an auth_url"
    )]
    NoUser,
    /// The configuration names one that is not known here.
    #[error("[key_manager] backend = {0} is not supported: embedded and barbican are")]
    Unknown(String),
}

/// The key manager that the configuration names; none when it is the one that is part of this program.
///
/// # Errors
/// The configuration is wrong.
pub fn from_config(config: &Config) -> Result<Option<Arc<dyn KeyManager>>, KeyManagerError> {
    let section = config.section("key_manager");
    let named = section.nonempty("backend")?.unwrap_or_else(|| EMBEDDED.to_owned());
    match named.as_str() {
        EMBEDDED => Ok(None),
        name if BARBICAN.contains(&name) => Ok(Some(Arc::new(Barbican::from_config(config)?))),
        _ => Err(KeyManagerError::Unknown(named)),
    }
}
