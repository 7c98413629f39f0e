//! Links between documents that lead somewhere.

use super::Finding;
use super::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts(".md") {
        for (line, target) in targets(text) {
            let file = target.split(['#', '?']).next().unwrap_or_default();
            let found = file.is_empty() || resolve(path, file).is_some_and(|file| tree.exists(&file));
            if !found {
                findings.push(Finding::at(path, line, format!("a link to nowhere: {target}")));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` that are files, with their lines. Code, fenced or not, holds no links.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between back-ticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let links = prose.match_indices("](").filter_map(|(start, mark)| {
            let rest = prose.get(start + mark.len()..)?;
            let target = rest.get(..rest.find(')')?)?.split_whitespace().next()?;
            Some(target.to_owned())
        });
        found.extend(links.filter(|target| !is_address(target)).map(|target| (index + 1, target)));
    }
    found
}

fn is_address(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Where a relative link of a document leads, from the top of the checkout; nowhere if above it.
fn resolve(document: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> =
        if target.starts_with('/') { Vec::new() } else { document.split('/').collect() };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
