//! `DELETE /v3/auth/tokens`: ends a token, and those that were made from it unless the query says `cascade=false`.

use store::identity::revocations::{self, Kind, Revocation};

use super::validate::subject;
use crate::http::Reply;
use crate::identity_v3::tokens::EXPIRED_WINDOW_MS;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let (_, bearer) = subject(&call).await?;
    let cascade = call.request.query.truth("cascade")?.unwrap_or(true);
    call.write(move |_, conn| {
        // Tokens are named by the first of their chain, so only the first takes others along.
        let audit = bearer.claims.audit;
        let is_first = audit.first.is_none();
        let revocation = Revocation {
            kind: if is_first && cascade { Kind::Chain } else { Kind::Token },
            subject: audit.id.to_string(),
            revoked_at: conn.now(),
            expires_at: bearer.claims.expires_at.plus_millis(EXPIRED_WINDOW_MS),
        };
        revocations::put(conn, &revocation)?;
        Ok(Reply::empty(204))
    })
    .await
}
