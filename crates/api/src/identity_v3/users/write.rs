//! `POST`, `PATCH` and `DELETE` of users.

use auth::identity::NameKind;
use auth::policy::Value;
use auth::random;
use store::StoreError;
use store::identity::domains;
use store::identity::users::{self, User};

use super::read::required;
use super::view;
use crate::http::Reply;
use crate::identity_v3::body::Fields;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "user")?;
    let domain_id = call.domain_for_new(said.text("domain_id")?.flatten());
    call.require(&[("target.user.domain_id", Value::Text(&domain_id))])?;
    let password = said.password("password")?.flatten();
    let mut user = User {
        id: random::id()?,
        name: said.required_name(NameKind::User)?,
        domain_id,
        default_project_id: said.text("default_project_id")?.flatten(),
        enabled: said.flag("enabled")?.unwrap_or(true),
        password_hash: None,
        auth_generation: 0,
        extra: said.into_extra(),
    };
    user.password_hash = call.hash(password).await?;
    call.write(move |call, conn| {
        if domains::get(conn, &user.domain_id)?.is_none() {
            return Err(Fault::not_found("domain", &user.domain_id));
        }
        users::insert(conn, &user).map_err(|error| name_is_taken(error, &user))?;
        Ok(member(201, "user", view(&call.request, &user)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "user")?;
    said.not_empty()?;
    said.same_id(call.part("user_id"))?;
    let name = said.name(NameKind::User)?;
    let domain_id = said.text("domain_id")?.flatten();
    let default_project_id = said.text("default_project_id")?;
    let enabled = said.flag("enabled")?;
    let password = said.password("password")?;
    let sets_password = password.is_some();
    // Nobody makes this server hash who may not.
    let call = call.check(|call, conn| required(call, conn).map(|_| ())).await?;
    let password_hash = call.hash(password.flatten()).await?;
    call.write(move |call, conn| {
        let mut user = required(call, conn)?;
        Fields::same_domain(domain_id.as_deref(), &user.domain_id)?;
        let ends_tokens = sets_password || (user.enabled && enabled == Some(false));
        user.name = name.unwrap_or(user.name);
        user.default_project_id = default_project_id.unwrap_or(user.default_project_id);
        user.enabled = enabled.unwrap_or(user.enabled);
        user.extra = said.over_extra(&user.extra);
        if sets_password {
            user.password_hash = password_hash;
        }
        if ends_tokens {
            user.auth_generation += 1;
        }
        users::update(conn, &user).map_err(|error| name_is_taken(error, &user))?;
        Ok(member(200, "user", view(&call.request, &user)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let user = required(call, conn)?;
        users::remove(conn, &user.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

fn name_is_taken(error: StoreError, user: &User) -> Fault {
    on_duplicate(error, "user", || {
        format!("Duplicate entry found with name {} at domain ID {}", user.name, user.domain_id)
    })
}
