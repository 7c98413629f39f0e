//! Who is asking, and may they: pure rules, without a clock, a database or HTTP.
//!
//! - [`policy`]: the rule language of `policy.yaml`, the default rules of the Block Storage and
//!   Identity APIs, and their evaluation.
//! - [`Credentials`]: the identity behind one request, whoever vouched for it.
//! - [`token`], [`password`], [`secret`]: what the embedded identity signs, hashes and draws.
//! - [`authority`]: what we ask of an identity service beside us.
//! - [`identity`]: roles that imply roles, assignments that add up, names that are acceptable.
//!
//! Time always comes in as an argument; randomness comes from the operating system.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail by panicking"))]

pub mod authority;
pub mod credentials;
pub mod identity;
pub mod password;
pub mod policy;
pub mod random;
pub mod scope;
pub use model::secret;
pub mod token;

pub use credentials::Credentials;
pub use scope::ScopeId;
pub use secret::Secret;
