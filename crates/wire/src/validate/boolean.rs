//! The words that clients use for true and false.

use crate::Fault;
use crate::fault::echo;

/// Reads a word as most of the API does: case and surrounding blanks do not matter.
#[must_use]
pub fn parse(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// Reads the parameter `name` of a query, where blanks do matter.
///
/// # Errors
/// 400: `Value 'maybe' for 'with_count' is not a boolean.`
pub fn parameter(name: &str, value: &str) -> Result<bool, Fault> {
    let word = if value.trim() == value { parse(value) } else { None };
    word.ok_or_else(|| not_boolean(name, value))
}

/// The refusal of [`parameter`].
pub(crate) fn not_boolean(name: &str, value: &str) -> Fault {
    Fault::bad_request(format!("Value '{}' for '{name}' is not a boolean.", echo(value)))
}

#[cfg(test)]
mod tests;
