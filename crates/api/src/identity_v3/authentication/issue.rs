//! `POST /v3/auth/tokens`.

use auth::scope::ScopeId;
use auth::token::Claims;
use http::HeaderName;
use model::Timestamp;

use super::asked::Asked;
use super::prove::{Proven, prove};
use super::{scope, view};
use crate::http::Reply;
use crate::identity_v3::Fault;
use crate::identity_v3::call::Request;
use crate::identity_v3::tokens::TOKEN_LIFE_MS;

/// The header that carries the token that an answer is about.
pub(super) const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

pub(crate) async fn handle(request: Request) -> Result<Reply, Fault> {
    let Asked { proofs, scope } = Asked::parse(&request.body)?;
    let proven = prove(&request.api, proofs).await?;
    let tokens = &request.api.tokens;
    let (proven, candidates, now) = tokens
        .store()
        .read(move |conn| {
            let candidates = scope::candidates(conn, &scope, &proven)?;
            Ok::<_, Fault>((proven, candidates, conn.now()))
        })
        .await?;
    for scope in candidates {
        let Some((token, bearer)) = tokens.issue(claims(&proven, scope, now)).await? else { continue };
        let with_catalog = !request.query.has("nocatalog");
        let body = view::token(tokens.store(), bearer.into(), with_catalog).await?;
        return Ok(Reply::json(201, body).with_header(SUBJECT_TOKEN, token));
    }
    Err(Fault::unauthorized())
}

fn claims(proven: &Proven, scope: ScopeId, now: Timestamp) -> Claims {
    let end = now.plus_millis(TOKEN_LIFE_MS);
    Claims {
        user_id: proven.user_id.clone(),
        scope,
        methods: proven.methods,
        issued_at: now,
        expires_at: proven.expires_at.map_or(end, |limit| limit.min(end)),
        audit: proven.audit,
        application_credential_id: proven.credential.as_ref().map(|(id, _)| id.clone()),
        auth_generation: proven.auth_generation,
    }
}
