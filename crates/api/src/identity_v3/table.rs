//! Every route of the Identity API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::IdentityRule as Rule;

use super::call::{Call, Request};
use super::{Fault, authentication, domains, projects, versions};
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
];
