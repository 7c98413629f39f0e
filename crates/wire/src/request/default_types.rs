//! The volume type that a project has by default.

use crate::Fault;
use crate::validate::schema::Kind::Object;
use crate::validate::{Fields, Rule, Schema, shapes};

const SET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "default_type",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("volume_type", shapes::NAME)]),
            Rule::Required(&["volume_type"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["default_type"]),
]);

/// `PUT /default-types/{project}`: the type, by identifier or name.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn volume_type(body: &[u8]) -> Result<String, Fault> {
    let mut fields = Fields::parse_under("default_type", body, &SET)?;
    Ok(fields.string("volume_type").unwrap_or_default())
}

#[cfg(test)]
mod tests;
