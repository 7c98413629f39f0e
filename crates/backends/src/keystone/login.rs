//! Who we are to other services.

use config::{OptionError, Section};
use model::secret::Secret;
use serde_json::{Value, json};

use super::SessionError;

/// A domain by its name or its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// By name.
    Name(String),
    /// By identifier.
    Id(String),
}

/// What a login is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A project.
    Project {
        /// Its name.
        name: String,
        /// Its domain.
        domain: Domain,
    },
    /// The whole system (`system_scope = all`): who asks about the limits of every project needs it.
    System,
}

/// A user with a password, and what it logs in to.
#[derive(Debug, Clone)]
pub struct Login {
    /// Keystone's address, with or without `/v3`.
    pub auth_url: String,
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
    /// The user's domain.
    pub user_domain: Domain,
    /// What it logs in to.
    pub scope: Scope,
}

impl Login {
    /// The login that a section describes, or the one that it refers to (`auth_section`); none when that names no
    /// `auth_url`.
    ///
    /// # Errors
    /// An option is wrong or missing.
    pub fn from_section(section: &Section<'_>) -> Result<Option<Self>, SessionError> {
        match section.nonempty("auth_section")? {
            Some(name) => Self::of_section(&section.alike(&name)),
            None => Self::of_section(section),
        }
    }

    fn of_section(section: &Section<'_>) -> Result<Option<Self>, SessionError> {
        let Some(auth_url) = section.nonempty("auth_url")? else { return Ok(None) };
        if let Some(kind) =
            section.nonempty("auth_type")?.filter(|kind| kind != "password" && kind != "v3password")
        {
            return Err(SessionError::AuthType(kind));
        }
        Ok(Some(Self {
            auth_url,
            username: section.text("username")?,
            password: Secret::new(section.text("password")?),
            user_domain: domain(section, "user_domain_name", "user_domain_id")?,
            scope: scope(section)?,
        }))
    }

    /// Keystone's address without the version and without a slash at its end.
    #[must_use]
    pub fn root_url(&self) -> String {
        let root = self.auth_url.trim_end_matches('/');
        root.strip_suffix("/v3").unwrap_or(root).to_owned()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn tokens_url(&self) -> String {
        format!("{}/v3/auth/tokens", self.root_url())
    }

    /// The body of that request.
    pub(super) fn body(&self) -> Value {
        json!({"auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {
                    "name": self.username,
                    "domain": self.user_domain.to_json(),
                    "password": self.password.expose(),
                }},
            },
            "scope": self.scope.to_json(),
        }})
    }
}

impl Scope {
    fn to_json(&self) -> Value {
        match self {
            Self::Project { name, domain } => json!({"project": {"name": name, "domain": domain.to_json()}}),
            Self::System => json!({"system": {"all": true}}),
        }
    }
}

impl Domain {
    fn to_json(&self) -> Value {
        match self {
            Self::Name(name) => json!({"name": name}),
            Self::Id(id) => json!({"id": id}),
        }
    }
}

fn scope(section: &Section<'_>) -> Result<Scope, OptionError> {
    if section.get::<String>("system_scope")?.as_deref() == Some("all") {
        return Ok(Scope::System);
    }
    let domain = domain(section, "project_domain_name", "project_domain_id")?;
    Ok(Scope::Project { name: section.text("project_name")?, domain })
}

fn domain(section: &Section<'_>, name: &str, id: &str) -> Result<Domain, OptionError> {
    Ok(match (section.nonempty(name)?, section.nonempty(id)?) {
        (_, Some(id)) => Domain::Id(id),
        (Some(name), None) => Domain::Name(name),
        (None, None) => Domain::Id("default".to_owned()),
    })
}
