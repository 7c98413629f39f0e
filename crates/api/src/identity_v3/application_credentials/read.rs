//! `GET` of application credentials.

use store::identity::application_credentials as rows;
use store::identity::users;

use super::view;
use crate::http::Reply;
use crate::identity_v3::users::target;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let name = call.request.query.text("name")?;
    call.read(move |call, conn| {
        let user_id = call.part("user_id");
        let user = users::get(conn, user_id)?;
        call.require(&target(user_id, user.as_ref()))?;
        let user = user.ok_or_else(|| Fault::not_found("user", user_id))?;
        let found = rows::list(conn, &user.id, name.as_deref())?;
        let shown = found.iter().map(|it| view(&call.request, conn, it)).collect::<Result<_, _>>()?;
        collection(&call.request, "application_credentials", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let (user_id, id) = (call.part("user_id"), call.part("id"));
        call.require(&target(user_id, None))?;
        let found = rows::get(conn, id)?.filter(|it| it.user_id == user_id);
        let credential = found.ok_or_else(|| Fault::not_found("Application Credential", id))?;
        Ok(member(200, "application_credential", view(&call.request, conn, &credential)?))
    })
    .await
}
