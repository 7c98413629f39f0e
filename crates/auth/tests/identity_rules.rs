//! Every default rule of the Identity API against every kind of caller.
//!
//! `data/identity_rules.csv` holds the answers of oslo.policy 6.0.1 with the rules of Keystone 30, for
//! the callers and the target below.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use auth::credentials::{Credentials, Domain, Project, Scope, User};
use auth::identity::expand;
use auth::policy::{IdentityRule, Policy, RuleSet};
use model::Timestamp;
use serde_json::json;

fn domain(id: &str) -> Domain {
    Domain { id: id.to_owned(), name: id.to_owned() }
}

fn project(id: &str, domain_id: &str) -> Scope {
    Scope::Project(Project { id: id.to_owned(), name: id.to_owned(), domain: domain(domain_id) })
}

fn caller(user_id: &str, domain_id: &str, role: Option<&str>, scope: Scope) -> Credentials {
    Credentials {
        user: User { id: user_id.to_owned(), name: user_id.to_owned(), domain: domain(domain_id) },
        scope,
        roles: expand(role).into_iter().map(str::to_owned).collect(),
        is_admin: false,
        is_admin_project: true,
        service: None,
        application_credential_id: None,
        audit_ids: vec![],
        expires_at: Timestamp(0),
    }
}

fn persona(name: &str) -> Credentials {
    match name {
        "project admin" => caller("other", "d2", Some("admin"), project("p2", "d2")),
        "system admin" => caller("other", "d2", Some("admin"), Scope::System),
        "domain admin" => caller("other", "d1", Some("admin"), Scope::Domain(domain("d1"))),
        "system reader" => caller("other", "d2", Some("reader"), Scope::System),
        "domain manager" => caller("other", "d1", Some("manager"), Scope::Domain(domain("d1"))),
        "domain reader" => caller("other", "d1", Some("reader"), Scope::Domain(domain("d1"))),
        "manager of another domain" => caller("other", "d2", Some("manager"), Scope::Domain(domain("d2"))),
        "service" => caller("other", "d2", Some("service"), project("p2", "d2")),
        "owner" => caller("u1", "d1", Some("reader"), project("p2", "d2")),
        "project reader" => caller("other", "d2", Some("reader"), project("p1", "d1")),
        "unscoped" => caller("other", "d2", None, Scope::Unscoped),
        _ => panic!("unknown persona {name}"),
    }
}

/// User `u1`, project `p1` and the rest, all of domain `d1`; the role is a global one.
fn target() -> serde_json::Value {
    json!({
        "user_id": "u1",
        "target": {
            "user": {"id": "u1", "domain_id": "d1"},
            "project": {"id": "p1", "domain_id": "d1"},
            "group": {"domain_id": "d1"},
            "domain": {"id": "d1"},
            "domain_id": "d1",
            "role": {"name": "member", "domain_id": null},
            "token": {"user_id": "u1"},
            "trust": {"trustor_user_id": "u1"},
        },
    })
}

#[test]
fn every_default_rule_answers_as_keystone_does() {
    let policy = Policy::<IdentityRule>::default();
    let (table, target) = (include_str!("data/identity_rules.csv"), target());
    let mut lines = table.lines();
    let personas: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    for line in lines {
        let (name, answers) = line.split_once(',').unwrap();
        let rule = IdentityRule::ALL.iter().find(|rule| rule.name() == name);
        let rule = rule.unwrap_or_else(|| panic!("no rule {name}"));
        assert_eq!(answers.split(',').count(), personas.len());
        for (answer, who) in answers.split(',').zip(&personas) {
            let allowed = policy.allows(*rule, &persona(who), &target);
            assert_eq!(allowed, answer == "yes", "{name} for {who}");
        }
    }
}

#[test]
fn every_rule_is_in_the_table_or_referred_to() {
    let table = include_str!("data/identity_rules.csv");
    for rule in IdentityRule::ALL.iter().filter(|rule| rule.name().starts_with("identity:")) {
        assert!(table.lines().any(|line| line.starts_with(&format!("{},", rule.name()))), "{}", rule.name());
    }
    for rule in IdentityRule::ALL.iter().filter(|rule| !rule.name().starts_with("identity:")) {
        let reference = format!("rule:{}", rule.name());
        let refers = |other: &&IdentityRule| {
            let words = other.definition().check.split(|c: char| c.is_whitespace() || "()".contains(c));
            words.into_iter().any(|word| word == reference)
        };
        assert!(IdentityRule::ALL.iter().any(|other| refers(&other)), "{}", rule.name());
    }
}

#[test]
fn a_domain_manager_cannot_hand_out_more_than_it_may() {
    let policy = Policy::<IdentityRule>::default();
    let manager = persona("domain manager");
    for (role, may) in
        [("member", true), ("reader", true), ("manager", true), ("admin", false), ("service", false)]
    {
        let mut target = target();
        target["target"]["role"]["name"] = role.into();
        assert_eq!(policy.allows(IdentityRule::CreateGrant, &manager, &target), may, "{role}");
    }
    let mut elsewhere = target();
    elsewhere["target"]["project"]["domain_id"] = "d2".into();
    elsewhere["target"]["domain"]["id"] = "d2".into();
    assert!(!policy.allows(IdentityRule::CreateGrant, &manager, &elsewhere));
}

#[test]
fn an_object_without_a_domain_belongs_to_no_domain() {
    let policy = Policy::<IdentityRule>::default();
    let mut target = target();
    target["target"]["project"]["domain_id"] = serde_json::Value::Null;
    let nobody = caller("other", "d1", Some("manager"), project("p9", "d1"));
    assert!(!policy.allows(IdentityRule::UpdateProject, &nobody, &target));
    assert!(!policy.allows(IdentityRule::UpdateProject, &persona("domain manager"), &target));
}
