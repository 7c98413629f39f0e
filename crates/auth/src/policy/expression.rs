//! A check as a tree.

use super::attribute::CredentialAttribute;
use super::finding::Problem;
use super::template::Template;

/// A check as a tree. `N` is how it refers to what has a name: by text once parsed, by index once
/// compiled. Its depth is bounded by the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression<N> {
    Allow,
    Deny,
    Not(Box<Self>),
    All(Box<[Self]>),
    Any(Box<[Self]>),
    Named(N),
    Role(Template),
    Credential(CredentialAttribute, Template),
    Literal(Box<str>, Template),
}

/// A name in a check, not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// `rule:name`.
    Rule(String),
    /// `kind:…` of a kind that no credentials have.
    UnknownKind(String),
    /// The place of a whole check that could not be read.
    Unreadable(Problem),
}

impl<N> Expression<N> {
    /// The same tree with every name looked up.
    pub(super) fn resolve<M>(self, look_up: &mut dyn FnMut(N) -> M) -> Expression<M> {
        match self {
            Self::Allow => Expression::Allow,
            Self::Deny => Expression::Deny,
            Self::Not(inner) => Expression::Not(Box::new(inner.resolve(look_up))),
            Self::All(parts) => Expression::All(resolve_each(parts, look_up)),
            Self::Any(parts) => Expression::Any(resolve_each(parts, look_up)),
            Self::Named(name) => Expression::Named(look_up(name)),
            Self::Role(template) => Expression::Role(template),
            Self::Credential(attribute, template) => Expression::Credential(attribute, template),
            Self::Literal(text, template) => Expression::Literal(text, template),
        }
    }

    /// The number of nodes: the steps of an evaluation that visits all of them.
    pub(super) fn steps(&self) -> usize {
        match self {
            Self::Not(inner) => 1 + inner.steps(),
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::steps).sum::<usize>(),
            Self::Allow
            | Self::Deny
            | Self::Named(_)
            | Self::Role(_)
            | Self::Credential(..)
            | Self::Literal(..) => 1,
        }
    }
}

fn resolve_each<N, M>(parts: Box<[Expression<N>]>, look_up: &mut dyn FnMut(N) -> M) -> Box<[Expression<M>]> {
    parts.into_iter().map(|part| part.resolve(look_up)).collect()
}
