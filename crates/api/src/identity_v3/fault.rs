//! Refusals as the Identity API writes them: `{"error": {"code", "message", "title"}}`.

use auth::policy::{IdentityRule, RuleSet};
use http::{StatusCode, header};
use serde_json::json;
use store::StoreError;

use crate::http::Reply;
use crate::tokens::TokenRefused;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// HTTP status.
    pub code: u16,
    /// What the client is told.
    pub message: String,
}

/// What ends most messages about requests that cannot be understood.
const BLAME: &str = "The server could not comply with the request since it is either malformed or otherwise \
     incorrect. The client is assumed to be in error.";

impl Fault {
    /// A refusal with this status and message.
    #[must_use]
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// 400 with a message of its own.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// 400: something that must be in the request is not.
    #[must_use]
    pub fn missing(attribute: &str, target: &str) -> Self {
        Self::new(400, format!("Expecting to find {attribute} in {target}. {BLAME}"))
    }

    /// 400: the body is not JSON within limits.
    #[must_use]
    pub fn not_json() -> Self {
        Self::missing("valid JSON", "request body")
    }

    /// 400: a time that cannot be read, or lies in the past.
    #[must_use]
    pub fn bad_timestamp() -> Self {
        Self::new(400, format!("Timestamp not in expected format. {BLAME}"))
    }

    /// 401, the same whatever was wrong: nobody learns what exists.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(401, "The request you have made requires authentication.")
    }

    /// 403 by a policy rule.
    #[must_use]
    pub fn policy(rule: IdentityRule) -> Self {
        Self::forbidden_action(rule.name())
    }

    /// 403: an action that is never allowed in this situation.
    #[must_use]
    pub fn forbidden_action(action: &str) -> Self {
        Self::new(403, format!("You are not authorized to perform the requested action: {action}."))
    }

    /// 403 with a message of its own.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found(noun: &str, id: &str) -> Self {
        Self::new(404, format!("Could not find {noun}: {}.", shortened(id)))
    }

    /// 404: nothing is served under this path.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self::new(404, "The requested URL was not found on the server.")
    }

    /// 409: the name is taken.
    #[must_use]
    pub fn duplicate(noun: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(409, format!("Conflict occurred attempting to store {noun} - {detail}."))
    }

    /// 500. What happened is in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "An unexpected error prevented the server from fulfilling your request.")
    }

    /// 503: too much to do; the client may try again.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(503, "The identity service is busy; try again.")
    }

    /// The answer. `auth_url` is where a client that is not known gets a token.
    #[must_use]
    pub fn into_reply(self, auth_url: &str) -> Reply {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({"error": {"code": self.code, "message": self.message, "title": title}});
        let reply = Reply::json(self.code, body.to_string().into_bytes());
        if status == StatusCode::UNAUTHORIZED {
            return reply.with_header(header::WWW_AUTHENTICATE, format!("Keystone uri=\"{auth_url}\""));
        }
        reply
    }
}

/// Longest part of a request that is repeated in a message, in characters.
const MAX_ECHO_CHARS: usize = 255;

/// A part of a request, as far as it is repeated.
#[must_use]
pub fn shortened(text: &str) -> String {
    text.chars().take(MAX_ECHO_CHARS).collect()
}

/// 409 when a unique key was taken; `detail` says which.
pub fn on_duplicate(error: StoreError, noun: &str, detail: impl FnOnce() -> String) -> Fault {
    match error {
        StoreError::Duplicate(_) => Fault::duplicate(noun, detail()),
        other => other.into(),
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = error.chain(), "the store failed");
        Self::internal()
    }
}

impl From<auth::random::NoEntropy> for Fault {
    fn from(error: auth::random::NoEntropy) -> Self {
        tracing::error!(%error, "nothing random could be drawn");
        Self::internal()
    }
}

impl From<TokenRefused> for Fault {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::Invalid => Self::unauthorized(),
            TokenRefused::Unavailable(why) => {
                tracing::error!(why, "cannot validate a token");
                Self::internal()
            }
        }
    }
}
