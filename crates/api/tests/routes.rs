//! The routes of the Block Storage API v3, one by one: which of them the table serves, and from which revision on.
//!
//! `data/routes.csv` is the list: method, path below the project, action, first revision, status of success, who may by
//! default (`admin`, `member` or `reader` of the project, `anyone` with a token), and the rules each of which can close it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use api::volume_v3::table::{ROUTES, Route};

const LIST: &str = include_str!("data/routes.csv");

/// What the list does not have, as `METHOD path action`: requests that a client of the service writes in its own way.
const AS_CLIENTS_ASK: &[&str] = &["PUT /workers/cleanup ", "POST /groups/{}/action modify_body_for_action"];

/// Routes that answer earlier than the revision that documents them, as they always have.
const EARLIER_THAN_DOCUMENTED: &[&str] = &["POST /volumes/{}/action os-extend_volume_completion"];

/// Method, path and action, with every part of the path that varies as `{}`.
fn key(method: &str, path: &str, action: &str) -> String {
    let vary = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    let path: Vec<String> = path.split('/').map(vary).collect();
    format!("{method} {} {action}", path.join("/"))
}

/// The list: the first revision by the key of the route.
fn listed() -> BTreeMap<String, String> {
    let rows = LIST.lines().skip(1).map(|line| {
        let [method, path, action, since, _, _, _] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line} is no row");
        };
        (key(method, path, action), since.to_owned())
    });
    rows.collect()
}

/// The extensions of this service: what their paths begin with, and what describes them.
const OURS: &[(&str, &str)] = &[
    ("/templates", include_str!("../../../docs/templates.openapi.yaml")),
    ("/volumes/{volume_id}/flatten", include_str!("../../../docs/templates.openapi.yaml")),
    ("/backup-policies", include_str!("../../../docs/backup-policies.openapi.yaml")),
];

fn is_ours(path: &str) -> bool {
    OURS.iter().any(|(begin, _)| path.starts_with(begin))
}

fn served() -> BTreeMap<String, String> {
    let rows = ROUTES.iter().filter(|route| !is_ours(route.path)).map(|route| {
        (key(route.method, route.path, route.action.unwrap_or_default()), route.since.to_string())
    });
    rows.collect()
}

#[test]
fn every_route_of_the_list_is_served() {
    let (listed, served) = (listed(), served());
    let missing: Vec<_> = listed.keys().filter(|route| !served.contains_key(*route)).collect();
    assert!(missing.is_empty(), "{} of {} routes are not served: {missing:#?}", missing.len(), listed.len());
}

#[test]
fn nothing_is_served_that_is_not_in_the_list() {
    let (listed, served) = (listed(), served());
    let is_strange =
        |route: &&String| !listed.contains_key(*route) && !AS_CLIENTS_ASK.contains(&route.as_str());
    let strange: Vec<_> = served.keys().filter(is_strange).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn every_extension_is_described() {
    let ours = |route: &Route| OURS.iter().find(|(begin, _)| route.path.starts_with(begin));
    for (route, (_, described)) in ROUTES.iter().filter_map(|route| Some((route, ours(route)?))) {
        let path = format!("\n  {}:\n", route.path);
        let (_, rest) =
            described.split_once(&path).unwrap_or_else(|| panic!("{} is not described", route.path));
        let end = rest.find("\n  /").unwrap_or(rest.len());
        let method = format!("    {}:\n", route.method.to_lowercase());
        assert!(rest[..end].contains(&method), "{} {} is not described", route.method, route.path);
    }
}

#[test]
fn every_route_begins_with_its_revision() {
    let (listed, served) = (listed(), served());
    let early = |route: &String| EARLIER_THAN_DOCUMENTED.contains(&route.as_str());
    let wrong: Vec<_> = served
        .iter()
        .filter(|(route, since)| {
            listed.get(*route).is_some_and(|documented| documented != *since) && !early(route)
        })
        .map(|(route, since)| format!("{route}: {since}, and not {}", listed[route]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
