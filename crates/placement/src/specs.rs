//! Extra specs of a volume type, and the operators that their values may begin with.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::explain::shortened;
use crate::fact::Fact;
use crate::pool::PoolState;
use crate::refusal::Refusal;

/// How much of a spec or of a reported value an explanation repeats.
const SHOWN_CHARS: usize = 60;

/// How many elements of a reported list an explanation repeats.
const SHOWN_ELEMENTS: usize = 3;

/// The words that count as yes, in any case.
const TRUE_WORDS: [&str; 6] = ["1", "t", "true", "on", "y", "yes"];

/// One extra spec that a pool's capabilities have to meet.
pub(crate) struct Spec<'r> {
    /// The capability, and the keys that lead into it when it is a dictionary.
    path: Vec<&'r str>,
    requirement: Requirement<'r>,
    /// The spec as text, for explanations.
    shown: Arc<str>,
}

#[derive(Debug, PartialEq)]
enum Requirement<'r> {
    /// Only a capability that is null will do.
    Null,
    /// The very same text.
    Text(&'r str),
    /// Any of these texts.
    AnyOf(Vec<&'r str>),
    /// The capability on the left of the operator, this text on the right.
    Operator(Operator, &'r str),
    /// An operator with nothing to compare with.
    Unmeetable,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    In,
    Is,
    /// `=` means at least, as does `>=`.
    AtLeast,
    AtMost,
    Equal,
    Unequal,
    TextEqual,
    TextUnequal,
    TextAbove,
    TextAtLeast,
    TextBelow,
    TextAtMost,
}

/// The specs that name capabilities. A key with any scope but `capabilities:` is for the driver and says nothing here.
pub(crate) fn capability_specs(extra_specs: &BTreeMap<String, Option<String>>) -> Vec<Spec<'_>> {
    extra_specs
        .iter()
        .filter_map(|(key, text)| {
            let name = match key.split_once(':') {
                None => key.as_str(),
                Some(("capabilities", name)) => name,
                Some(_) => return None,
            };
            Some(Spec {
                path: name.split(':').collect(),
                requirement: Requirement::read(text.as_deref()),
                shown: shortened(&format!("{name}={}", text.as_deref().unwrap_or("null")), SHOWN_CHARS)
                    .into(),
            })
        })
        .collect()
}

impl Spec<'_> {
    /// Whether the pool has the capability and it is as required; of a list, one element that is so is enough.
    pub(crate) fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        let (first, deeper) = self.path.split_first().unwrap_or((&"", &[]));
        let capability = deeper.iter().fold(pool.capability(first), |fact, key| fact.entry(key));
        let met = match capability {
            Fact::Missing => return Err(Refusal::MissingCapability { spec: Arc::clone(&self.shown) }),
            Fact::Tree(Value::Array(list)) => {
                list.iter().any(|element| self.requirement.is_met(Fact::from(element)))
            }
            other => self.requirement.is_met(other),
        };
        if met {
            Ok(())
        } else {
            Err(Refusal::SpecNotMet { spec: Arc::clone(&self.shown), found: shown(capability) })
        }
    }
}

impl<'r> Requirement<'r> {
    fn read(text: Option<&'r str>) -> Self {
        let Some(text) = text else { return Self::Null };
        let mut words = text.split_whitespace();
        match words.next() {
            // Every other word is `<or>` again.
            Some("<or>") => Self::AnyOf(words.step_by(2).collect()),
            Some(word) => match Operator::read(word) {
                None => Self::Text(text),
                Some(operator) => {
                    words.next().map_or(Self::Unmeetable, |operand| Self::Operator(operator, operand))
                }
            },
            None => Self::Text(text),
        }
    }

    fn is_met(&self, capability: Fact<'_>) -> bool {
        match (self, capability) {
            (Self::Null, capability) => matches!(capability, Fact::Null),
            (_, Fact::Null | Fact::Missing) | (Self::Unmeetable, _) => false,
            (Self::Text(text), capability) => matches!(capability, Fact::Text(found) if found == *text),
            (Self::AnyOf(texts), capability) => {
                matches!(capability, Fact::Text(found) if texts.contains(&found))
            }
            (Self::Operator(operator, operand), capability) => operator.holds(capability, operand),
        }
    }
}

impl Operator {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "<in>" => Self::In,
            "<is>" => Self::Is,
            "=" | ">=" => Self::AtLeast,
            "<=" => Self::AtMost,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "s==" => Self::TextEqual,
            "s!=" => Self::TextUnequal,
            "s>" => Self::TextAbove,
            "s>=" => Self::TextAtLeast,
            "s<" => Self::TextBelow,
            "s<=" => Self::TextAtMost,
            _ => return None,
        })
    }

    fn holds(self, capability: Fact<'_>, operand: &str) -> bool {
        match self {
            Self::In => contains(capability, operand),
            Self::Is => is_yes(capability) == is_true_word(operand),
            Self::AtLeast | Self::AtMost | Self::Equal | Self::Unequal => number(capability)
                .zip(operand.parse().ok())
                .is_some_and(|(a, b)| self.holds_for_numbers(a, b)),
            // A capability that is no text differs from every text, and has no order among them.
            _ => match capability {
                Fact::Text(text) => self.holds_for_texts(text, operand),
                _ => self == Self::TextUnequal,
            },
        }
    }

    fn holds_for_numbers(self, capability: f64, operand: f64) -> bool {
        match self {
            Self::AtLeast => capability >= operand,
            Self::AtMost => capability <= operand,
            Self::Equal => capability == operand,
            _ => capability != operand,
        }
    }

    fn holds_for_texts(self, capability: &str, operand: &str) -> bool {
        match self {
            Self::TextEqual => capability == operand,
            Self::TextUnequal => capability != operand,
            Self::TextAbove => capability > operand,
            Self::TextAtLeast => capability >= operand,
            Self::TextBelow => capability < operand,
            _ => capability <= operand,
        }
    }
}

/// A part of a text, an element of a list or a key of a dictionary.
fn contains(capability: Fact<'_>, operand: &str) -> bool {
    match capability {
        Fact::Text(text) => text.contains(operand),
        Fact::Tree(Value::Array(list)) => list.iter().any(|element| element == operand),
        Fact::Tree(Value::Object(map)) => map.contains_key(operand),
        _ => false,
    }
}

fn number(capability: Fact<'_>) -> Option<f64> {
    match capability {
        Fact::Text(text) => text.trim().parse().ok(),
        other => other.number(),
    }
}

fn is_yes(capability: Fact<'_>) -> bool {
    match capability {
        Fact::Bool(yes) => yes,
        Fact::Number(number) => number == 1.0,
        Fact::Text(text) => is_true_word(text),
        _ => false,
    }
}

/// Whether a word means yes.
pub(crate) fn is_true_word(word: &str) -> bool {
    TRUE_WORDS.iter().any(|yes| yes.eq_ignore_ascii_case(word.trim()))
}

/// A capability in a few characters.
fn shown(capability: Fact<'_>) -> String {
    match capability {
        Fact::Missing | Fact::Null => "null".to_owned(),
        Fact::Bool(yes) => yes.to_string(),
        Fact::Number(number) => number.to_string(),
        Fact::Text(text) => shortened(text, SHOWN_CHARS).into_owned(),
        Fact::AnyOf(spellings) => shortened(&spellings.join("/"), SHOWN_CHARS).into_owned(),
        Fact::Tree(Value::Array(list)) => {
            let elements: Vec<String> = list.iter().take(SHOWN_ELEMENTS).map(shown_element).collect();
            elements.join("/")
        }
        Fact::Tree(_) => "a dictionary".to_owned(),
    }
}

fn shown_element(element: &Value) -> String {
    match element {
        Value::Array(_) => "a list".to_owned(),
        scalar => shown(Fact::from(scalar)),
    }
}
