//! The Identity API v3 of the embedded identity, for installations without a Keystone.
//!
//! `table` lists every route with its policy rule and handler; [`router`] serves it. [`EmbeddedTokens`] issues and
//! validates tokens, for this API and for the others in this process. [`bootstrap()`] makes the first people.

pub mod bootstrap;
pub mod dispatch;
pub mod fault;
pub mod state;
pub mod tokens;

mod application_credentials;
mod authentication;
mod body;
mod call;
mod catalog;
mod domains;
mod grants;
mod groups;
mod hashing;
mod projects;
mod query;
mod role_assignments;
mod roles;
mod secret_hash;
mod table;
mod users;
mod versions;
mod view;

pub use bootstrap::{Bootstrap, BootstrapError, Bootstrapped, bootstrap};
use call::Call;
pub use dispatch::{router, rules};
pub use fault::Fault;
pub use state::IdentityApi;
pub use tokens::{EmbeddedTokens, MarkAdmin};
