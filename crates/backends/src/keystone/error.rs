//! Why another service cannot be asked in our name.

use config::OptionError;
use thiserror::Error;

use crate::http::HttpError;

/// No session, or no answer under it.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The section that describes it cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The section describes a login that is not known here.
    #[error("auth_type {0:?} is not supported: password is")]
    AuthType(String),
    /// A token is to be sent along, and nobody says whose.
    #[error("send_service_user_token needs a user, and auth_url is not set")]
    NoServiceUser,
    /// Limits are to be asked about, and nobody says of which endpoint.
    #[error("endpoint_id, endpoint_service_type or endpoint_service_name says which endpoint has the limits")]
    NoEndpointOfLimits,
    /// There is no answer.
    #[error(transparent)]
    Http(HttpError),
    /// There was none for somebody who asked for the same token, and this one waited for it.
    #[error("{0}")]
    HttpOfAnother(String),
    /// Keystone does not let us in.
    #[error("Keystone at {auth_url} answers {status} to the login of {username:?}")]
    Refused {
        /// Which Keystone.
        auth_url: String,
        /// The user.
        username: String,
        /// HTTP status.
        status: u16,
    },
    /// The catalog has no such service.
    #[error("the catalog has no {interface} endpoint of {service} in region {region}")]
    NoEndpoint {
        /// Type of the service.
        service: String,
        /// Which of its addresses.
        interface: String,
        /// Where; `any` when that does not matter.
        region: String,
    },
}
