//! Every route of the Identity API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::IdentityRule as Rule;

use super::call::{Call, Request};
use super::catalog::{endpoints, regions, services};
use super::{Fault, application_credentials, authentication, domains, grants, groups, projects};
use super::{role_assignments, roles, users, versions};
use crate::http::Reply;

/// A handler's answer, some time.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// Who is served, and by what.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Whoever asks: the request itself proves who it is, or it does not matter.
    Anybody(fn(Request) -> Answer),
    /// The holder of a token, if the rule allows it.
    Holder(Rule, fn(Call) -> Answer),
}

/// One row.
pub(crate) struct Route {
    /// `GET`, …; `GET` serves `HEAD` as well, where that has no row of its own.
    pub(crate) method: &'static str,
    /// The whole path.
    pub(crate) path: &'static str,
    /// Who is served, and by what.
    pub(crate) handler: Handler,
}

/// Rows for anybody: method, path, handler.
macro_rules! anybody {
    ($method:literal $path:literal, $handler:path) => {
        Route {
            method: $method,
            path: $path,
            handler: Handler::Anybody(|request| Box::pin($handler(request))),
        }
    };
}

/// Rows for those who hold a token: method, path, rule, handler.
macro_rules! holder {
    ($method:literal $path:literal, $rule:ident, $handler:path) => {
        Route {
            method: $method,
            path: $path,
            handler: Handler::Holder(Rule::$rule, |call| Box::pin($handler(call))),
        }
    };
}

/// The rows.
pub(crate) const ROUTES: &[Route] = &[
    anybody!("GET" "/", versions::list),
    anybody!("GET" "/v3", versions::show),
    anybody!("GET" "/v3/", versions::show),
    // Tokens, and what the holder of one may ask about itself.
    anybody!("POST" "/v3/auth/tokens", authentication::issue::handle),
    holder!("GET" "/v3/auth/tokens", ValidateToken, authentication::validate::handle),
    holder!("HEAD" "/v3/auth/tokens", CheckToken, authentication::validate::handle),
    holder!("DELETE" "/v3/auth/tokens", RevokeToken, authentication::revoke::handle),
    holder!("GET" "/v3/auth/catalog", GetAuthCatalog, authentication::scopes::catalog),
    holder!("GET" "/v3/auth/projects", GetAuthProjects, authentication::scopes::projects),
    holder!("GET" "/v3/auth/domains", GetAuthDomains, authentication::scopes::domains),
    holder!("GET" "/v3/auth/system", GetAuthSystem, authentication::scopes::system),
    // Projects.
    holder!("GET" "/v3/projects", ListProjects, projects::read::list),
    holder!("POST" "/v3/projects", CreateProject, projects::write::create),
    holder!("GET" "/v3/projects/{project_id}", GetProject, projects::read::show),
    holder!("PATCH" "/v3/projects/{project_id}", UpdateProject, projects::write::update),
    holder!("DELETE" "/v3/projects/{project_id}", DeleteProject, projects::write::delete),
    // Domains.
    holder!("GET" "/v3/domains", ListDomains, domains::read::list),
    holder!("POST" "/v3/domains", CreateDomain, domains::write::create),
    holder!("GET" "/v3/domains/{domain_id}", GetDomain, domains::read::show),
    holder!("PATCH" "/v3/domains/{domain_id}", UpdateDomain, domains::write::update),
    holder!("DELETE" "/v3/domains/{domain_id}", DeleteDomain, domains::write::delete),
    // Users.
    holder!("GET" "/v3/users", ListUsers, users::read::list),
    holder!("POST" "/v3/users", CreateUser, users::write::create),
    holder!("GET" "/v3/users/{user_id}", GetUser, users::read::show),
    holder!("PATCH" "/v3/users/{user_id}", UpdateUser, users::write::update),
    holder!("DELETE" "/v3/users/{user_id}", DeleteUser, users::write::delete),
    anybody!("POST" "/v3/users/{user_id}/password", users::password::change),
    holder!("GET" "/v3/users/{user_id}/projects", ListUserProjects, users::read::projects),
    holder!("GET" "/v3/users/{user_id}/groups", ListGroupsForUser, users::read::groups),
    // Groups.
    holder!("GET" "/v3/groups", ListGroups, groups::read::list),
    holder!("POST" "/v3/groups", CreateGroup, groups::write::create),
    holder!("GET" "/v3/groups/{group_id}", GetGroup, groups::read::show),
    holder!("PATCH" "/v3/groups/{group_id}", UpdateGroup, groups::write::update),
    holder!("DELETE" "/v3/groups/{group_id}", DeleteGroup, groups::write::delete),
    holder!("GET" "/v3/groups/{group_id}/users", ListUsersInGroup, groups::members::list),
    holder!("HEAD" "/v3/groups/{group_id}/users/{user_id}", CheckUserInGroup, groups::members::check),
    holder!("PUT" "/v3/groups/{group_id}/users/{user_id}", AddUserToGroup, groups::members::add),
    holder!("DELETE" "/v3/groups/{group_id}/users/{user_id}", RemoveUserFromGroup, groups::members::remove),
    // Application credentials.
    holder!("GET" "/v3/users/{user_id}/application_credentials",
        ListApplicationCredentials, application_credentials::read::list),
    holder!("POST" "/v3/users/{user_id}/application_credentials",
        CreateApplicationCredential, application_credentials::create::handle),
    holder!("GET" "/v3/users/{user_id}/application_credentials/{id}",
        GetApplicationCredential, application_credentials::read::show),
    holder!("DELETE" "/v3/users/{user_id}/application_credentials/{id}",
        DeleteApplicationCredential, application_credentials::delete::handle),
    // Roles.
    holder!("GET" "/v3/roles", ListRoles, roles::read::list),
    holder!("POST" "/v3/roles", CreateRole, roles::write::create),
    holder!("GET" "/v3/roles/{role_id}", GetRole, roles::read::show),
    holder!("PATCH" "/v3/roles/{role_id}", UpdateRole, roles::write::update),
    holder!("DELETE" "/v3/roles/{role_id}", DeleteRole, roles::write::delete),
    holder!("GET" "/v3/role_assignments", ListRoleAssignments, role_assignments::list),
    // Roles of users in projects.
    holder!("GET" "/v3/projects/{project_id}/users/{user_id}/roles", ListGrants, grants::read::list),
    holder!("HEAD" "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}", CheckGrant, grants::read::check),
    holder!("PUT" "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}", CreateGrant, grants::write::give),
    holder!("DELETE" "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}", RevokeGrant, grants::write::take),
    // Roles of groups in projects.
    holder!("GET" "/v3/projects/{project_id}/groups/{group_id}/roles", ListGrants, grants::read::list),
    holder!("HEAD" "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}", CheckGrant, grants::read::check),
    holder!("PUT" "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}", CreateGrant, grants::write::give),
    holder!("DELETE" "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}", RevokeGrant, grants::write::take),
    // Roles of users on domains.
    holder!("GET" "/v3/domains/{domain_id}/users/{user_id}/roles", ListGrants, grants::read::list),
    holder!("HEAD" "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}", CheckGrant, grants::read::check),
    holder!("PUT" "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}", CreateGrant, grants::write::give),
    holder!("DELETE" "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}", RevokeGrant, grants::write::take),
    // Roles of groups on domains.
    holder!("GET" "/v3/domains/{domain_id}/groups/{group_id}/roles", ListGrants, grants::read::list),
    holder!("HEAD" "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}", CheckGrant, grants::read::check),
    holder!("PUT" "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}", CreateGrant, grants::write::give),
    holder!("DELETE" "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}", RevokeGrant, grants::write::take),
    // Roles of users on the system.
    holder!("GET" "/v3/system/users/{user_id}/roles", ListSystemGrantsForUser, grants::read::list),
    holder!("HEAD" "/v3/system/users/{user_id}/roles/{role_id}", CheckSystemGrantForUser, grants::read::check),
    holder!("PUT" "/v3/system/users/{user_id}/roles/{role_id}", CreateSystemGrantForUser, grants::write::give),
    holder!("DELETE" "/v3/system/users/{user_id}/roles/{role_id}", RevokeSystemGrantForUser, grants::write::take),
    // The catalog.
    holder!("GET" "/v3/services", ListServices, services::list),
    holder!("POST" "/v3/services", CreateService, services::create),
    holder!("GET" "/v3/services/{service_id}", GetService, services::show),
    holder!("PATCH" "/v3/services/{service_id}", UpdateService, services::update),
    holder!("DELETE" "/v3/services/{service_id}", DeleteService, services::delete),
    holder!("GET" "/v3/endpoints", ListEndpoints, endpoints::list),
    holder!("POST" "/v3/endpoints", CreateEndpoint, endpoints::create),
    holder!("GET" "/v3/endpoints/{endpoint_id}", GetEndpoint, endpoints::show),
    holder!("PATCH" "/v3/endpoints/{endpoint_id}", UpdateEndpoint, endpoints::update),
    holder!("DELETE" "/v3/endpoints/{endpoint_id}", DeleteEndpoint, endpoints::delete),
    holder!("GET" "/v3/regions", ListRegions, regions::list),
    holder!("POST" "/v3/regions", CreateRegion, regions::create),
    holder!("GET" "/v3/regions/{region_id}", GetRegion, regions::show),
    holder!("PUT" "/v3/regions/{region_id}", CreateRegion, regions::create_named),
    holder!("PATCH" "/v3/regions/{region_id}", UpdateRegion, regions::update),
    holder!("DELETE" "/v3/regions/{region_id}", DeleteRegion, regions::delete),
];
