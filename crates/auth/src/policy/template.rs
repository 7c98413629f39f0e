//! The right-hand side of a check: text with holes for attributes of the target.

use std::fmt::{self, Write};

use super::target::{Target, Value};

/// A text in which `%(path)s` stands for an attribute of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Box<[Part]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Attribute(Box<str>),
}

/// How the two sides of a check are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Roles: the case of ASCII letters does not matter.
    Role,
    /// Attributes of the credentials: nothing equals an attribute of the target without a value.
    Credential,
    /// Literals: `None` equals an attribute of the target without a value.
    Literal,
}

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// A percent sign that starts neither `%(path)s` nor `%%`, at this byte.
    StrayPercent(usize),
    /// A parenthesis outside `%(path)s`: most likely one that lacks white space before it.
    Parenthesis,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                literal.push('%');
                rest = after;
                continue;
            }
            let stray = TemplateError::StrayPercent(text.len() - after.len() - 1);
            let (path, after) = split_hole(after).ok_or(stray)?;
            push_text(&mut parts, &mut literal)?;
            parts.push(Part::Attribute(path.into()));
            rest = after;
        }
        literal.push_str(rest);
        push_text(&mut parts, &mut literal)?;
        Ok(Self(parts.into()))
    }

    /// Whether the filled-in template is `held`, piece by piece and without building it.
    pub(super) fn equals(&self, held: &str, target: &dyn Target, comparison: Comparison) -> bool {
        let mut remainder = Remainder { text: held, any_case: comparison == Comparison::Role };
        let all_there = self.0.iter().all(|part| match part {
            Part::Text(text) => remainder.write_str(text).is_ok(),
            Part::Attribute(path) => match target.attribute(path) {
                Value::Missing => false,
                Value::Null if comparison != Comparison::Literal => false,
                value => write!(remainder, "{value}").is_ok(),
            },
        });
        all_there && remainder.text.is_empty()
    }

    /// Whether this is the word `None`, which equals an attribute of the credentials without a value.
    pub(super) fn is_none(&self) -> bool {
        matches!(&*self.0, [Part::Text(text)] if &**text == "None")
    }
}

/// The path of `(path)s…` and what follows.
fn split_hole(after_percent: &str) -> Option<(&str, &str)> {
    let (path, after) = after_percent.strip_prefix('(')?.split_once(")s")?;
    (!path.is_empty() && !path.contains(['(', ')', '%'])).then_some((path, after))
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) -> Result<(), TemplateError> {
    if text.contains(['(', ')']) {
        return Err(TemplateError::Parenthesis);
    }
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text).into()));
    }
    Ok(())
}

/// What is left to compare; writing to it takes away an equal beginning or fails.
struct Remainder<'a> {
    text: &'a str,
    any_case: bool,
}

impl Write for Remainder<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let (start, rest) = self.text.split_at_checked(piece.len()).ok_or(fmt::Error)?;
        let equal = if self.any_case { start.eq_ignore_ascii_case(piece) } else { start == piece };
        self.text = rest;
        if equal { Ok(()) } else { Err(fmt::Error) }
    }
}
