//! Where a new token is to be valid.

use auth::scope::ScopeId;
use store::identity::projects;
use store::{Conn, StoreError};

use super::asked::{AskedScope, ProjectRef};
use super::prove::{Proven, find_domain};
use crate::identity_v3::Fault;

/// The scopes to try, the most wanted first: the first in which the user has a role counts.
pub(super) fn candidates(
    conn: &Conn<'_>,
    asked: &AskedScope,
    proven: &Proven,
) -> Result<Vec<ScopeId>, Fault> {
    if let Some((_, project_id)) = &proven.credential {
        return match asked {
            AskedScope::Default => Ok(vec![ScopeId::Project(project_id.clone())]),
            _ => Err(Fault::new(
                401,
                "Error authenticating with application credential: Application credentials cannot request a scope.",
            )),
        };
    }
    Ok(match asked {
        AskedScope::Default => {
            let default = proven.default_project_id.clone().map(ScopeId::Project);
            default.into_iter().chain([ScopeId::Unscoped]).collect()
        }
        AskedScope::Unscoped => vec![ScopeId::Unscoped],
        AskedScope::System => vec![ScopeId::System],
        AskedScope::Domain(domain) => {
            find_domain(conn, domain)?.into_iter().map(|domain| ScopeId::Domain(domain.id)).collect()
        }
        AskedScope::Project(project) => {
            find_project(conn, project)?.map(ScopeId::Project).into_iter().collect()
        }
    })
}

fn find_project(conn: &Conn<'_>, project: &ProjectRef) -> Result<Option<String>, StoreError> {
    let found = match project {
        ProjectRef::Id(id) => projects::get(conn, id)?,
        ProjectRef::Name(name, domain) => match find_domain(conn, domain)? {
            None => None,
            Some(domain) => projects::by_name(conn, &domain.id, name)?,
        },
    };
    Ok(found.map(|project| project.id))
}
