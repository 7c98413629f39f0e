//! What is wrong or doubtful in a policy file.

use std::fmt;

use super::compile::{MAX_REFERENCE_CHAIN, MAX_STEPS};
use super::parser::SyntaxError;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file works as written, though perhaps not as meant.
    Warning,
    /// A check or a part of one does not hold for anyone.
    Error,
}

/// Something to tell an operator about a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line, from 1, on which the rule starts.
    pub line: Option<usize>,
    /// The rule that it is about.
    pub rule: Option<String>,
    /// What was found.
    pub problem: Problem,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says it")]
pub enum Problem {
    #[error("there is no rule of this name and no other rule refers to it")]
    UnknownRule,
    #[error("this rule was divided; the check counts for {}", .0.join(", "))]
    Divided(Vec<String>),
    #[error("the rule appears again; the last one counts")]
    Repeated,
    #[error("{0}")]
    Syntax(SyntaxError),
    #[error("rule:{0} refers to a rule that does not exist")]
    UnknownReference(String),
    #[error("`{0}` is not an attribute of the credentials")]
    UnknownKind(String),
    #[error("the rule refers to itself, perhaps through others")]
    Circle,
    #[error("more than {MAX_REFERENCE_CHAIN} references in a row or {MAX_STEPS} steps to evaluate")]
    TooCostly,
    #[error("no check; write \"\" to allow everyone or \"!\" to allow no one")]
    NoCheck,
    #[error("a check is a text or a list of lists of texts")]
    NotACheck,
    #[error("the name of a rule must be a text")]
    NotAName,
    /// The file as a whole cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl Problem {
    /// How much this matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::UnknownRule | Self::Divided(_) | Self::Repeated => Severity::Warning,
            Self::Syntax(_)
            | Self::UnknownReference(_)
            | Self::UnknownKind(_)
            | Self::Circle
            | Self::TooCostly
            | Self::NoCheck
            | Self::NotACheck
            | Self::NotAName
            | Self::Unreadable(_) => Severity::Error,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, "{rule}: ")?;
        }
        self.problem.fmt(f)
    }
}
