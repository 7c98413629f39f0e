//! Fixed tokens: the text of a token is the role of who holds it.

use std::sync::Arc;

use api::tokens::{Exists, TokenRefused, Tokens, Validated};
use auth::Credentials;
use auth::credentials::{Domain, Project, Scope, User};
use auth::policy::Policy;
use model::Timestamp;

/// The project of everybody but the stranger.
pub const PROJECT: &str = "11111111111111111111111111111111";
/// The stranger's project.
pub const OTHER_PROJECT: &str = "22222222222222222222222222222222";
/// The user behind every token.
pub const USER: &str = "33333333333333333333333333333333";

/// Knows `admin`, `manager`, `member`, `reader`, `service`, `stranger`, `system`, an administrator of no project, and
/// `ended`, a member whose token has ended.
pub(super) struct FixedTokens;

impl Tokens for FixedTokens {
    fn validate<'a>(&'a self, token: &'a str) -> Validated<'a> {
        Box::pin(async move { credentials(token).map(Arc::new).ok_or(TokenRefused::Invalid) })
    }

    fn validate_even_expired<'a>(&'a self, token: &'a str) -> Validated<'a> {
        self.validate(if token == "ended" { "member" } else { token })
    }

    fn has_project<'a>(&'a self, id: &'a str) -> Exists<'a> {
        Box::pin(async move { Ok([PROJECT, OTHER_PROJECT].contains(&id)) })
    }
}

fn credentials(token: &str) -> Option<Credentials> {
    let roles: &[&str] = match token {
        "admin" | "system" => &["admin", "manager", "member", "reader"],
        "manager" => &["manager", "member", "reader"],
        "member" | "stranger" => &["member", "reader"],
        "reader" => &["reader"],
        "service" => &["service"],
        _ => return None,
    };
    let project = if token == "stranger" { OTHER_PROJECT } else { PROJECT };
    let domain = Domain { id: "default".to_owned(), name: "Default".to_owned() };
    let project = Project { id: project.to_owned(), name: project.to_owned(), domain: domain.clone() };
    let scope = if token == "system" { Scope::System } else { Scope::Project(project) };
    let credentials = Credentials {
        user: User { id: USER.to_owned(), name: token.to_owned(), domain },
        scope,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        is_admin: false,
        is_admin_project: true,
        service: None,
        application_credential_id: None,
        audit_ids: Vec::new(),
        expires_at: Timestamp(i64::MAX),
    };
    Some(credentials.with_admin_flag(&Policy::default()))
}
