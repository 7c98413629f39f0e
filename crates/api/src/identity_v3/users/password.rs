//! `POST /v3/users/{user_id}/password`: a user changes its own password. The old one proves who it is, so that one that
//! ran out can be changed too.

use store::identity::users;

use crate::http::Reply;
use crate::identity_v3::Fault;
use crate::identity_v3::body::Fields;
use crate::identity_v3::call::Request;

pub(crate) async fn change(request: Request) -> Result<Reply, Fault> {
    let mut said = Fields::of(&request.body, "user")?;
    let original = said.password("original_password")?.flatten();
    let original = original.ok_or_else(|| said.lacks("original_password"))?;
    let password = said.password("password")?.flatten().ok_or_else(|| said.lacks("password"))?;
    said.nothing_else()?;

    let (tokens, hashing) = (&request.api.tokens, &request.api.hashing);
    let id = request.part("user_id").to_owned();
    let found = tokens.store().read(move |conn| users::get(conn, &id)).await?;
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let matches = hashing.verify(original, stored).await?;
    let known = found.filter(|user| matches && user.enabled).ok_or_else(Fault::unauthorized)?;
    let password_hash = hashing.hash(password).await?;
    tokens
        .write(move |conn| {
            let mut user = users::get(conn, &known.id)?.ok_or_else(Fault::unauthorized)?;
            if user.password_hash != known.password_hash {
                // Somebody else was faster: what was proven is no longer the password.
                return Err(Fault::unauthorized());
            }
            user.password_hash = Some(password_hash);
            user.auth_generation += 1;
            users::update(conn, &user)?;
            Ok(Reply::empty(204))
        })
        .await
}
