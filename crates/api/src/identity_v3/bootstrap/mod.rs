//! The first people of a new installation, and its catalog.
//!
//! What is there already is left as it is, with one exception: endpoints that still have the URL that an earlier start
//! gave them get this start's URL.

mod catalog;
mod people;

use std::sync::Arc;

use auth::random::NoEntropy;
use auth::secret::Secret;
use store::identity::{domains, generation};
use store::{Conn, Store, StoreError};

pub use self::people::Hashes;
use super::Fault;

/// Id of the domain `Default`.
pub const DEFAULT_DOMAIN_ID: &str = "default";
/// Name of the domain with the id `default`.
pub const DEFAULT_DOMAIN_NAME: &str = "Default";
/// The region of the endpoints.
pub const REGION: &str = "RegionOne";

/// What a new installation starts with.
pub struct Bootstrap {
    /// The password of `admin`, who may do everything.
    pub admin_password: Secret<String>,
    /// The password of `demo`, a member of the project `demo`.
    pub demo_password: Secret<String>,
    /// Their hashes, where somebody computed them already: that takes longer than making the database.
    pub hashes: Option<Hashes>,
    /// `http://host:port` of this API, where this process serves it.
    pub identity_url: Option<String>,
    /// `http://host:port` of the Block Storage API, where it is known.
    pub volume_url: Option<String>,
    /// The root of the Key Manager API, where this process serves it.
    pub key_manager_url: Option<String>,
    /// Whether no process of this installation serves that, as another service keeps the keys.
    pub keys_are_elsewhere: bool,
    /// `http://host:port` of the Image API, where there is one.
    pub image_url: Option<String>,
}

/// What [`bootstrap`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrapped {
    /// Whether this was the first start, so that the given passwords are those of `admin` and `demo`. On later starts
    /// they mean nothing.
    pub passwords_set: bool,
}

/// Why an installation could not be started.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The store failed.
    #[error("the identity cannot be stored")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error("no identifier could be drawn")]
    NoEntropy(#[from] NoEntropy),
    /// A password was refused, or could not be hashed.
    #[error("a password cannot be set: {0}")]
    Password(#[source] Fault),
}

/// Makes what is missing, in one transaction; writes nothing when nothing is.
///
/// Passwords that are lost after this returns are lost for good: keep them (`clouds.yaml`) before, and give the same
/// ones again should the process have died between the two.
///
/// # Errors
/// The store fails, a password is empty or too long, or nothing random can be drawn.
pub async fn bootstrap(store: &Store, wanted: &Bootstrap) -> Result<Bootstrapped, BootstrapError> {
    let is_new = |conn: &Conn<'_>| domains::get(conn, DEFAULT_DOMAIN_ID).map(|found| found.is_none());
    let services = Arc::new(catalog::own_services(wanted));
    let keys_are_elsewhere = wanted.keys_are_elsewhere;
    let wants = Arc::clone(&services);
    let look = move |conn: &Conn<'_>| {
        let is_new = is_new(conn)?;
        Ok::<_, StoreError>((is_new, !is_new && catalog::is_kept_up(conn, &wants, keys_are_elsewhere)?))
    };
    let hashes = match (store.read(look).await?, &wanted.hashes) {
        ((_, true), _) => return Ok(Bootstrapped { passwords_set: false }),
        ((false, _), _) => None,
        ((true, _), Some(hashes)) => Some(hashes.clone()),
        ((true, _), None) => {
            Some(Hashes::of(wanted.admin_password.clone(), wanted.demo_password.clone()).await?)
        }
    };
    store
        .write(move |conn| {
            generation::advance(conn)?;
            // Another process may have been faster.
            let hashes = if is_new(conn)? { hashes } else { None };
            if let Some(hashes) = &hashes {
                people::insert(conn, hashes)?;
            }
            catalog::keep_up(conn, &services)?;
            if keys_are_elsewhere {
                catalog::withdraw_key_manager(conn)?;
            }
            Ok(Bootstrapped { passwords_set: hashes.is_some() })
        })
        .await
}
