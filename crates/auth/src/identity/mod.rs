//! Rules of the embedded identity that need no store: who holds which roles, what may be delegated,
//! which names are acceptable.

mod assignments;
mod names;
mod roles;

pub use assignments::{Actor, Assignment, Holder, effective_roles};
pub use names::{NameError, NameKind, validate_name};
pub use roles::{
    ADMIN, BUILT_IN_ROLES, MANAGER, MEMBER, READER, SERVICE, delegated_roles, expand, roles_not_held,
};
