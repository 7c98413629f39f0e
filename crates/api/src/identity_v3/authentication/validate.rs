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

/// The token that a call is about and its holder, if the caller may know. What is no token is said so to anybody: there
/// is nothing to be known about it.
pub(super) async fn subject(call: &Call) -> Result<(String, Arc<Bearer>), Fault> {
    let tokens = &call.request.api.tokens;
    let token = call.request.header(SUBJECT_TOKEN.as_str()).unwrap_or_default();
    let found = if call.request.query.switch("allow_expired") {
        tokens.bearer_even_expired(token).await
    } else {
        tokens.bearer(token).await
    };
    let bearer = found.map_err(|refused| match refused {
        TokenRefused::Invalid if token.is_empty() => Fault::new(404, "No token in the request"),
        TokenRefused::Invalid => Fault::new(404, "Could not find token."),
        unavailable => unavailable.into(),
    })?;
    call.require(&[("target.token.user_id", Value::Text(&bearer.claims.user_id))])?;
    Ok((token.to_owned(), bearer))
}
