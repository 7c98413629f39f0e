//! Request identifiers: `req-{uuid}`, in every answer, log line and operation.

use std::fmt;

use http::HeaderMap;
use model::OperationId;

/// The name of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("req-{}", OperationId::random()))
    }

    /// The one by which the caller knows this request (`X-Openstack-Request-Id` of a service that calls on behalf of
    /// a user), if it has the form of one.
    #[must_use]
    pub fn of_caller(headers: &HeaderMap) -> Option<String> {
        let text = headers.get("x-openstack-request-id")?.to_str().ok()?;
        let id = text.strip_prefix("req-")?;
        id.parse::<OperationId>().ok()?;
        Some(text.to_owned())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
