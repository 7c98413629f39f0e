//! Every default rule of the Block Storage API against every kind of caller.
//!
//! `data/volume_rules.csv` lists who may do what by Cinder's documentation of its routes.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::HashMap;

use auth::credentials::{Credentials, Domain, Project, Scope, User};
use auth::identity::expand;
use auth::policy::{Owner, Policy, RuleSet, VolumeRule};
use model::Timestamp;

/// Rules that no route of the table names: what other rules refer to, and two that Cinder registers
/// without using them.
const NOT_IN_ROUTES: &str = include_str!("data/rules_in_no_route.txt");

fn not_in_routes() -> impl Iterator<Item = &'static str> {
    NOT_IN_ROUTES.lines()
}

fn domain() -> Domain {
    Domain { id: "default".to_owned(), name: "Default".to_owned() }
}

fn project(id: &str) -> Scope {
    Scope::Project(Project { id: id.to_owned(), name: id.to_owned(), domain: domain() })
}

fn caller(policy: &Policy<VolumeRule>, role: &str, scope: Scope) -> Credentials {
    let credentials = Credentials {
        user: User { id: "caller".to_owned(), name: "caller".to_owned(), domain: domain() },
        scope,
        roles: expand((!role.is_empty()).then_some(role)).into_iter().map(str::to_owned).collect(),
        is_admin: false,
        is_admin_project: true,
        service: None,
        application_credential_id: None,
        audit_ids: vec![],
        expires_at: Timestamp(0),
    };
    credentials.with_admin_flag(policy)
}

/// Who may: the words of the table, and the roles that it means in the project of the target.
fn is_expected(who: &str, role: &str, in_own_project: bool) -> bool {
    let least = match who {
        "admin" => "admin",
        "admin | member of the project" => "member",
        "admin | reader of the project" => "reader",
        _ => panic!("unknown words: {who}"),
    };
    role == "admin" || (in_own_project && least != "admin" && expand([role]).contains(&least))
}

fn table() -> HashMap<&'static str, &'static str> {
    let lines = include_str!("data/volume_rules.csv").lines().skip(1);
    lines.map(|line| line.split_once(',').unwrap()).collect()
}

#[test]
fn every_default_rule_lets_in_whom_it_should() {
    let policy = Policy::<VolumeRule>::default();
    let target = Owner { project_id: Some("own"), user_id: Some("someone") };
    let table = table();
    let mut asked = 0;
    for rule in VolumeRule::ALL.iter().filter(|rule| !not_in_routes().any(|name| name == rule.name())) {
        let who = table.get(rule.name()).unwrap_or_else(|| panic!("{} is in no route", rule.name()));
        for role in ["admin", "manager", "member", "reader", "service", "auditor", ""] {
            for scope in [project("own"), project("another"), Scope::System, Scope::Unscoped] {
                let credentials = caller(&policy, role, scope.clone());
                let allowed = policy.allows(*rule, &credentials, &target);
                let expected = is_expected(who, role, scope == project("own"));
                assert_eq!(allowed, expected, "{} for `{role}` in {scope:?}", rule.name());
                asked += 1;
            }
        }
    }
    assert_eq!(asked, table.len() * 7 * 4);
}

#[test]
fn every_rule_of_the_routes_exists() {
    let names: Vec<&str> = VolumeRule::ALL.iter().map(|rule| rule.name()).collect();
    for name in table().keys().copied().chain(not_in_routes()) {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(names.len(), table().len() + not_in_routes().count());
}

#[test]
fn only_admins_are_flagged_as_such() {
    let policy = Policy::<VolumeRule>::default();
    for (role, flagged) in [("admin", true), ("manager", false), ("member", false), ("", false)] {
        assert_eq!(caller(&policy, role, project("own")).is_admin, flagged, "{role}");
    }
}

#[test]
fn who_is_an_admin_can_be_overridden() {
    let file = "context_is_admin: role:admin or role:storage_operator";
    let (policy, findings) = Policy::<VolumeRule>::load(file).unwrap();
    assert_eq!(findings, []);
    let operator = caller(&policy, "storage_operator", project("own"));
    assert!(operator.is_admin);
    assert!(policy.allows(VolumeRule::VolumeForceDelete, &operator, &Owner::caller(&operator)));
    let member = caller(&policy, "member", project("own"));
    assert!(!policy.allows(VolumeRule::VolumeForceDelete, &member, &Owner::caller(&member)));
}
