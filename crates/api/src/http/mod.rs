//! What both APIs need of HTTP.

mod body;
mod edge;
mod paths;
mod percent;
mod reply;
mod request_id;
mod url;

pub use body::{BodyError, read_body};
pub use edge::{Client, receive};
pub(crate) use paths::Paths;
pub(crate) use percent::decode;
pub use reply::Reply;
pub use request_id::RequestId;
pub use url::base_url;
