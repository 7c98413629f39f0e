//! The Block Storage API v3.
//!
//! [`table`] lists every route with its method, path, action, microversions, policy rule and handler; [`router`] serves
//! it, with and without a project in the URL.

pub mod call;
pub mod dispatch;
pub mod state;
pub mod table;

mod volumes;

pub use call::Call;
pub use dispatch::router;
pub use state::{Lists, VolumeApi};
