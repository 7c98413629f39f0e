//! An identity service beside us, such as Keystone, that vouches for tokens.

use std::time::Duration;

use thiserror::Error;

use crate::Credentials;

/// What it vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Who holds the token. Policy has not been asked: [`Credentials::is_admin`] is false.
    pub credentials: Credentials,
    /// How long the token counts from now on; zero when it has ended, or ends now.
    pub left: Duration,
}

/// Why it does not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityError {
    /// It does not know the token, or the token has ended or was revoked.
    #[error("the token is not valid")]
    Invalid,
    /// It cannot be asked, or does not answer what was asked. That says nothing about the token.
    #[error("{0}")]
    Unavailable(String),
}

/// An identity service. Calls block.
pub trait Authority: Send + Sync {
    /// Who holds `token`; with `even_expired` also when it has ended not too long ago.
    ///
    /// # Errors
    /// Nobody, or that cannot be found out.
    fn validate(&self, token: &str, even_expired: bool) -> Result<Vouched, AuthorityError>;

    /// Whether there is a project with this identifier.
    ///
    /// # Errors
    /// That cannot be found out.
    fn has_project(&self, id: &str) -> Result<bool, AuthorityError>;
}
