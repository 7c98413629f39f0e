//! Who stands behind a token: asked of the embedded identity or, in production, of Keystone.

mod asked;
mod cache;
mod caller;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use auth::Credentials;

pub use asked::{AskedTokens, MAX_TOKEN_BYTES};
pub(crate) use cache::{Cache, Key};
pub use caller::ServiceTokens;
pub(crate) use caller::{Unidentified, identify};

/// Sets [`Credentials::is_admin`] as the Block Storage API's policy says, once for each token.
pub type MarkAdmin = Arc<dyn Fn(Credentials) -> Credentials + Send + Sync>;

/// Why a token does not identify anybody.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenRefused {
    /// It is unknown, expired or revoked.
    #[error("the token is not valid")]
    Invalid,
    /// Nobody could be asked.
    #[error("the identity service cannot be asked: {0}")]
    Unavailable(String),
}

/// The answer of [`Tokens::validate`], some time.
pub type Validated<'a> = Pin<Box<dyn Future<Output = Result<Arc<Credentials>, TokenRefused>> + Send + 'a>>;

/// The answer of [`Tokens::has_project`], some time.
pub type Exists<'a> = Pin<Box<dyn Future<Output = Result<bool, TokenRefused>> + Send + 'a>>;

/// Validates tokens, and knows the projects that they are of.
pub trait Tokens: Send + Sync + 'static {
    /// The identity behind `token`. Answers may be remembered, but never beyond a revocation that this process
    /// knows of.
    fn validate<'a>(&'a self, token: &'a str) -> Validated<'a>;

    /// The same for a token that may have ended not too long ago: what a service goes on with in a user's name.
    fn validate_even_expired<'a>(&'a self, token: &'a str) -> Validated<'a>;

    /// Whether there is a project with this identifier.
    fn has_project<'a>(&'a self, id: &'a str) -> Exists<'a>;
}
