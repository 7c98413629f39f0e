//! `POST`, `PATCH` and `DELETE` of domains.

use auth::identity::NameKind;
use auth::random;
use model::Timestamp;
use store::identity::domains::{self, Domain};
use store::identity::revocations::{self, Kind, Revocation};
use store::identity::{projects, users};
use store::{Conn, StoreError};

use super::{target, view};
use crate::http::Reply;
use crate::identity_v3::body::Fields;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::tokens::{EXPIRED_WINDOW_MS, TOKEN_LIFE_MS};
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "domain")?;
    let domain = Domain {
        id: random::id()?,
        name: said.required_name(NameKind::Domain)?,
        description: said.text("description")?.flatten().unwrap_or_default(),
        enabled: said.flag("enabled")?.unwrap_or(true),
        extra: said.into_extra(),
    };
    call.write(move |call, conn| {
        domains::insert(conn, &domain).map_err(|error| name_is_taken(error, &domain))?;
        Ok(member(201, "domain", view(&call.request, &domain)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "domain")?;
    said.not_empty()?;
    said.same_id(call.part("domain_id"))?;
    let name = said.name(NameKind::Domain)?;
    let description = said.text("description")?;
    let enabled = said.flag("enabled")?;
    call.write(move |call, conn| {
        let mut domain = required(call, conn)?;
        let was_enabled = domain.enabled;
        domain.name = name.unwrap_or(domain.name);
        domain.description = description.map_or(domain.description, Option::unwrap_or_default);
        domain.enabled = enabled.unwrap_or(was_enabled);
        domain.extra = said.over_extra(&domain.extra);
        domains::update(conn, &domain).map_err(|error| name_is_taken(error, &domain))?;
        if was_enabled && !domain.enabled {
            end_all_tokens(conn, &domain.id)?;
        }
        Ok(member(200, "domain", view(&call.request, &domain)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let domain = required(call, conn)?;
        if domain.enabled {
            let message = "Cannot delete a domain that is enabled, please disable it first.";
            return Err(Fault::forbidden(message));
        }
        domains::remove(conn, &domain.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// Ends all tokens of a domain's users, and those of others on the domain and in its projects.
fn end_all_tokens(conn: &Conn<'_>, domain_id: &str) -> Result<(), StoreError> {
    users::end_tokens_of_domain(conn, domain_id)?;
    end_tokens(conn, Kind::Domain, domain_id)?;
    let inside = projects::Filter { domain_id: Some(domain_id.to_owned()), ..projects::Filter::default() };
    projects::list(conn, &inside)?.iter().try_for_each(|project| end_tokens(conn, Kind::Project, &project.id))
}

/// Ends all tokens that were issued for a project or domain until now.
pub(crate) fn end_tokens(conn: &Conn<'_>, kind: Kind, id: &str) -> Result<(), StoreError> {
    let revoked_at: Timestamp = conn.now();
    let expires_at = revoked_at.plus_millis(TOKEN_LIFE_MS + EXPIRED_WINDOW_MS);
    revocations::put(conn, &Revocation { kind, subject: id.to_owned(), revoked_at, expires_at })
}

/// The domain of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Domain, Fault> {
    let id = call.part("domain_id");
    let found = domains::get(conn, id)?;
    call.require(&target(found.as_ref()))?;
    found.ok_or_else(|| Fault::not_found("domain", id))
}

fn name_is_taken(error: StoreError, domain: &Domain) -> Fault {
    on_duplicate(error, "domain", || {
        format!(
            "it is not permitted to have two projects acting as domains with the same name: {}",
            domain.name
        )
    })
}
