//! From names to indexes: lays the overrides over the defaults and links every reference.

use std::collections::{HashMap, HashSet};

use super::expression::{Expression, Name};
use super::finding::{Finding, Problem};
use super::graph::{circular, dependency_order, reversed};
use super::overrides::{Check, Override, Overrides};
use super::parser::{parse, parse_lists};
use super::table::Definition;

/// Most references in a row, which with the depth of a check bounds the depth of evaluation.
pub(super) const MAX_REFERENCE_CHAIN: usize = 16;
/// Most steps of one evaluation, with those of the rules referred to.
pub(super) const MAX_STEPS: usize = 10_000;

/// oslo.policy's fallback rule. Nothing falls back here, but files that define it are no mistake.
const FALLBACK_RULE: &str = "default";

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// To the rule of this index.
    Rule(usize),
    /// Nowhere: neither true nor false.
    Nowhere,
}

/// Rules by index: those of the table first, then those that only the file has.
pub(super) type Linked = Box<[Expression<Link>]>;

/// A rule on its way to being linked.
struct Rule<'a> {
    name: &'a str,
    line: Option<usize>,
    check: Expression<Name>,
}

/// Compiles the rules. Findings come in the order of the file.
pub(super) fn compile(definitions: &'static [Definition], overrides: &Overrides) -> (Linked, Vec<Finding>) {
    let mut findings = overrides.findings.clone();
    let rules = lay_over(definitions, overrides, &mut findings);
    let mut draft = Draft::link(rules, findings);
    for index in draft.unused(definitions) {
        draft.report(index, Problem::UnknownRule);
    }
    for index in circular(&draft.references) {
        draft.cut(index, Problem::Circle);
    }
    for index in too_costly(&draft.linked, &draft.references) {
        draft.cut(index, Problem::TooCostly);
    }
    draft.findings.sort_by_key(|finding| finding.line);
    (draft.linked, draft.findings)
}

/// Linked rules that may still have to be cut.
struct Draft<'a> {
    linked: Linked,
    /// Name and line of each rule.
    places: Vec<(&'a str, Option<usize>)>,
    /// The rules that each rule refers to.
    references: Vec<Vec<usize>>,
    findings: Vec<Finding>,
}

impl<'a> Draft<'a> {
    fn link(rules: Vec<Rule<'a>>, findings: Vec<Finding>) -> Self {
        let places: Vec<_> = rules.iter().map(|rule| (rule.name, rule.line)).collect();
        let indexes: HashMap<&str, usize> =
            rules.iter().enumerate().map(|(index, rule)| (rule.name, index)).collect();
        let references = vec![Vec::new(); rules.len()];
        let mut draft = Self { linked: Linked::default(), places, references, findings };
        let link_one = |(index, rule): (usize, Rule<'a>)| {
            rule.check.resolve(&mut |name| match look_up(&indexes, name) {
                Ok(found) => {
                    draft.references[index].push(found);
                    Link::Rule(found)
                }
                Err(problem) => {
                    draft.report(index, problem);
                    Link::Nowhere
                }
            })
        };
        let linked = rules.into_iter().enumerate().map(link_one).collect();
        draft.linked = linked;
        draft
    }

    fn report(&mut self, index: usize, problem: Problem) {
        let (name, line) = self.places[index];
        self.findings.push(Finding { line, rule: Some(name.to_owned()), problem });
    }

    /// Makes a rule lead nowhere.
    fn cut(&mut self, index: usize, problem: Problem) {
        self.report(index, problem);
        self.linked[index] = Expression::Named(Link::Nowhere);
        self.references[index].clear();
    }

    /// Rules that only the file has and that no rule refers to.
    fn unused(&self, definitions: &[Definition]) -> Vec<usize> {
        let referred: HashSet<usize> = self.references.iter().flatten().copied().collect();
        let is_older = |name: &str| definitions.iter().any(|definition| definition.replaces == Some(name));
        let is_unused = |index: &usize| {
            let (name, _) = self.places[*index];
            !referred.contains(index) && name != FALLBACK_RULE && !is_older(name)
        };
        (definitions.len()..self.places.len()).filter(is_unused).collect()
    }
}

fn look_up(indexes: &HashMap<&str, usize>, name: Name) -> Result<usize, Problem> {
    match name {
        Name::Rule(name) => indexes.get(&*name).copied().ok_or(Problem::UnknownReference(name)),
        Name::UnknownKind(kind) => Err(Problem::UnknownKind(kind)),
        Name::Unreadable(problem) => Err(problem),
    }
}

/// Every rule of the table with the check that counts, then the rules that only the file has.
fn lay_over<'a>(
    definitions: &'a [Definition],
    overrides: &'a Overrides,
    findings: &mut Vec<Finding>,
) -> Vec<Rule<'a>> {
    let by_name: HashMap<&str, &Override> =
        overrides.rules.iter().map(|entry| (&*entry.name, entry)).collect();
    let mut divided: HashMap<&str, Vec<String>> = HashMap::new();
    // Most definitions have one of a few checks, and reading one is most of the work.
    let mut defaults: HashMap<&str, Expression<Name>> = HashMap::new();

    let mut rules: Vec<Rule<'a>> = Vec::with_capacity(definitions.len() + overrides.rules.len());
    for definition in definitions {
        let older = definition.replaces.and_then(|older| by_name.get(older));
        let (line, check) = match (by_name.get(definition.name), older) {
            (Some(entry), _) => (Some(entry.line), read(&entry.check)),
            (None, Some(older)) if !is_reference_to(&older.check, definition.name) => {
                divided.entry(&older.name).or_default().push(definition.name.to_owned());
                (Some(older.line), Expression::Named(Name::Rule(older.name.clone())))
            }
            (None, _) => {
                let check = defaults.entry(definition.check).or_insert_with(|| read_text(definition.check));
                (None, check.clone())
            }
        };
        rules.push(Rule { name: definition.name, line, check });
    }

    let in_table: HashSet<&str> = definitions.iter().map(|definition| definition.name).collect();
    for entry in overrides.rules.iter().filter(|entry| !in_table.contains(&*entry.name)) {
        rules.push(Rule { name: &entry.name, line: Some(entry.line), check: read(&entry.check) });
        if let Some(parts) = divided.remove(&*entry.name) {
            let (line, rule) = (Some(entry.line), Some(entry.name.clone()));
            findings.push(Finding { line, rule, problem: Problem::Divided(parts) });
        }
    }
    rules
}

/// Sample files define an older rule as `rule:newer`, which must not lead back to itself.
fn is_reference_to(check: &Check, name: &str) -> bool {
    matches!(check, Check::Text(text) if text.trim().strip_prefix("rule:") == Some(name))
}

fn read(check: &Check) -> Expression<Name> {
    match check {
        Check::Text(text) => read_text(text),
        Check::Lists(lists) => parse_lists(lists).unwrap_or_else(|error| unreadable(Problem::Syntax(error))),
        Check::Unusable(problem) => unreadable(problem.clone()),
    }
}

fn read_text(text: &str) -> Expression<Name> {
    parse(text).unwrap_or_else(|error| unreadable(Problem::Syntax(error)))
}

const fn unreadable(problem: Problem) -> Expression<Name> {
    Expression::Named(Name::Unreadable(problem))
}

/// The rules with too many references in a row or steps behind them. They are cut off, so that the
/// ones that refer to them start to count anew.
fn too_costly(rules: &[Expression<Link>], references: &[Vec<usize>]) -> Vec<usize> {
    let mut chains = vec![0; rules.len()];
    let mut steps = vec![1; rules.len()];
    let mut too_costly = Vec::new();
    for index in dependency_order(references, &reversed(references)) {
        let referred = &references[index];
        let chain = referred.iter().map(|&rule| chains[rule] + 1).max().unwrap_or(0);
        let behind = referred.iter().fold(0_usize, |sum, &rule| sum.saturating_add(steps[rule]));
        let all_steps = behind.saturating_add(rules[index].steps());
        if chain > MAX_REFERENCE_CHAIN || all_steps > MAX_STEPS {
            too_costly.push(index);
        } else {
            (chains[index], steps[index]) = (chain, all_steps);
        }
    }
    too_costly
}
