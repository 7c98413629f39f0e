//! The embedded identity: people, projects, roles, the catalog, and what is needed to sign and revoke tokens.
//!
//! Every change is made in a transaction that first calls [`generation::advance`], so that whoever remembers something
//! of these tables can tell cheaply whether it still holds.

pub mod application_credentials;
pub mod assignments;
pub mod domains;
pub mod endpoints;
pub mod generation;
pub mod groups;
pub mod projects;
pub mod regions;
pub mod revocations;
pub mod roles;
pub mod services;
pub mod signing_keys;
pub mod users;

mod conditions;
