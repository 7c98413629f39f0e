//! `PUT /os-hosts/{host}`.

use crate::Fault;
use crate::validate::python::text;
use crate::validate::schema::Kind::{Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema};

const SCHEMA: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "status",
        Schema(&[Rule::Type(&[Text]), Rule::OneOf(&[Word("enable"), Word("disable")])]),
    )]),
]);

/// Whether the host shall take new volumes; none when the body asks for nothing.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn enabled(body: &[u8]) -> Result<Option<bool>, Fault> {
    let mut enabled = None;
    for (key, value) in Fields::parse(body, &SCHEMA)?.into_pairs() {
        if key.trim().to_lowercase() != "status" {
            let key = crate::fault::echo(&key);
            return Err(Fault::bad_request(format!("Invalid update setting: '{key}'")));
        }
        enabled = match value.as_str().map(|word| word.trim().to_lowercase()).as_deref() {
            Some("enable") => Some(true),
            Some("disable") => Some(false),
            _ => return Err(Fault::bad_request(format!("Invalid status: '{}'", text(&value)))),
        };
    }
    Ok(enabled)
}

#[cfg(test)]
mod tests;
