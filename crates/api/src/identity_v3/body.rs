//! Request bodies: one object under the name of the resource, read attribute by attribute.

use auth::identity::{NameError, NameKind, validate_name};
use auth::secret::Secret;
use serde_json::{Map, Value};

use super::Fault;
use super::fault::shortened;

/// What an attribute of a request says: nothing, `null`, or something.
pub(crate) type Said<T> = Option<Option<T>>;

/// The JSON of a body.
///
/// # Errors
/// 400 when it is none, or too deep.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Fault> {
    wire::json::parse(body).map_err(|_| Fault::not_json())
}

/// The attributes of the resource in a body. Taking one removes it, so that what is left is what nobody reads.
#[derive(Clone)]
pub(crate) struct Fields {
    noun: &'static str,
    map: Map<String, Value>,
}

impl Fields {
    /// The attributes under `noun`.
    ///
    /// # Errors
    /// 400 when they are not there.
    pub(crate) fn of(body: &[u8], noun: &'static str) -> Result<Self, Fault> {
        let found = match parse(body)? {
            Value::Object(mut map) => map.remove(noun),
            _ => return Err(Fault::not_json()),
        };
        match found {
            Some(Value::Object(map)) => Ok(Self { noun, map }),
            Some(other) => Err(wrong_type(noun, &other, "object")),
            None => Err(Fault::bad_request(format!("'{noun}' is a required property"))),
        }
    }

    /// The attributes of an object inside another.
    ///
    /// # Errors
    /// 400 when it is no object.
    pub(crate) fn inside(noun: &'static str, value: Value) -> Result<Self, Fault> {
        match value {
            Value::Object(map) => Ok(Self { noun, map }),
            other => Err(wrong_type(noun, &other, "object")),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// 400 when there are none: an update must say something.
    ///
    /// # Errors
    /// As said.
    pub(crate) fn not_empty(&self) -> Result<(), Fault> {
        if self.is_empty() {
            return Err(invalid(self.noun, &Value::Object(Map::new()), "{} should be non-empty"));
        }
        Ok(())
    }

    /// Takes the id out of an update, which cannot change it.
    ///
    /// # Errors
    /// 400 when it would.
    pub(crate) fn same_id(&mut self, id: &str) -> Result<(), Fault> {
        match self.text("id")?.flatten() {
            Some(said) if said != id => Err(Fault::bad_request("Cannot change ID")),
            _ => Ok(()),
        }
    }

    /// Takes the domain out of an update, which cannot change it.
    ///
    /// # Errors
    /// 400 when it would.
    pub(crate) fn same_domain(said: Option<&str>, domain_id: &str) -> Result<(), Fault> {
        match said {
            Some(said) if said != domain_id => Err(Fault::bad_request("Cannot change Domain ID")),
            _ => Ok(()),
        }
    }

    /// An attribute as it is.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.shift_remove(key)
    }

    /// A text or `null`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn text(&mut self, key: &str) -> Result<Said<String>, Fault> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text))),
            Some(other) => Err(wrong_type(key, &other, "string")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn plain_text(&mut self, key: &str) -> Result<Option<String>, Fault> {
        match self.text(key)? {
            Some(None) => Err(wrong_type(key, &Value::Null, "string")),
            found => Ok(found.flatten()),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// 400 when it is not.
    pub(crate) fn required_text(&mut self, key: &str) -> Result<String, Fault> {
        let found = self.plain_text(key)?;
        found.ok_or_else(|| self.lacks(key))
    }

    /// A password, which no message repeats.
    ///
    /// # Errors
    /// 400 when it is no text.
    pub(crate) fn password(&mut self, key: &str) -> Result<Said<Secret<String>>, Fault> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(Secret::new(text)))),
            Some(_) => Err(Fault::bad_request(format!(
                "Invalid input for field/attribute {key}. It is not a string"
            ))),
        }
    }

    /// A name.
    ///
    /// # Errors
    /// 400 for what cannot be one.
    pub(crate) fn name(&mut self, kind: NameKind) -> Result<Option<String>, Fault> {
        let Some(name) = self.plain_text("name")? else { return Ok(None) };
        checked_name("name", kind, name).map(Some)
    }

    /// A name that must be there.
    ///
    /// # Errors
    /// 400 when it is not.
    pub(crate) fn required_name(&mut self, kind: NameKind) -> Result<String, Fault> {
        let found = self.name(kind)?;
        found.ok_or_else(|| self.lacks("name"))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>, Fault> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(wrong_type(key, &other, "boolean")),
        }
    }

    /// 400: an attribute that must be there is not.
    #[must_use]
    pub(crate) fn lacks(&self, key: &str) -> Fault {
        let noun = self.noun;
        Fault::bad_request(format!(
            "Invalid input for field/attribute {noun}. '{key}' is a required property"
        ))
    }

    /// What nobody read, as it is kept: a JSON object.
    #[must_use]
    pub(crate) fn into_extra(self) -> String {
        merged(Map::new(), self.map)
    }

    /// What nobody read, laid over what is kept already.
    #[must_use]
    pub(crate) fn over_extra(self, kept: &str) -> String {
        let kept = serde_json::from_str(kept).unwrap_or_default();
        merged(kept, self.map)
    }

    /// 400 when something is left: this resource has no attributes but its own.
    ///
    /// # Errors
    /// As said.
    pub(crate) fn nothing_else(self) -> Result<(), Fault> {
        let Some((key, _)) = self.map.iter().next() else { return Ok(()) };
        let (noun, key) = (self.noun, shortened(key));
        Err(Fault::bad_request(format!(
            "Invalid input for field/attribute {noun}. Additional properties are not allowed ('{key}' was unexpected)"
        )))
    }
}

/// Attributes that every resource has of its own, so that none is kept twice.
const NEVER_EXTRA: [&str; 3] = ["id", "links", "options"];

fn merged(mut kept: Map<String, Value>, new: Map<String, Value>) -> String {
    kept.extend(new.into_iter().filter(|(key, _)| !NEVER_EXTRA.contains(&key.as_str())));
    Value::Object(kept).to_string()
}

/// A text that can name a thing of this kind.
///
/// # Errors
/// 400 for what cannot.
pub(crate) fn checked_name(key: &str, kind: NameKind, name: String) -> Result<String, Fault> {
    let why = match validate_name(kind, &name) {
        Ok(()) => return Ok(name),
        Err(NameError::Blank) if name.is_empty() => "should be non-empty",
        Err(NameError::Blank) => "does not match '[\\\\S]+'",
        Err(NameError::TooLong { .. }) => "is too long",
        Err(NameError::ControlCharacter) => "holds a control character",
    };
    let detail = format!("'{}' {why}", shortened(&name));
    Err(invalid(key, &Value::String(name), &detail))
}

fn wrong_type(key: &str, found: &Value, expected: &str) -> Fault {
    invalid(key, found, &format!("{} is not of type '{expected}'", repr(found)))
}

/// 400: an attribute that says what it cannot.
#[must_use]
pub(crate) fn invalid(key: &str, found: &Value, detail: &str) -> Fault {
    let value = found.as_str().map_or_else(|| repr(found), shortened);
    Fault::bad_request(format!("Invalid input for field/attribute {key}. Value: {value}. {detail}"))
}

/// A value as Python writes it, which is how clients know these messages. What is inside of objects and lists is not
/// repeated: it may be a password.
fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => shortened(&number.to_string()),
        Value::String(text) => format!("'{}'", shortened(text)),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(_) => "[...]".to_owned(),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(_) => "{...}".to_owned(),
    }
}
