//! Asks compiled rules.

use std::marker::PhantomData;

use crate::Credentials;

use super::attribute::Held;
use super::compile::{Link, Linked, compile};
use super::expression::Expression;
use super::finding::{Finding, Problem};
use super::overrides::{Overrides, PolicyFileError};
use super::table::RuleSet;
use super::target::Target;
use super::template::{Comparison, Template};

/// The rules of one API, ready to be asked.
#[derive(Debug)]
pub struct Policy<R> {
    rules: Linked,
    rule_set: PhantomData<fn(R)>,
}

impl<R: RuleSet> Default for Policy<R> {
    /// The default rules.
    fn default() -> Self {
        Self::compiled(&Overrides::default()).0
    }
}

impl<R: RuleSet> Policy<R> {
    /// The default rules with the overrides of a policy file (YAML or JSON), and what an operator
    /// should know about that file.
    ///
    /// # Errors
    /// When the file cannot be read at all. Faults inside single rules are findings, and those rules
    /// fail closed.
    pub fn load(file: &str) -> Result<(Self, Vec<Finding>), PolicyFileError> {
        Ok(Self::compiled(&Overrides::parse(file)?))
    }

    /// What an operator should know about a policy file, in the order of its lines.
    #[must_use]
    pub fn check(file: &str) -> Vec<Finding> {
        match Self::load(file) {
            Ok((_, findings)) => findings,
            Err(error) => {
                let line = error.line();
                vec![Finding { line, rule: None, problem: Problem::Unreadable(error.to_string()) }]
            }
        }
    }

    /// Whether `rule` lets these credentials act on this target.
    #[must_use]
    pub fn allows(&self, rule: R, credentials: &Credentials, target: &dyn Target) -> bool {
        let question = Question { rules: &self.rules, credentials, target };
        rule.definition().scopes.admit(&credentials.scope) && question.is(&self.rules[rule.index()], true)
    }

    fn compiled(overrides: &Overrides) -> (Self, Vec<Finding>) {
        let (rules, findings) = compile(R::DEFINITIONS, overrides);
        (Self { rules, rule_set: PhantomData }, findings)
    }
}

struct Question<'a> {
    rules: &'a [Expression<Link>],
    credentials: &'a Credentials,
    target: &'a dyn Target,
}

impl Question<'_> {
    /// Whether the check is certainly `answer`. What leads nowhere is certainly neither true nor false,
    /// so that its negation allows nothing either.
    fn is(&self, check: &Expression<Link>, answer: bool) -> bool {
        match check {
            Expression::Allow => answer,
            Expression::Deny => !answer,
            Expression::Not(inner) => self.is(inner, !answer),
            Expression::All(parts) if answer => parts.iter().all(|part| self.is(part, true)),
            Expression::All(parts) => parts.iter().any(|part| self.is(part, false)),
            Expression::Any(parts) if answer => parts.iter().any(|part| self.is(part, true)),
            Expression::Any(parts) => parts.iter().all(|part| self.is(part, false)),
            Expression::Named(Link::Rule(index)) => self.is(&self.rules[*index], answer),
            Expression::Named(Link::Nowhere) => false,
            Expression::Role(role) => self.has_role(role) == answer,
            Expression::Credential(attribute, template) => {
                self.holds(attribute.read(self.credentials), template) == answer
            }
            Expression::Literal(text, template) => {
                template.equals(text, self.target, Comparison::Literal) == answer
            }
        }
    }

    fn has_role(&self, role: &Template) -> bool {
        let mut roles = self.credentials.roles.iter();
        roles.any(|held| role.equals(held, self.target, Comparison::Role))
    }

    fn holds(&self, held: Held<'_>, template: &Template) -> bool {
        let equals = |text: &str| template.equals(text, self.target, Comparison::Credential);
        match held {
            Held::Nothing => template.is_none(),
            Held::Text(text) => equals(text),
            Held::Flag(true) => equals("True"),
            Held::Flag(false) => equals("False"),
            Held::Texts(texts) => texts.iter().any(|text| equals(text)),
        }
    }
}
