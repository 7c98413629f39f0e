//! The Image API v2.
//!
//! [`table`] lists every route with its method, path, policy rule and handler; [`router`] serves it. Data stream through
//! [`data`] a chunk at a time; whatever else a body is, is read whole and small.

pub mod call;
pub mod dispatch;
pub mod state;
pub mod table;

mod actions;
mod cache;
mod data;
mod images;
mod info;
mod members;
mod metadefs;
mod schemas;
mod tags;
mod tasks;
mod versions;

pub use call::Call;
pub use dispatch::router;
pub use state::{ImageApi, Settings};
