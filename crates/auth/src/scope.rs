//! What a token gives access to.

/// A scope by id: where a token is valid, or where a role was assigned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScopeId {
    /// Proves who the user is and nothing more.
    Unscoped,
    /// One project.
    Project(String),
    /// One domain: its users, groups and projects as objects, not the resources inside its projects.
    Domain(String),
    /// The whole deployment (`system_scope: all`).
    System,
}

impl ScopeId {
    /// The id of the project or domain, if it is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Project(id) | Self::Domain(id) => Some(id),
            Self::Unscoped | Self::System => None,
        }
    }
}
