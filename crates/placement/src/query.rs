//! The hint `query`: a condition on pools, as JSON text of nested lists, such as
//! `["and", [">=", "$free_capacity_gb", 100], ["=", "$capabilities.tier", "gold"]]`.
//!
//! Two accidents of the original are not repeated: `not` inside another operator counts for what it says, and a pool
//! whose value has no order (`unknown` against a number) is refused by itself, not with the whole request.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use crate::explain::shortened;
use crate::fact::Fact;
use crate::pool::PoolState;

/// The longest query that is read, in bytes.
pub const MAX_QUERY_BYTES: usize = 16 * 1024;

/// How deeply its lists may nest.
pub const MAX_QUERY_DEPTH: usize = 32;

/// Why a query cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// More than [`MAX_QUERY_BYTES`].
    #[error("longer than {MAX_QUERY_BYTES} bytes")]
    TooLong,
    /// Deeper than [`MAX_QUERY_DEPTH`].
    #[error("nested deeper than {MAX_QUERY_DEPTH} lists")]
    TooDeep,
    /// The hint is no text, or the text is no JSON.
    #[error("not a JSON text")]
    NotJson,
    /// JSON, but not a list that begins with an operator.
    #[error("not a list that begins with an operator")]
    NotAnOperation,
    /// An operator that does not exist.
    #[error("unknown operator {0}")]
    UnknownOperator(String),
}

/// Two arguments that have no order, such as a text and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incomparable;

/// A query that has been read.
#[derive(Debug, PartialEq)]
pub struct Query {
    /// `None` is the empty query, which every pool satisfies.
    root: Option<Operation>,
}

#[derive(Debug, PartialEq)]
struct Operation {
    operator: Operator,
    arguments: Vec<Argument>,
}

#[derive(Debug, PartialEq)]
enum Argument {
    Constant(Value),
    /// `$name.key.key`, split at the dots.
    Attribute(Vec<String>),
    Operation(Operation),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    In,
    Not,
    And,
    Or,
}

/// An argument's value.
enum Datum<'a> {
    One(Fact<'a>),
    /// What `not` gives: one answer per argument. It counts as true when any of them is, inside other operators too.
    Answers(Vec<bool>),
}

impl Query {
    /// Reads the hint's value.
    ///
    /// # Errors
    /// When it is not the JSON text of a query.
    pub fn parse(hint: &Value) -> Result<Self, QueryError> {
        let text = match hint {
            Value::Null => return Ok(Self { root: None }),
            Value::String(text) if text.is_empty() => return Ok(Self { root: None }),
            Value::String(text) => text,
            _ => return Err(QueryError::NotJson),
        };
        if text.len() > MAX_QUERY_BYTES {
            return Err(QueryError::TooLong);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| QueryError::NotJson)?;
        match value {
            Value::Array(list) if !list.is_empty() => Ok(Self { root: Some(Operation::read(list, 1)?) }),
            empty if !Fact::from(&empty).is_truthy() => Ok(Self { root: None }),
            _ => Err(QueryError::NotAnOperation),
        }
    }

    /// Whether the pool satisfies the query.
    pub(crate) fn holds(&self, pool: &PoolState) -> Result<bool, Incomparable> {
        self.root.as_ref().map_or(Ok(true), |root| Ok(root.evaluate(pool)?.is_truthy()))
    }
}

impl Operation {
    fn read(list: Vec<Value>, depth: usize) -> Result<Self, QueryError> {
        if depth > MAX_QUERY_DEPTH {
            return Err(QueryError::TooDeep);
        }
        let mut items = list.into_iter();
        let Some(Value::String(name)) = items.next() else { return Err(QueryError::NotAnOperation) };
        let operator = Operator::read(&name)?;
        let mut arguments = Vec::new();
        for item in items {
            arguments.extend(Argument::read(item, depth)?);
        }
        Ok(Self { operator, arguments })
    }

    /// Recurses no deeper than [`MAX_QUERY_DEPTH`].
    fn evaluate<'a>(&'a self, pool: &'a PoolState) -> Result<Datum<'a>, Incomparable> {
        let mut data = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            data.extend(argument.evaluate(pool)?);
        }
        self.operator.apply(&data)
    }
}

impl Argument {
    /// Null and the empty text are no arguments at all, and an empty list is true.
    fn read(item: Value, depth: usize) -> Result<Option<Self>, QueryError> {
        Ok(match item {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(match text.strip_prefix('$') {
                Some(path) => Self::Attribute(path.split('.').map(str::to_owned).collect()),
                None => Self::Constant(Value::String(text)),
            }),
            Value::Array(list) if list.is_empty() => Some(Self::Constant(Value::Bool(true))),
            Value::Array(list) => Some(Self::Operation(Operation::read(list, depth + 1)?)),
            constant => Some(Self::Constant(constant)),
        })
    }

    /// `None` when the argument drops out because the pool has no such value.
    fn evaluate<'a>(&'a self, pool: &'a PoolState) -> Result<Option<Datum<'a>>, Incomparable> {
        let fact = match self {
            Self::Operation(operation) => return operation.evaluate(pool).map(Some),
            Self::Constant(value) => Fact::from(value),
            Self::Attribute(path) => attribute(pool, path),
        };
        Ok(match fact {
            Fact::Missing | Fact::Null => None,
            fact => Some(Datum::One(fact)),
        })
    }
}

fn attribute<'a>(pool: &'a PoolState, path: &[String]) -> Fact<'a> {
    let service = &pool.service;
    let (root, rest) = match path {
        [first, key, rest @ ..] if first == "capabilities" => (pool.capability(key), rest),
        [first, key, rest @ ..] if first == "service" => match key.as_str() {
            "host" => (Fact::Text(&service.host), rest),
            "cluster_name" => (Fact::text(service.cluster_name.as_deref()), rest),
            "availability_zone" => (Fact::Text(&service.availability_zone), rest),
            _ => (Fact::Missing, rest),
        },
        [name, rest @ ..] => (pool.attribute(name), rest),
        [] => (Fact::Missing, path),
    };
    rest.iter().fold(root, |fact, key| fact.entry(key))
}

impl Operator {
    fn read(name: &str) -> Result<Self, QueryError> {
        const SHOWN_CHARS: usize = 32;
        Ok(match name {
            "=" => Self::Equal,
            "<" => Self::Less,
            ">" => Self::Greater,
            "<=" => Self::LessOrEqual,
            ">=" => Self::GreaterOrEqual,
            "in" => Self::In,
            "not" => Self::Not,
            "and" => Self::And,
            "or" => Self::Or,
            _ => {
                let shown: Cow<'_, str> = shortened(name, SHOWN_CHARS);
                return Err(QueryError::UnknownOperator(format!("{shown:?}")));
            }
        })
    }

    fn apply<'a>(self, data: &[Datum<'_>]) -> Result<Datum<'a>, Incomparable> {
        let answer = match self {
            Self::Not => return Ok(Datum::Answers(data.iter().map(|datum| !datum.is_truthy()).collect())),
            Self::And => data.iter().all(Datum::is_truthy),
            Self::Or => data.iter().any(Datum::is_truthy),
            _ => match data {
                [first, others @ ..] if !others.is_empty() => self.compare(first, others)?,
                _ => false,
            },
        };
        Ok(Datum::One(Fact::Bool(answer)))
    }

    /// The first argument against every other one.
    fn compare(self, first: &Datum<'_>, others: &[Datum<'_>]) -> Result<bool, Incomparable> {
        let accepted: &[Ordering] = match self {
            Self::Equal => return Ok(others.iter().all(|other| first.equals(other))),
            Self::In => return Ok(others.iter().any(|other| first.equals(other))),
            Self::Less => &[Ordering::Less],
            Self::Greater => &[Ordering::Greater],
            Self::LessOrEqual => &[Ordering::Less, Ordering::Equal],
            _ => &[Ordering::Greater, Ordering::Equal],
        };
        let mut all = true;
        for other in others {
            all &= accepted.contains(&first.order(other).ok_or(Incomparable)?);
        }
        Ok(all)
    }
}

impl Datum<'_> {
    fn is_truthy(&self) -> bool {
        match self {
            Self::One(fact) => fact.is_truthy(),
            Self::Answers(answers) => answers.contains(&true),
        }
    }

    fn equals(&self, other: &Datum<'_>) -> bool {
        match (self, other) {
            (Self::One(a), Datum::One(b)) => a.equals(*b),
            (Self::Answers(a), Datum::Answers(b)) => a == b,
            _ => false,
        }
    }

    fn order(&self, other: &Datum<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::One(a), Datum::One(b)) => a.order(*b),
            _ => None,
        }
    }
}
