//! Paths that exist on one machine only.

use super::Finding;
use super::tree::Tree;

/// Put together here, so that this file does not break its own rule.
const HOMES: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts("") {
        for (index, line) in text.lines().enumerate() {
            let found = HOMES.iter().filter(|home| begins_a_path(line, home));
            findings.extend(
                found.map(|home| Finding::at(path, index + 1, format!("a path of one machine: {home}"))),
            );
        }
    }
    findings
}

/// Not a part of a longer path, or of an address.
fn begins_a_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '}' | '~'))
    })
}
