//! `GET` and `HEAD /v3/auth/tokens`: whether somebody else's token counts, and what it gives.

use std::sync::Arc;

use auth::policy::Value;

use super::issue::SUBJECT_TOKEN;
use super::view;
use crate::http::Reply;
use crate::identity_v3::tokens::Bearer;
use crate::identity_v3::{Call, Fault};
use crate::tokens::TokenRefused;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let (token, bearer) = subject(&call).await?;
    let with_catalog = !call.request.query.has("nocatalog");
    let body = view::token(call.request.api.tokens.store(), bearer, with_catalog).await?;
    Ok(Reply::json(200, body).with_header(SUBJECT_TOKEN, token))
}

/// The token that a call is about and its holder, if the caller may know.
pub(super) async fn subject(call: &Call) -> Result<(String, Arc<Bearer>), Fault> {
    let tokens = &call.request.api.tokens;
    let token = call.request.header(SUBJECT_TOKEN.as_str()).unwrap_or_default();
    let found = if call.request.query.switch("allow_expired") {
        tokens.bearer_even_expired(token).await
    } else {
        tokens.bearer(token).await
    };
    match found {
        Ok(bearer) => {
            call.require(&[("target.token.user_id", Value::Text(&bearer.claims.user_id))])?;
            Ok((token.to_owned(), bearer))
        }
        Err(TokenRefused::Invalid) => {
            call.require(&[])?;
            let empty = token.is_empty();
            Err(Fault::new(404, if empty { "No token in the request" } else { "Could not find token." }))
        }
        Err(failed) => Err(failed.into()),
    }
}
