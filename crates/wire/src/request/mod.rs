//! Request bodies as typed values, one file per resource.
//!
//! Every parser takes the raw bytes, refuses what the microversion does not allow in the words of the service, and
//! returns plain data. Rules that need the database are left to the operations.

pub mod hints;
pub mod hosts;
pub mod metadata;
pub mod quotas;
pub mod services;
pub mod snapshot_actions;
pub mod snapshots;
pub mod type_actions;
pub mod types;
pub mod volume_actions;
pub mod volumes;

use serde_json::Value;

use crate::validate::{Fields, Schema};
use crate::{Fault, json};

/// A value that an update sets: none leaves it alone, an inner none removes it.
pub type Change = Option<Option<String>>;

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

    /// The object under the action's name, when the whole body holds to `schema`.
    pub(crate) fn fields(self, schema: &Schema) -> Result<Fields, Fault> {
        Ok(Fields::checked(self.body, schema)?.object(&self.name))
    }
}
