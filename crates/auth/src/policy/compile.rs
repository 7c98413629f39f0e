//! From names to indexes: lays the overrides over the defaults and links every reference.

use std::collections::{HashMap, HashSet};

use super::expression::{Expression, Name};
use super::finding::{Finding, Problem};
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
pub(super) fn compile(definitions: &[Definition], overrides: &Overrides) -> (Linked, Vec<Finding>) {
    let mut findings = overrides.findings.clone();
    let rules = lay_over(definitions, overrides, &mut findings);
    let indexes: HashMap<&str, usize> =
        rules.iter().enumerate().map(|(index, rule)| (rule.name, index)).collect();

    let places: Vec<(String, Option<usize>)> =
        rules.iter().map(|rule| (rule.name.to_owned(), rule.line)).collect();
    let mut report = |index: usize, problem: Problem| {
        let (name, line) = &places[index];
        findings.push(Finding { line: *line, rule: Some(name.clone()), problem });
    };

    let mut references: Vec<Vec<usize>> = vec![Vec::new(); places.len()];
    let mut linked: Linked = (rules.into_iter().enumerate())
        .map(|(index, rule)| {
            rule.check.resolve(&mut |name| match look_up(&indexes, name) {
                Ok(found) => {
                    references[index].push(found);
                    Link::Rule(found)
                }
                Err(problem) => {
                    report(index, problem);
                    Link::Nowhere
                }
            })
        })
        .collect();

    for index in unused(definitions, &places, &references) {
        report(index, Problem::UnknownRule);
    }
    for index in circular(&references) {
        report(index, Problem::Circle);
        linked[index] = Expression::Named(Link::Nowhere);
        references[index].clear();
    }
    for index in too_costly(&linked, &references) {
        report(index, Problem::TooCostly);
        linked[index] = Expression::Named(Link::Nowhere);
    }
    findings.sort_by_key(|finding| finding.line);
    (linked, findings)
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
    definitions: &[Definition],
    overrides: &'a Overrides,
    findings: &mut Vec<Finding>,
) -> Vec<Rule<'a>> {
    let by_name: HashMap<&str, &Override> =
        overrides.rules.iter().map(|entry| (&*entry.name, entry)).collect();
    let mut divided: HashMap<&str, Vec<String>> = HashMap::new();

    let mut rules: Vec<Rule<'a>> = Vec::with_capacity(definitions.len() + overrides.rules.len());
    for definition in definitions {
        let older = definition.replaces.and_then(|older| by_name.get(older));
        let (line, check) = match (by_name.get(definition.name), older) {
            (Some(entry), _) => (Some(entry.line), read(&entry.check)),
            (None, Some(older)) if !is_reference_to(&older.check, definition.name) => {
                divided.entry(&older.name).or_default().push(definition.name.to_owned());
                (Some(older.line), Expression::Named(Name::Rule(older.name.clone())))
            }
            (None, _) => (None, read_text(definition.check)),
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

/// Rules that only the file has and that no rule refers to.
fn unused<'a>(
    definitions: &'a [Definition],
    places: &'a [(String, Option<usize>)],
    references: &[Vec<usize>],
) -> impl Iterator<Item = usize> + use<'a> {
    let referred: HashSet<usize> = references.iter().flatten().copied().collect();
    let is_older = |name: &str| definitions.iter().any(|definition| definition.replaces == Some(name));
    (definitions.len()..places.len()).filter(move |index| {
        let name = &*places[*index].0;
        !referred.contains(index) && name != FALLBACK_RULE && !is_older(name)
    })
}

/// The rules on circles and on paths between circles: those that are left whichever end one starts
/// to take the graph apart from. Rules that merely refer to them are not among them.
fn circular(references: &[Vec<usize>]) -> Vec<usize> {
    let backward = reversed(references);
    let from_leaves: HashSet<usize> = dependency_order(references, &backward).into_iter().collect();
    let from_roots: HashSet<usize> = dependency_order(&backward, references).into_iter().collect();
    (0..references.len())
        .filter(|index| !from_leaves.contains(index) && !from_roots.contains(index))
        .collect()
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

fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for &to in targets {
            reversed[to].push(from);
        }
    }
    reversed
}

/// Every node after all that its edges lead to (Kahn's algorithm); nodes from which a circle can be
/// reached are left out.
fn dependency_order(edges: &[Vec<usize>], reversed: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..edges.len()).filter(|&node| waiting[node] == 0).collect();
    let mut done = 0;
    while let Some(&node) = order.get(done) {
        done += 1;
        for &dependent in &reversed[node] {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                order.push(dependent);
            }
        }
    }
    order
}
