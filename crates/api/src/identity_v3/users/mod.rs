//! `/users`.

pub(super) mod password;
pub(super) mod read;
pub(super) mod write;

use auth::policy::Value;
use serde_json::json;
use store::identity::users::User;

use super::call::Request;
use super::view::resource;

/// A user as it is shown: never its password, nor whether it has one.
pub(crate) fn view(request: &Request, user: &User) -> serde_json::Value {
    let mut own = json!({
        "id": user.id,
        "name": user.name,
        "domain_id": user.domain_id,
        "enabled": user.enabled,
        "password_expires_at": null,
        "options": {},
    });
    if let Some(project_id) = &user.default_project_id {
        own["default_project_id"] = project_id.as_str().into();
    }
    resource(request, &format!("users/{}", user.id), own, &user.extra)
}

/// What rules may ask of the user with this id.
pub(super) fn target<'a>(id: &'a str, user: Option<&'a User>) -> Vec<(&'static str, Value<'a>)> {
    let named = ("user_id", Value::Text(id));
    match user {
        None => vec![named],
        Some(user) => vec![
            named,
            ("target.user.id", Value::Text(&user.id)),
            ("target.user.domain_id", Value::Text(&user.domain_id)),
        ],
    }
}
