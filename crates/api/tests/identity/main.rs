//! The Identity API and the tokens behind it, in process.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![allow(unreachable_pub, reason = "one test binary")]

mod application_credentials;
mod bootstrap;
mod catalog;
mod domains;
mod golden;
mod grants;
mod groups;
mod hostile;
mod issue;
mod key_manager;
mod lifetime;
mod projects;
mod role_assignments;
mod roles;
mod routes;
mod tokens;
mod users;
mod world;
