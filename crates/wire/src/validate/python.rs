//! JSON values in the notation of Python, in which every message of the service shows them.

use std::fmt::Write;

use serde_json::{Number, Value};

use crate::fault::echo;

/// `repr` of a value, cut like every echo: `{'size': None, 'name': "it's"}`.
#[must_use]
pub(crate) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    echo(&out).into_owned()
}

/// `str` of a value, cut like every echo: as [`repr`], but a string stands bare.
#[must_use]
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => echo(text).into_owned(),
        other => repr(other),
    }
}

/// `repr` of a string, cut like every echo.
#[must_use]
pub(crate) fn repr_str(text: &str) -> String {
    let mut out = String::new();
    write_string(&mut out, &echo(text));
    out
}

/// Depth is bounded by the parser of bodies.
fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(pairs) => {
            out.push('{');
            for (index, (key, item)) in pairs.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_string(out, key);
                out.push_str(": ");
                write_value(out, item);
            }
            out.push('}');
        }
    }
}

fn write_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => write_float(out, float),
        _ => out.push_str(&number.to_string()),
    }
}

/// Shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on, of two digits at least.
fn write_float(out: &mut String, float: f64) {
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let written = if (-4..16).contains(&exponent) {
        let point = if float.fract() == 0.0 { ".0" } else { "" };
        write!(out, "{float}{point}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{mantissa}e{sign}{:02}", exponent.abs())
    };
    debug_assert!(written.is_ok(), "a string takes every write");
}

fn write_string(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            _ if is_printable(character) => out.push(character),
            _ => write_escape(out, character),
        }
    }
    out.push(quote);
}

fn write_escape(out: &mut String, character: char) {
    let code = u32::from(character);
    let written = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "a string takes every write");
}

/// Python's `isprintable`: no control, format, surrogate, private or unassigned character, and of the
/// separators only the blank.
pub(crate) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return (' '..='~').contains(&character);
    }
    // The standard library keeps the same table for its own escapes. A combining mark is escaped only where
    // it has nothing to combine with, so it gets a letter to stand on.
    let mut letter_and_character = String::from("x");
    letter_and_character.push(character);
    letter_and_character.escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests;
