//! Faults: why a request gets nothing, in the shape that Block Storage clients take apart.

use std::borrow::Cow;
use std::time::Duration;

use model::Refusal;
use model::limits::MAX_BODY_BYTES;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Longest text from a request that a reply repeats, in characters: hostile megabytes are not echoed.
pub const MAX_ECHO_CHARS: usize = 512;

/// `text`, cut to [`MAX_ECHO_CHARS`] characters.
#[must_use]
pub fn echo(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_ECHO_CHARS) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
    }
}

/// A refusal on its way to the client: `{"badRequest": {"code": 400, "message": "…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {message}")]
pub struct Fault {
    /// HTTP status.
    pub code: u16,
    /// What the client reads.
    pub message: Cow<'static, str>,
    /// Seconds to wait, of refusals by quota.
    pub retry_after_s: Option<u32>,
    /// Headers beside those that every reply has.
    pub headers: Vec<(&'static str, String)>,
}

impl Fault {
    /// A fault with this status and message.
    #[must_use]
    pub fn new(code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after_s: None, headers: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The object's key, by status: `badRequest`, `itemNotFound`, …
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.code {
            400 => "badRequest",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "itemNotFound",
            405 => "badMethod",
            409 => "conflictingRequest",
            413 | 429 => "overLimit",
            415 => "badMediaType",
            501 => "notImplemented",
            503 => "serviceUnavailable",
            _ => "computeFault",
        }
    }

    /// The body of the reply.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        crate::json::to_vec(self)
    }
}

/// The refusals that have no reason of their own resource.
impl Fault {
    /// 400 with a message.
    #[must_use]
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, message)
    }

    /// 400: `Invalid input received: {reason}`.
    #[must_use]
    pub fn invalid_input(reason: impl std::fmt::Display) -> Self {
        Self::bad_request(format!("Invalid input received: {reason}"))
    }

    /// 400 without a reason.
    #[must_use]
    pub fn malformed() -> Self {
        Self::bad_request(
            "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        )
    }

    /// 400 for a body that is not JSON, too deep, or empty where one is needed.
    #[must_use]
    pub fn malformed_body() -> Self {
        Self::bad_request("Malformed request body")
    }

    /// 400 for a project in the URL that is not the token's.
    #[must_use]
    pub fn malformed_url() -> Self {
        Self::bad_request("Malformed request url")
    }

    /// 400 for a body about another key than the URL's.
    #[must_use]
    pub fn other_than_the_url() -> Self {
        Self::bad_request("Request body and URI mismatch")
    }

    /// 400 for a URL or body that is not UTF-8.
    #[must_use]
    pub fn undecodable() -> Self {
        Self::bad_request(
            "Error decoding your request. Either the URL or the request body contained characters that could not \
             be decoded by Cinder.",
        )
    }

    /// 400 for an action that the resource does not have.
    #[must_use]
    pub fn no_such_action(action: &str) -> Self {
        Self::bad_request(format!(
            "There is no such action: {}. Verify the request body and Content-Type header and try again.",
            echo(action)
        ))
    }

    /// 403 by policy.
    #[must_use]
    pub fn policy(rule: &str) -> Self {
        Self::new(403, format!("Policy doesn't allow {rule} to be performed."))
    }

    /// 404 for a path or microversion without a resource.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "The resource could not be found.")
    }

    /// 429 for a project that asks too often and may come back after `wait`, which is told in whole seconds.
    #[must_use]
    pub fn too_many_requests(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        let fault = Self::new(429, "Too many requests of this project.");
        Self { retry_after_s: Some(seconds), ..fault }.with_header("Retry-After", seconds.to_string())
    }

    /// 413 for a body over [`MAX_BODY_BYTES`].
    #[must_use]
    pub fn body_too_large() -> Self {
        Self::new(413, format!("Request is too large. Larger than max_request_body_size ({MAX_BODY_BYTES})."))
    }

    /// 415 for a body that is not JSON by its own account.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        Self::new(415, "Unsupported Content-Type")
    }

    /// 503 when nobody can say whether a token counts.
    #[must_use]
    pub fn identity_unavailable() -> Self {
        Self::new(503, "The identity service cannot be reached; try again.")
    }

    /// 500 that tells nothing.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "The server has either erred or is incapable of performing the requested operation.")
    }
}

/// The body of 401, which is not a fault of this service but the identity middleware's.
#[must_use]
pub fn unauthorized_json() -> &'static [u8] {
    br#"{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}"#
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::NotFound { .. } | Refusal::Absent(_) => 404,
            Refusal::Conflict(_) => 409,
            Refusal::Forbidden(_) => 403,
            Refusal::OverQuota(_) => 413,
            Refusal::Unavailable(_) => 503,
            Refusal::Failed(_) => 500,
            Refusal::InvalidVolume(_)
            | Refusal::InvalidSnapshot(_)
            | Refusal::InvalidBackup(_)
            | Refusal::InvalidVolumeType(_)
            | Refusal::InvalidGroup(_)
            | Refusal::InvalidGroupSnapshot(_)
            | Refusal::InvalidGroupType(_)
            | Refusal::InvalidInput(_)
            | Refusal::InvalidAuthKey(_)
            | Refusal::InvalidQosSpecs(_)
            | Refusal::BadRequest(_) => 400,
        };
        let fault = Self::new(code, refusal.to_string());
        match refusal {
            Refusal::OverQuota(_) => Self { retry_after_s: Some(0), ..fault.with_header("Retry-After", "0") },
            _ => fault,
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Detail<'a> {
            code: u16,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after: Option<String>,
        }
        let retry_after = self.retry_after_s.map(|seconds| seconds.to_string());
        let mut outer = serializer.serialize_map(Some(1))?;
        outer
            .serialize_entry(self.name(), &Detail { code: self.code, message: &self.message, retry_after })?;
        outer.end()
    }
}

#[cfg(test)]
mod tests;
