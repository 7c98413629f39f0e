//! Definitions of metadata: what properties, objects and tags there are, and for what.

use crate::{Timestamp, words};

words! {
    /// Who sees a namespace.
    NamespaceVisibility {
        /// Everybody.
        Public = "public",
        /// Its owner.
        Private = "private",
    }
}

/// A name space of definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its number in the database.
    pub id: i64,
    /// Its name.
    pub namespace: String,
    /// Its name for people.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who sees it.
    pub visibility: NamespaceVisibility,
    /// Whether it cannot be deleted.
    pub protected: bool,
    /// The project that owns it.
    pub owner: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a namespace has several of, each with a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum PartKind {
    Property,
    Object,
    Tag,
}

/// A part of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it is: JSON text of an object without the name.
    pub definition: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// That a namespace is for a type of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The type.
    pub resource_type: String,
    /// What stands before the names of properties on such resources.
    pub prefix: Option<String>,
    /// Which part of the resource has the properties.
    pub properties_target: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
