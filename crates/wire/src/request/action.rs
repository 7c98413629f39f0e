//! Bodies of `POST …/action`.

use serde_json::Value;

use crate::validate::{Fields, Schema, drop_nulls};
use crate::{Fault, json};

/// The body of the action `$name`: an object of `$inner`, or anything.
macro_rules! action {
    ($name:literal, $inner:expr) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[($name, $inner)]),
            Rule::Required(&[$name]),
            Rule::NoOthers,
        ])
    };
    ($name:literal, $($key:literal: $shape:expr),+) => {
        action!(
            $name,
            Schema(&[
                Rule::Type(&[Object]),
                Rule::Properties(&[$(($key, $shape)),+]),
                Rule::Required(&[$($key),+]),
                Rule::NoOthers,
            ])
        )
    };
}
pub(crate) use action;

/// The body of a `POST …/action`: an object whose only key is the action.
pub(crate) struct Action {
    pub(crate) name: String,
    body: Value,
}

impl Action {
    /// # Errors
    /// 400 for anything but an object of one key.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        if body.is_empty() {
            return Err(Fault::no_such_action("None"));
        }
        let body = json::parse(body)?;
        match body.as_object().map(|pairs| pairs.keys().collect::<Vec<_>>()).as_deref() {
            Some([name]) => Ok(Self { name: (*name).clone(), body }),
            _ => Err(Fault::malformed_body()),
        }
    }

    /// Holds what says nothing more to `schema`. openstacksdk writes null for it.
    ///
    /// # Errors
    /// As [`Action::fields`].
    pub(crate) fn says_no_more(self, schema: &Schema) -> Result<(), Fault> {
        match self.body[&self.name].is_null() {
            true => Ok(()),
            false => self.fields(schema).map(drop),
        }
    }

    /// As it is without nulls of these keys, which clients write for what they leave out.
    pub(crate) fn without(mut self, nulls: &[&str]) -> Self {
        drop_nulls(nulls, self.body.get_mut(&self.name));
        self
    }

    /// The object under the action's name, when the whole body holds to `schema`.
    pub(crate) fn fields(self, schema: &Schema) -> Result<Fields, Fault> {
        Ok(Fields::checked(self.body, schema)?.object(&self.name))
    }
}
