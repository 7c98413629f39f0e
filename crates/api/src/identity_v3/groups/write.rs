//! `POST /v3/groups`.

use auth::identity::NameKind;
use auth::policy::Value;
use auth::random;
use store::identity::domains;
use store::identity::groups::{self, Group};

use super::view;
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
