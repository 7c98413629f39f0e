//! Who makes a request: the token of a user, and that of the service that forwards it.

use std::sync::Arc;

use auth::Credentials;
use auth::credentials::ServiceCaller;
use http::HeaderMap;

use super::{TokenRefused, Tokens};

/// What the configuration says about the tokens of services (`X-Service-Token`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTokens {
    /// The roles of a service (`[keystone_authtoken] service_token_roles`).
    pub roles: Vec<String>,
    /// Whether a token without such a role is refused (`service_token_roles_required`).
    pub are_required: bool,
}

impl Default for ServiceTokens {
    fn default() -> Self {
        Self { roles: vec!["service".to_owned()], are_required: true }
    }
}

/// Why it is not known who makes a request.
#[derive(Debug)]
pub(crate) enum Unidentified {
    /// One of its tokens is missing or does not count.
    Refused,
    /// The identity service cannot be asked, which was logged.
    Unknown,
}

impl From<TokenRefused> for Unidentified {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::Invalid => Self::Refused,
            TokenRefused::Unavailable(why) => {
                tracing::error!(why, "cannot validate a token");
                Self::Unknown
            }
        }
    }
}

/// Who makes the request with these headers. What a service began in a user's name it may go on with after the end of the
/// user's token.
///
/// # Errors
/// See [`Unidentified`].
pub(crate) async fn identify(
    tokens: &dyn Tokens,
    accepted: &ServiceTokens,
    headers: &HeaderMap,
) -> Result<Arc<Credentials>, Unidentified> {
    let user_token = header(headers, "x-auth-token").unwrap_or_default();
    let Some(service_token) = header(headers, "x-service-token") else {
        return Ok(tokens.validate(user_token).await?);
    };
    let service = tokens.validate(service_token).await?;
    let is_one = accepted.roles.iter().any(|role| service.has_role(role));
    if accepted.are_required && !is_one {
        return Err(Unidentified::Refused);
    }
    let user = match is_one {
        true => tokens.validate_even_expired(user_token).await?,
        false => tokens.validate(user_token).await?,
    };
    let service = ServiceCaller {
        user: service.user.clone(),
        project: service.project().cloned(),
        roles: service.roles.clone(),
    };
    Ok(Arc::new(Credentials { service: Some(service), ..(*user).clone() }))
}

/// A token as it was sent; one that is no text is none that anybody knows.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default().trim())
}
