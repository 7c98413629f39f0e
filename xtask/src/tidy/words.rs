//! Words of unfinished work.

use super::Finding;
use super::tree::Tree;

/// Put together here, so that this file does not break its own rule.
const UNFINISHED: [&str; 6] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("not yet imple", "mented"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ending in [".rs", ".md", ".toml", ".sql"] {
        for (path, text) in tree.texts(ending) {
            for (index, line) in text.lines().enumerate() {
                let found = UNFINISHED.iter().filter(|word| contains_word(line, word));
                findings
                    .extend(found.map(|word| Finding::at(path, index + 1, format!("unfinished: {word}"))));
            }
            findings.extend(ignored(path, text));
        }
    }
    findings
}

/// A test that cannot run says so when it is run (`skips::report`), where it is counted.
fn ignored(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    let ignored = lines.filter(|(_, line)| line.trim_start().starts_with("#[ignore"));
    ignored.map(|(index, _)| Finding::at(path, index + 1, "an ignored test, which nobody counts")).collect()
}

fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        !is_part(before) && (word.ends_with('(') || !is_part(after))
    })
}
