//! `PUT` and `DELETE` of a grant.

use store::identity::assignments;

use super::{assignment, not_assigned};
use crate::http::Reply;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn give(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        assignments::insert(conn, &assignment(call, conn)?)?;
        Ok(Reply::empty(204))
    })
    .await
}

pub(crate) async fn take(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let asked = assignment(call, conn)?;
        if assignments::remove(conn, &asked)? { Ok(Reply::empty(204)) } else { Err(not_assigned(&asked)) }
    })
    .await
}
