//! What a rule is asked about: the object of an operation, as named values.

use std::fmt;

use crate::Credentials;

use super::attribute::{CredentialAttribute, Held};

/// One attribute of a target. Its `Display` is how the policy language compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// The target has no such attribute: the check does not hold.
    Missing,
    /// The attribute has no value. Equal to the literal `None` only.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(&'a str),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Null => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

/// `None` is [`Value::Null`].
impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// The object of an operation.
pub trait Target {
    /// The attribute that a policy writes `%(path)s`, such as `project_id` or `target.user.id`.
    fn attribute(&self, path: &str) -> Value<'_>;
}

/// No object: nothing to compare with.
impl Target for () {
    fn attribute(&self, _path: &str) -> Value<'_> {
        Value::Missing
    }
}

/// Who owns the object: all that the default rules of the Block Storage API look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The project that the object belongs to.
    pub project_id: Option<&'a str>,
    /// The user who made it.
    pub user_id: Option<&'a str>,
}

impl<'a> Owner<'a> {
    /// The caller as owner: the target of operations that have no object yet.
    #[must_use]
    pub fn caller(credentials: &'a Credentials) -> Self {
        Self { project_id: credentials.project_id(), user_id: Some(&credentials.user.id) }
    }
}

impl Target for Owner<'_> {
    fn attribute(&self, path: &str) -> Value<'_> {
        match path {
            "project_id" => self.project_id.into(),
            "user_id" => self.user_id.into(),
            _ => Value::Missing,
        }
    }
}

/// A handful of attributes by their whole path, such as `("target.user.domain_id", id.into())`.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a>(pub &'a [(&'a str, Value<'a>)]);

impl Target for Attributes<'_> {
    fn attribute(&self, path: &str) -> Value<'_> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map_or(Value::Missing, |(_, value)| *value)
    }
}

/// Nested objects, each step of the path separated by a dot. Lists, objects and fractions have no
/// value to compare with.
impl Target for serde_json::Value {
    fn attribute(&self, path: &str) -> Value<'_> {
        let found = path.split('.').try_fold(self, |inside, step| inside.get(step));
        match found {
            Some(Self::Null) => Value::Null,
            Some(Self::Bool(flag)) => Value::Bool(*flag),
            Some(Self::String(text)) => Value::Text(text),
            Some(Self::Number(number)) => number.as_i64().map_or(Value::Missing, Value::Integer),
            Some(Self::Array(_) | Self::Object(_)) | None => Value::Missing,
        }
    }
}

/// The credentials as their own target, as `context_is_admin` sees them.
impl Target for Credentials {
    fn attribute(&self, path: &str) -> Value<'_> {
        match CredentialAttribute::from_name(path).map(|attribute| attribute.read(self)) {
            Some(Held::Text(text)) => Value::Text(text),
            Some(Held::Flag(flag)) => Value::Bool(flag),
            Some(Held::Nothing) => Value::Null,
            Some(Held::Texts(_)) | None => Value::Missing,
        }
    }
}
