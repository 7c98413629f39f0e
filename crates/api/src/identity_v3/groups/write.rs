//! `POST`, `PATCH` and `DELETE` of groups.

use auth::identity::NameKind;
use auth::policy::Value;
use auth::random;
use store::identity::assignments::{self, ActorKind, Filter};
use store::identity::groups::{self, Group};
use store::identity::{domains, users};

use super::{required, view};
use crate::http::Reply;
use crate::identity_v3::body::Fields;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "group")?;
    let domain_id = call.domain_for_new(said.text("domain_id")?.flatten());
    call.require(&[("target.group.domain_id", Value::Text(&domain_id))])?;
    let group = Group {
        id: random::id()?,
        name: said.required_name(NameKind::Group)?,
        domain_id,
        description: said.text("description")?.flatten().unwrap_or_default(),
        extra: said.into_extra(),
    };
    call.write(move |call, conn| {
        if domains::get(conn, &group.domain_id)?.is_none() {
            return Err(Fault::not_found("domain", &group.domain_id));
        }
        let taken =
            || format!("Duplicate entry found with name {} at domain ID {}", group.name, group.domain_id);
        groups::insert(conn, &group).map_err(|error| on_duplicate(error, "group", taken))?;
        Ok(member(201, "group", view(&call.request, &group)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "group")?;
    said.not_empty()?;
    said.same_id(call.part("group_id"))?;
    let name = said.name(NameKind::Group)?;
    let domain_id = said.text("domain_id")?.flatten();
    let description = said.text("description")?;
    call.write(move |call, conn| {
        let mut group = required(call, conn)?;
        Fields::same_domain(domain_id.as_deref(), &group.domain_id)?;
        group.name = name.unwrap_or(group.name);
        group.description = description.map_or(group.description, Option::unwrap_or_default);
        group.extra = said.over_extra(&group.extra);
        // The domain is named as far as the request does.
        let place = domain_id.map_or_else(String::new, |id| format!(" at domain ID {id}"));
        let taken = || format!("Duplicate entry found with name {}{place}", group.name);
        groups::update(conn, &group).map_err(|error| on_duplicate(error, "group", taken))?;
        Ok(member(200, "group", view(&call.request, &group)))
    })
    .await
}

/// Ends all tokens of the members as well, if the group had a role anywhere.
pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let group = required(call, conn)?;
        let its_roles =
            Filter { actor: Some((ActorKind::Group, group.id.clone())), scope: None, role_id: None };
        if !assignments::list(conn, &its_roles)?.is_empty() {
            users::end_tokens_of_group(conn, &group.id)?;
        }
        groups::remove(conn, &group.id)?;
        Ok(Reply::empty(204))
    })
    .await
}
