//! Policy rules: oslo.policy's language, the default rules, an operator's overrides, their evaluation.
//!
//! A rule has a name and a check. The defaults are tables in the code ([`VolumeRule`],
//! [`IdentityRule`], [`ImageRule`]); a policy file replaces checks and may add rules of its own for others to refer
//! to. [`Policy::load`] compiles both into trees whose references are indexes, so that
//! [`Policy::allows`] neither hashes nor allocates.
//!
//! # The language
//!
//! ```text
//! check   = or
//! or      = and { "or" and }
//! and     = not { "and" not }
//! not     = "not" not | "(" or ")" | "@" | "!" | kind ":" match
//! ```
//!
//! `@` always holds, `!` never does, and the empty check always holds. What `kind:match` asks:
//!
//! | kind | holds when |
//! |---|---|
//! | `role` | the credentials have the role; the case of ASCII letters does not matter |
//! | `rule` | the rule of that name holds |
//! | an attribute of the credentials: `project_id`, `user_id`, `is_admin`, `system_scope`, `service_roles`, … | it equals the match; for a list, one of its items does |
//! | a literal: `True`, `None`, `42`, `'text'` | it equals the match |
//!
//! In a match `%(name)s` stands for an attribute of the target, nested ones written with dots, and
//! `%%` for a percent sign. A check whose target lacks the attribute does not hold.
//!
//! The older form, a list of lists of `kind:match`, means *or* of *and*.
//!
//! # What fails, fails closed
//!
//! A rule with a syntax error, one that is part of a circle, and a reference to something unknown are
//! reported as [`Finding`]s. They are neither true nor false: `not` of them does not hold either, but
//! `role:admin or rule:unknown` still lets an administrator in to repair it.

mod attribute;
mod compile;
mod evaluate;
mod expression;
mod finding;
mod graph;
mod identity_rules;
mod image_rules;
mod overrides;
mod parser;
mod table;
mod target;
mod template;
mod tokens;
mod volume_rules;

pub use evaluate::Policy;
pub use finding::{Finding, Problem, Severity};
pub use identity_rules::IdentityRule;
pub use image_rules::ImageRule;
pub use overrides::{MAX_FILE_BYTES, MAX_FILE_RULES, PolicyFileError};
pub use parser::{MAX_CHECK_BYTES, MAX_CHECK_DEPTH, SyntaxError, SyntaxErrorKind};
pub use table::{Definition, RuleSet, ScopeTypes};
pub use target::{Attributes, Owner, Target, Value};
pub use volume_rules::VolumeRule;

#[cfg(test)]
mod tests;
