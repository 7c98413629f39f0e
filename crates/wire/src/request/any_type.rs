//! What types of volumes and types of groups have in common.

use crate::Fault;
use crate::validate::{Fields, Schema, shapes};

/// A change of a type: at least one value is there; null leaves it alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// Unique name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Whether every project may use it.
    pub is_public: Option<bool>,
}

/// What is said of a type that has no name, and of a change of nothing.
pub(super) struct Words {
    pub(super) nameless: &'static str,
    pub(super) nothing: &'static str,
}

impl Update {
    pub(super) fn parse(key: &str, body: &[u8], schema: &Schema, words: &Words) -> Result<Self, Fault> {
        let mut fields = Fields::parse_under(key, body, schema)?;
        let update = Self {
            name: fields.string("name"),
            description: fields.string("description"),
            is_public: fields.flag("is_public"),
        };
        if update.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Fault::bad_request(words.nameless));
        }
        if update == Self::default() {
            return Err(Fault::bad_request(words.nothing));
        }
        Ok(update)
    }
}

/// The value of the one spec that a body is about.
pub(super) fn spec(body: &[u8], key: &str) -> Result<String, Fault> {
    let specs = Fields::parse(body, &shapes::EXTRA_SPEC)?.into_metadata();
    specs.get(key).map(str::to_owned).ok_or_else(Fault::other_than_the_url)
}
