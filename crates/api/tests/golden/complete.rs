//! Nothing is left out: every route was granted once and asked one revision before it came, and every revision that
//! changes a route was asked on both of its sides. `steps.txt` says which revision changes which route, and of those that
//! change none, where that was seen.

use std::collections::BTreeSet;

use api::volume_v3::table::{HOME, ROUTES, Route};

use crate::recorded::{Recorded, of_route, recorded};

/// A revision, and a route on both of its sides.
struct Change {
    /// Whether it changes what the route takes or says.
    differs: bool,
    minor: u32,
    method: String,
    path: String,
    action: Option<String>,
}

/// What `steps.txt` says.
fn changes() -> Vec<Change> {
    let text = std::fs::read_to_string("tests/golden/steps/steps.txt").unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let same = line.strip_prefix("same ");
            let mut words = same.unwrap_or(line).split(' ').map(str::to_owned);
            let mut next = || words.next();
            Change {
                differs: same.is_none(),
                minor: next().unwrap().parse().unwrap(),
                method: next().unwrap(),
                path: next().unwrap(),
                action: next(),
            }
        })
        .collect()
}

/// Fails with everything that is missing.
pub(crate) fn check() {
    let (changes, recorded) = (changes(), recorded());
    let mut missing: BTreeSet<String> = BTreeSet::new();
    for route in ROUTES.iter().filter(|route| !is_ours(route)).chain([&HOME]) {
        missing.extend(without_proof(route, &recorded));
    }
    for change in &changes {
        let name = name(&change.method, &change.path, change.action.as_deref());
        let is_of = |route: &Route| name == name_of(route) || name == name_without_project(route);
        assert!(ROUTES.iter().any(is_of), "steps.txt speaks of {name}, which is no route");
        if !is_shown(change, &of_route(&recorded, &change.method, &change.path, change.action.as_deref())) {
            missing.insert(format!("3.{} {name}", change.minor));
        }
    }
    let changing: BTreeSet<u32> = changes.iter().map(|change| change.minor).collect();
    let bringing = ROUTES.iter().map(|route| route.since.minor);
    let known: BTreeSet<u32> = changing.into_iter().chain(bringing).collect();
    let newest = wire::Microversion::MAX.minor;
    missing.extend((1..=newest).filter(|minor| !known.contains(minor)).map(|minor| format!("3.{minor}")));
    assert!(missing.is_empty(), "not recorded: {missing:#?}");
}

/// Whether Cinder has no such route.
fn is_ours(route: &Route) -> bool {
    let is_extension = ["/templates", "/backup-policies"].iter().any(|begin| route.path.starts_with(begin));
    is_extension
        || route.path.ends_with("/flatten")
        || route.action == Some("modify_body_for_action")
        || (route.method, route.path) == ("PUT", "/workers/cleanup")
}

fn name(method: &str, path: &str, action: Option<&str>) -> String {
    let action = action.map(|action| format!(" {action}")).unwrap_or_default();
    format!("{method} {path}{action}")
}

fn name_of(route: &Route) -> String {
    name(route.method, if route.path.is_empty() { "/v3" } else { route.path }, route.action)
}

/// The same of a path that names no project, as recordings have it.
fn name_without_project(route: &Route) -> String {
    name(route.method, &format!("/v3{}", route.path), route.action)
}

/// What is not proven of a route by itself.
fn without_proof(route: &Route, recorded: &[Recorded]) -> Vec<String> {
    let name = name_of(route);
    let path = if route.path.is_empty() { "/v3" } else { route.path };
    let replies = of_route(recorded, route.method, path, route.action);
    let since = route.since.minor;
    let mut missing = Vec::new();
    if !replies.iter().any(|reply| reply.is_granted() && reply.minor >= since) {
        missing.push(format!("granted {name}"));
    }
    if since > 0 && !replies.iter().any(|reply| reply.minor == since - 1 && reply.status == 404) {
        missing.push(format!("before {name}"));
    }
    missing
}

/// Whether the replies show what the revision changes: one question answered otherwise before it, or granted replies of
/// other shapes. Where it changes nothing: granted on both sides, with the same answer.
fn is_shown(change: &Change, replies: &[&Recorded]) -> bool {
    let at = |minor: u32| replies.iter().filter(move |reply| reply.minor == minor);
    at(change.minor).any(|after| {
        at(change.minor - 1).any(|before| {
            let differ = (before.status, &before.body) != (after.status, &after.body);
            let granted = before.is_granted() && after.is_granted();
            match change.differs {
                true => {
                    (before.question == after.question && differ)
                        || (granted && before.shape() != after.shape())
                }
                false => granted && !differ,
            }
        })
    })
}
