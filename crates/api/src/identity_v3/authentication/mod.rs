//! `/auth`: tokens, and what the holder of one may ask about itself.

pub(super) mod issue;
pub(super) mod revoke;
pub(super) mod scopes;
pub(super) mod validate;

mod asked;
mod prove;
mod scope;
mod view;
