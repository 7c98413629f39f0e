//! The attributes of credentials that a check can name.

use crate::Credentials;
use crate::credentials::Scope;

/// An attribute of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialAttribute {
    UserId,
    UserDomainId,
    ProjectId,
    ProjectDomainId,
    DomainId,
    SystemScope,
    Roles,
    IsAdmin,
    IsAdminProject,
    ServiceUserId,
    ServiceUserDomainId,
    ServiceProjectId,
    ServiceProjectDomainId,
    ServiceRoles,
}

/// What credentials hold under an attribute.
pub(super) enum Held<'a> {
    Nothing,
    Text(&'a str),
    Flag(bool),
    Texts(&'a [String]),
}

use CredentialAttribute as A;

/// Names as oslo.context gives them to policies, then its older ones, then Keystone's view of the
/// token itself.
const NAMES: [(&str, CredentialAttribute); 26] = [
    ("user_id", A::UserId),
    ("user_domain_id", A::UserDomainId),
    ("project_id", A::ProjectId),
    ("project_domain_id", A::ProjectDomainId),
    ("domain_id", A::DomainId),
    ("system_scope", A::SystemScope),
    ("roles", A::Roles),
    ("is_admin", A::IsAdmin),
    ("is_admin_project", A::IsAdminProject),
    ("service_user_id", A::ServiceUserId),
    ("service_user_domain_id", A::ServiceUserDomainId),
    ("service_project_id", A::ServiceProjectId),
    ("service_project_domain_id", A::ServiceProjectDomainId),
    ("service_roles", A::ServiceRoles),
    ("user", A::UserId),
    ("user_domain", A::UserDomainId),
    ("tenant", A::ProjectId),
    ("project_domain", A::ProjectDomainId),
    ("domain", A::DomainId),
    ("system", A::SystemScope),
    ("tenant_id", A::ProjectId),
    ("token.user.id", A::UserId),
    ("token.user.domain.id", A::UserDomainId),
    ("token.project.id", A::ProjectId),
    ("token.project.domain.id", A::ProjectDomainId),
    ("token.domain.id", A::DomainId),
];

impl CredentialAttribute {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, attribute)| *attribute)
    }

    pub(super) fn read(self, credentials: &Credentials) -> Held<'_> {
        let service = credentials.service.as_ref();
        let service_project = service.and_then(|service| service.project.as_ref());
        match self {
            Self::UserId => Held::Text(&credentials.user.id),
            Self::UserDomainId => Held::Text(&credentials.user.domain.id),
            Self::ProjectId => credentials.project_id().into(),
            Self::ProjectDomainId => credentials.project().map(|project| &*project.domain.id).into(),
            Self::DomainId => credentials.domain_id().into(),
            Self::SystemScope => (credentials.scope == Scope::System).then_some("all").into(),
            Self::Roles => Held::Texts(&credentials.roles),
            Self::IsAdmin => Held::Flag(credentials.is_admin),
            Self::IsAdminProject => Held::Flag(credentials.is_admin_project),
            Self::ServiceUserId => service.map(|service| &*service.user.id).into(),
            Self::ServiceUserDomainId => service.map(|service| &*service.user.domain.id).into(),
            Self::ServiceProjectId => service_project.map(|project| &*project.id).into(),
            Self::ServiceProjectDomainId => service_project.map(|project| &*project.domain.id).into(),
            Self::ServiceRoles => Held::Texts(service.map_or(&[], |service| &service.roles)),
        }
    }
}

impl<'a> From<Option<&'a str>> for Held<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}
