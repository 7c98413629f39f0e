//! A tree and values to a result.

use std::cmp::Ordering;

use super::parser::Expression;
use super::tree::{Arithmetic, Call, Comparison, Node};

/// How much of an offending text an error repeats.
const SHOWN_CHARS: usize = 32;

/// A value in a formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand<'a> {
    /// What comparisons and `not` give; counts as 1 or 0 in arithmetic.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Anything else.
    Text(&'a str),
}

/// Where a formula finds the values of its names.
pub trait Scope<'a> {
    /// The value of `space.name`, or `None` when there is none that can be computed with.
    fn value(&self, space: &str, name: &str) -> Option<Operand<'a>>;
}

/// Why a formula has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// A name that nothing usable stands behind.
    #[error("{0} has no value")]
    NoValue(String),
    /// Arithmetic on a text, or an order between a text and a number.
    #[error("a text where a number is needed: {0:?}")]
    NotANumber(String),
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A result beyond what numbers can hold.
    #[error("the result is not a finite number")]
    NotFinite,
}

impl<'a> Operand<'a> {
    /// A text, or the number that it spells.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Self::Number(number),
            _ => Self::Text(text),
        }
    }

    /// Whether it counts as true: anything but false, zero and the empty text.
    #[must_use]
    pub fn is_truthy(self) -> bool {
        match self {
            Self::Bool(yes) => yes,
            Self::Number(number) => number != 0.0,
            Self::Text(text) => !text.is_empty(),
        }
    }

    fn number(self) -> Result<f64, EvalError> {
        match self {
            Self::Bool(yes) => Ok(f64::from(u8::from(yes))),
            Self::Number(number) => Ok(number),
            Self::Text(text) => Err(EvalError::NotANumber(text.chars().take(SHOWN_CHARS).collect())),
        }
    }

    fn equals(self, other: Operand<'_>) -> bool {
        match (self, other) {
            (Self::Text(a), Operand::Text(b)) => a == b,
            (Self::Text(_), _) | (_, Operand::Text(_)) => false,
            (a, b) => a.number() == b.number(),
        }
    }

    fn order(self, other: Operand<'_>) -> Result<Option<Ordering>, EvalError> {
        match (self, other) {
            (Self::Text(a), Operand::Text(b)) => Ok(Some(a.cmp(b))),
            (a, b) => Ok(a.number()?.partial_cmp(&b.number()?)),
        }
    }
}

impl Expression {
    /// Computes the formula.
    ///
    /// # Errors
    /// When a name has no value or an operation no result.
    pub fn evaluate<'a>(&'a self, scope: &impl Scope<'a>) -> Result<Operand<'a>, EvalError> {
        self.root.evaluate(scope)
    }
}

impl Node {
    /// Recurses no deeper than the parser let the tree grow.
    fn evaluate<'a>(&'a self, scope: &impl Scope<'a>) -> Result<Operand<'a>, EvalError> {
        match self {
            Self::Number(number) => Ok(Operand::Number(*number)),
            Self::Text(text) => Ok(Operand::Text(text)),
            Self::Name { space, name } => {
                scope.value(space, name).ok_or_else(|| EvalError::NoValue(format!("{space}.{name}")))
            }
            Self::Call(call, arguments) => call.apply(arguments, scope),
            Self::Power(base, exponent) => {
                let base = base.evaluate(scope)?.number()?;
                finite(base.powf(exponent.evaluate(scope)?.number()?))
            }
            Self::Minus(node) => Ok(Operand::Number(-node.evaluate(scope)?.number()?)),
            Self::Plus(node) => Ok(Operand::Number(node.evaluate(scope)?.number()?)),
            Self::Not(node) => Ok(Operand::Bool(!node.evaluate(scope)?.is_truthy())),
            Self::Arithmetic(first, rest) => arithmetic(first, rest, scope),
            Self::Comparison(first, rest) => comparison(first, rest, scope),
            Self::Choice(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if condition.evaluate(scope)?.is_truthy() { yes.evaluate(scope) } else { no.evaluate(scope) }
            }
            Self::And(first, rest) => decisive(first, rest, false, scope),
            Self::Or(first, rest) => decisive(first, rest, true, scope),
        }
    }
}

impl Call {
    /// The largest or smallest argument is handed on as it is: a truth stays a truth.
    fn apply<'a>(self, arguments: &'a [Node], scope: &impl Scope<'a>) -> Result<Operand<'a>, EvalError> {
        let mut best = (f64::NAN, Operand::Number(f64::NAN));
        for argument in arguments {
            let operand = argument.evaluate(scope)?;
            let number = operand.number()?;
            best = match self {
                Self::Abs => (number.abs(), Operand::Number(number.abs())),
                Self::Max if number <= best.0 => best,
                Self::Min if number >= best.0 => best,
                Self::Max | Self::Min => (number, operand),
            };
        }
        Ok(best.1)
    }
}

fn arithmetic<'a>(
    first: &'a Node,
    rest: &'a [(Arithmetic, Node)],
    scope: &impl Scope<'a>,
) -> Result<Operand<'a>, EvalError> {
    let mut result = first.evaluate(scope)?.number()?;
    for (operator, node) in rest {
        let right = node.evaluate(scope)?.number()?;
        result = match operator {
            Arithmetic::Add => result + right,
            Arithmetic::Subtract => result - right,
            Arithmetic::Multiply => result * right,
            Arithmetic::Divide if right == 0.0 => return Err(EvalError::DivisionByZero),
            Arithmetic::Divide => result / right,
        };
    }
    finite(result)
}

/// Each operand is compared with the one before it; the first comparison that fails ends the run.
fn comparison<'a>(
    first: &'a Node,
    rest: &'a [(Comparison, Node)],
    scope: &impl Scope<'a>,
) -> Result<Operand<'a>, EvalError> {
    let mut left = first.evaluate(scope)?;
    for (operator, node) in rest {
        let right = node.evaluate(scope)?;
        let holds = match operator {
            Comparison::Equal => left.equals(right),
            Comparison::Unequal => !left.equals(right),
            Comparison::Less => left.order(right)? == Some(Ordering::Less),
            Comparison::Greater => left.order(right)? == Some(Ordering::Greater),
            Comparison::LessOrEqual => matches!(left.order(right)?, Some(Ordering::Less | Ordering::Equal)),
            Comparison::GreaterOrEqual => {
                matches!(left.order(right)?, Some(Ordering::Greater | Ordering::Equal))
            }
        };
        if !holds {
            return Ok(Operand::Bool(false));
        }
        left = right;
    }
    Ok(Operand::Bool(true))
}

/// The first operand whose truth is `wanted`, else the last one. All are computed: an error in any of them counts.
fn decisive<'a>(
    first: &'a Node,
    rest: &'a [Node],
    wanted: bool,
    scope: &impl Scope<'a>,
) -> Result<Operand<'a>, EvalError> {
    let mut result = first.evaluate(scope)?;
    for node in rest {
        let next = node.evaluate(scope)?;
        if result.is_truthy() != wanted {
            result = next;
        }
    }
    Ok(result)
}

fn finite(number: f64) -> Result<Operand<'static>, EvalError> {
    if number.is_finite() { Ok(Operand::Number(number)) } else { Err(EvalError::NotFinite) }
}
