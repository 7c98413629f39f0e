//! `POST` of an application credential: a part of the caller's roles in the project of its token, for a program.

use auth::identity::{NameKind, roles_not_held};
use auth::random;
use auth::secret::Secret;
use model::Timestamp;
use serde_json::Value;
use store::Conn;
use store::identity::application_credentials::{self as rows, ApplicationCredential};
use store::identity::roles::{self, Role};

use super::{require_unrestricted, view};
use crate::http::Reply;
use crate::identity_v3::body::{Fields, invalid};
use crate::identity_v3::fault::{on_duplicate, shortened};
use crate::identity_v3::users::target;
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault, secret_hash};

/// Most application credentials of one user.
const MAX_PER_USER: i64 = 1000;
/// Most roles that a request names.
const MAX_ROLES: usize = 100;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(&target(call.part("user_id"), None))?;
    require_unrestricted(&call)?;
    let asked = Asked::of(&call)?;
    let project_id = call.caller.credentials.project_id().map(str::to_owned);
    let project_id = project_id.ok_or_else(|| Fault::missing("project_id", "token"))?;
    let (secret, secret_hash) = match asked.secret {
        None => {
            let drawn = random::secret()?;
            let hash = secret_hash::of_drawn(&drawn);
            (drawn, hash)
        }
        Some(chosen) => {
            let hash = secret_hash::of_chosen(&call.request.api.hashing, chosen.clone()).await?;
            (chosen, hash)
        }
    };
    let mut new = ApplicationCredential {
        id: random::id()?,
        name: asked.name,
        user_id: call.caller.claims.user_id.clone(),
        project_id,
        description: asked.description,
        secret_hash,
        unrestricted: asked.unrestricted,
        expires_at: asked.expires_at,
        role_ids: Vec::new(),
    };
    call.write(move |call, conn| {
        if new.expires_at.is_some_and(|end| end <= conn.now()) {
            return Err(Fault::bad_timestamp());
        }
        if rows::count(conn, &new.user_id)? >= MAX_PER_USER {
            return Err(Fault::forbidden(format!(
                "Unable to create additional application credentials, maximum of {MAX_PER_USER} already exceeded for \
                 user."
            )));
        }
        new.role_ids = role_ids(call, conn, &asked.roles)?;
        let taken = || format!("Duplicate entry found with name {}", new.name);
        rows::insert(conn, &new).map_err(|error| on_duplicate(error, "application_credential", taken))?;
        let mut shown = view(&call.request, conn, &new)?;
        shown["secret"] = secret.expose().as_str().into();
        Ok(member(201, "application_credential", shown))
    })
    .await
}

/// What the body says.
#[derive(Clone)]
struct Asked {
    name: String,
    description: Option<String>,
    secret: Option<Secret<String>>,
    expires_at: Option<Timestamp>,
    unrestricted: Option<bool>,
    /// Empty: all that the caller has.
    roles: Vec<RoleRef>,
}

#[derive(Clone)]
enum RoleRef {
    Id(String),
    Name(String),
}

impl Asked {
    fn of(call: &Call) -> Result<Self, Fault> {
        let mut said = Fields::of(&call.request.body, "application_credential")?;
        let name = said.required_name(NameKind::ApplicationCredential)?;
        let expires_at = match said.text("expires_at")?.flatten() {
            None => None,
            Some(text) => Some(Timestamp::parse(&text).ok_or_else(Fault::bad_timestamp)?),
        };
        let unrestricted = match said.take("unrestricted") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(flag),
            Some(other) => {
                return Err(invalid("unrestricted", &other, "It is not of type 'boolean', 'null'"));
            }
        };
        if said
            .take("access_rules")
            .is_some_and(|rules| rules != Value::Array(Vec::new()) && !rules.is_null())
        {
            return Err(Fault::bad_request("Access rules of application credentials are not supported."));
        }
        let asked = Self {
            name,
            description: said.text("description")?.flatten(),
            secret: said.password("secret")?.flatten(),
            expires_at,
            unrestricted,
            roles: role_refs(said.take("roles"))?,
        };
        // Clients send these with values that are not theirs to choose.
        for key in ["id", "project_id", "user_id", "system"] {
            said.take(key);
        }
        said.nothing_else()?;
        Ok(asked)
    }
}

fn role_refs(said: Option<Value>) -> Result<Vec<RoleRef>, Fault> {
    let items = match said {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= MAX_ROLES => items,
        Some(other) => return Err(invalid("roles", &other, "It is not a short array")),
    };
    let role_ref = |item| {
        let mut role = Fields::inside("roles", item)?;
        match (role.plain_text("id")?, role.plain_text("name")?) {
            (Some(id), _) => Ok(RoleRef::Id(id)),
            (None, Some(name)) => Ok(RoleRef::Name(name)),
            (None, None) => Err(role.lacks("id")),
        }
    };
    items.into_iter().map(role_ref).collect()
}

/// The ids of the wanted roles, all of which the caller must have.
fn role_ids(call: &Call, conn: &Conn<'_>, wanted: &[RoleRef]) -> Result<Vec<String>, Fault> {
    if wanted.is_empty() {
        return Ok(call.caller.roles.iter().map(|role| role.id.clone()).collect());
    }
    let unassigned = || {
        Fault::bad_request(
            "Invalid application credential: Cannot create an application credential with unassigned role",
        )
    };
    let mut found: Vec<Role> = Vec::new();
    for role_ref in wanted {
        let role = match role_ref {
            RoleRef::Id(id) => roles::get(conn, id)?.ok_or_else(unassigned)?,
            RoleRef::Name(name) => roles::by_name(conn, name)?
                .ok_or_else(|| Fault::new(404, format!("Role {} is not defined", shortened(name))))?,
        };
        if found.iter().all(|known| known.id != role.id) {
            found.push(role);
        }
    }
    let held = &call.caller.credentials.roles;
    if !roles_not_held(found.iter().map(|role| role.name.as_str()), held).is_empty() {
        return Err(unassigned());
    }
    Ok(found.into_iter().map(|role| role.id).collect())
}
