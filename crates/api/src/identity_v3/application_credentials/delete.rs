//! `DELETE` of an application credential. Its tokens end with it: they name it.

use store::identity::application_credentials as rows;

use super::require_unrestricted;
use crate::http::Reply;
use crate::identity_v3::users::target;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let (user_id, id) = (call.part("user_id"), call.part("id"));
        call.require(&target(user_id, None))?;
        require_unrestricted(call)?;
        let found = rows::get(conn, id)?.filter(|it| it.user_id == user_id);
        let credential = found.ok_or_else(|| Fault::not_found("Application Credential", id))?;
        rows::remove(conn, &credential.id)?;
        Ok(Reply::empty(204))
    })
    .await
}
