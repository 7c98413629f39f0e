//! The rules of the house that no compiler knows, as a check.

mod decisions;
mod imports;
mod links;
mod paths;
mod sizes;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;

use crate::commands::{metadata, workspace_root};
use tree::Tree;

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Relative to the top of the checkout.
    path: String,
    /// Counted from one; zero means the file as a whole.
    line: usize,
    what: String,
}

impl Finding {
    fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }

    fn in_file(path: &str, what: impl Into<String>) -> Self {
        Self::at(path, 0, what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.what),
            line => write!(formatter, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Every rule that looks at files only.
const RULES: [fn(&Tree) -> Vec<Finding>; 5] =
    [sizes::check, words::check, paths::check, links::check, decisions::check];

/// Checks the whole checkout and prints what it finds; whether that was nothing.
pub(crate) fn run() -> io::Result<bool> {
    let tree = Tree::of_checkout(&workspace_root())?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.extend(imports::check(&metadata()?));
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} files, {} findings", tree.len(), findings.len());
    Ok(findings.is_empty())
}
