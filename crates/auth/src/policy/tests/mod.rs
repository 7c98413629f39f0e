//! The language, its errors, policy files, and what happens to hostile ones.

mod files;
mod fuzz;
mod language;
mod syntax;

use model::Timestamp;

use crate::Credentials;
use crate::credentials::{Domain, Project, Scope, ServiceCaller, User};

use super::*;

table::rule_set! {
    /// A small API to test with.
    enum TestRule {
        Asked "asked" = "!";
        Own "own" = "project_id:%(project_id)s";
        Operate "operate" = "role:admin or (rule:own and role:member)";
        ReadPart "thing:read" = "rule:own", instead of "thing";
        WritePart "thing:write" = "rule:operate", instead of "thing";
        Listed "list" = "role:reader", for SystemOrProject;
        Private "private" = "", for Project;
    }
}

fn domain(id: &str) -> Domain {
    Domain { id: id.to_owned(), name: format!("name of {id}") }
}

fn user(id: &str) -> User {
    User { id: id.to_owned(), name: format!("name of {id}"), domain: domain("ud") }
}

fn project(id: &str) -> Project {
    Project { id: id.to_owned(), name: format!("name of {id}"), domain: domain("pd") }
}

fn holder(user_id: &str, roles: &[&str], scope: Scope) -> Credentials {
    Credentials {
        user: user(user_id),
        scope,
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        is_admin: false,
        is_admin_project: true,
        service: None,
        application_credential_id: None,
        audit_ids: vec![],
        expires_at: Timestamp(0),
    }
}

/// A member of project `p1`, whose request a service forwards.
fn member() -> Credentials {
    let service = ServiceCaller {
        user: user("svc"),
        project: Some(project("sp")),
        roles: vec!["service".to_owned(), "admin".to_owned()],
    };
    Credentials {
        service: Some(service),
        ..holder("u1", &["member", "reader"], Scope::Project(project("p1")))
    }
}

/// Whether `check` holds for these credentials on this target.
fn holds(check: &str, credentials: &Credentials, target: &dyn Target) -> bool {
    let file = serde_json::json!({ "asked": check }).to_string();
    let (policy, findings) = Policy::<TestRule>::load(&file).unwrap();
    assert_eq!(findings, [], "{check}");
    policy.allows(TestRule::Asked, credentials, target)
}

/// What `Policy::check` says about a file, a line each.
fn complaints(file: &str) -> Vec<String> {
    Policy::<TestRule>::check(file).iter().map(ToString::to_string).collect()
}
