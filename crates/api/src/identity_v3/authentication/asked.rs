//! What a request for a token says.

use auth::secret::Secret;
use auth::token::Method;
use serde_json::Value;

use crate::identity_v3::Fault;
use crate::identity_v3::body::{self, Fields};

/// A request for a token.
pub(super) struct Asked {
    /// How it proves who asks; never empty.
    pub(super) proofs: Vec<Proof>,
    /// Where the token is to be valid.
    pub(super) scope: AskedScope,
}

/// A proof of who asks.
pub(super) enum Proof {
    /// A user's password.
    Password { user: UserRef, password: Secret<String> },
    /// An earlier token.
    Token(Secret<String>),
    /// The secret of an application credential.
    ApplicationCredential { credential: CredentialRef, secret: Secret<String> },
}

/// A domain, somehow named.
pub(super) enum DomainRef {
    Id(String),
    Name(String),
}

/// A user, somehow named.
pub(super) enum UserRef {
    Id(String),
    Name(String, DomainRef),
}

/// A project, somehow named.
pub(super) enum ProjectRef {
    Id(String),
    Name(String, DomainRef),
}

/// An application credential, somehow named.
pub(super) enum CredentialRef {
    Id(String),
    Name(String, UserRef),
}

/// The scope that is asked for.
pub(super) enum AskedScope {
    /// None: the user's default project, or no scope.
    Default,
    /// Explicitly no scope.
    Unscoped,
    Project(ProjectRef),
    Domain(DomainRef),
    System,
}

impl Asked {
    /// Reads the body of `POST /v3/auth/tokens`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let auth = body::parse(text)?.as_object_mut().and_then(|body| body.shift_remove("auth"));
        let auth =
            auth.filter(|auth| !auth.is_null()).ok_or_else(|| Fault::missing("auth", "request body"))?;
        let mut auth = Fields::inside("auth", auth)?;
        let identity = auth.take("identity").ok_or_else(|| auth.lacks("identity"))?;
        let scope = auth.take("scope").map_or(Ok(AskedScope::Default), scope)?;
        Ok(Self { proofs: proofs(Fields::inside("identity", identity)?)?, scope })
    }
}

fn proofs(mut identity: Fields) -> Result<Vec<Proof>, Fault> {
    let names = identity.take("methods").ok_or_else(|| identity.lacks("methods"))?;
    let Value::Array(names) = names else {
        return Err(body::invalid("methods", &names, "It is not of type 'array'"));
    };
    let mut methods: Vec<Method> = Vec::new();
    for name in names {
        let Value::String(name) = name else {
            return Err(body::invalid("methods", &name, "It is not of type 'string'"));
        };
        let unsupported = || Fault::new(401, "Attempted to authenticate with an unsupported method.");
        let method = Method::from_name(&name).ok_or_else(unsupported)?;
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    if methods.is_empty() {
        return Err(Fault::unauthorized());
    }
    methods.into_iter().map(|method| proof(&mut identity, method)).collect()
}

fn proof(identity: &mut Fields, method: Method) -> Result<Proof, Fault> {
    let said = identity.take(method.name()).ok_or_else(|| Fault::missing(method.name(), "identity"))?;
    match method {
        Method::Password => password(Fields::inside("password", said)?),
        Method::Token => {
            let mut said = Fields::inside("token", said)?;
            Ok(Proof::Token(Secret::new(said.required_text("id")?)))
        }
        Method::ApplicationCredential => application_credential(Fields::inside(method.name(), said)?),
    }
}

fn password(mut said: Fields) -> Result<Proof, Fault> {
    let user = said.take("user").ok_or_else(|| Fault::missing("user", "password"))?;
    let mut user = Fields::inside("user", user)?;
    let password = user.password("password")?.flatten();
    let user = user_ref(user, "identity/password/user")?;
    // Without a password nobody is who it says.
    let password = password.ok_or_else(Fault::unauthorized)?;
    Ok(Proof::Password { user, password })
}

fn application_credential(mut said: Fields) -> Result<Proof, Fault> {
    const TARGET: &str = "application credential";
    let secret = said.password("secret")?.flatten();
    let credential = match (said.plain_text("id")?, said.plain_text("name")?) {
        (Some(id), _) => CredentialRef::Id(id),
        (None, Some(name)) => {
            let user = said.take("user").ok_or_else(|| Fault::missing("user", TARGET))?;
            let user = Fields::inside("user", user)?;
            CredentialRef::Name(name, user_ref(user, "identity/application_credential/user")?)
        }
        (None, None) => return Err(Fault::missing("name or ID", TARGET)),
    };
    let secret = secret.ok_or_else(Fault::unauthorized)?;
    Ok(Proof::ApplicationCredential { credential, secret })
}

fn scope(said: Value) -> Result<AskedScope, Fault> {
    const SCOPES: &str = "system, project, domain, OS-TRUST:trust or unscoped";
    let none_or_many = || Fault::missing(SCOPES, "scope");
    if said == "unscoped" {
        return Ok(AskedScope::Unscoped);
    }
    if said.is_string() {
        return Err(none_or_many());
    }
    let mut said = Fields::inside("scope", said)?;
    let mut found = ["project", "domain", "system", "unscoped", "OS-TRUST:trust"]
        .into_iter()
        .filter_map(|kind| said.take(kind).map(|value| (kind, value)));
    let (Some((kind, value)), None) = (found.next(), found.next()) else { return Err(none_or_many()) };
    match kind {
        "project" => project_ref(Fields::inside("project", value)?).map(AskedScope::Project),
        "domain" => domain_ref(Fields::inside("domain", value)?, "scope/domain").map(AskedScope::Domain),
        "system" => match Fields::inside("system", value)?.flag("all")? {
            Some(true) => Ok(AskedScope::System),
            _ => Err(Fault::missing("all", "system")),
        },
        "unscoped" => Ok(AskedScope::Unscoped),
        // There are no trusts here.
        _ => Err(Fault::unauthorized()),
    }
}

fn user_ref(mut user: Fields, place: &str) -> Result<UserRef, Fault> {
    match (user.plain_text("id")?, user.plain_text("name")?) {
        (Some(id), _) => Ok(UserRef::Id(id)),
        (None, Some(name)) => {
            let domain = user.take("domain").ok_or_else(|| Fault::missing("domain", "user"))?;
            let domain = Fields::inside("domain", domain)?;
            Ok(UserRef::Name(name, domain_ref(domain, &format!("{place}/domain"))?))
        }
        (None, None) => Err(unnamed(place)),
    }
}

fn project_ref(mut project: Fields) -> Result<ProjectRef, Fault> {
    match (project.plain_text("id")?, project.plain_text("name")?) {
        (Some(id), _) => Ok(ProjectRef::Id(id)),
        (None, Some(name)) => {
            let domain = project.take("domain").ok_or_else(|| Fault::missing("domain", "project"))?;
            let domain = Fields::inside("domain", domain)?;
            Ok(ProjectRef::Name(name, domain_ref(domain, "scope/project/domain")?))
        }
        (None, None) => Err(unnamed("scope/project")),
    }
}

fn domain_ref(mut domain: Fields, place: &str) -> Result<DomainRef, Fault> {
    match (domain.plain_text("id")?, domain.plain_text("name")?) {
        (Some(id), _) => Ok(DomainRef::Id(id)),
        (None, Some(name)) => Ok(DomainRef::Name(name)),
        (None, None) => Err(unnamed(place)),
    }
}

fn unnamed(place: &str) -> Fault {
    Fault::bad_request(format!("Invalid input for field {place}: id or name must be present."))
}
