//! Every route of the Block Storage API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::VolumeRule as Rule;
use wire::{Fault, Microversion};

use super::{Call, volumes};
use crate::http::Reply;

/// A handler's answer, some time.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// One row.
pub struct Route {
    /// `GET`, …
    pub method: &'static str,
    /// Below `/v3` or `/v3/{project_id}`.
    pub path: &'static str,
    /// The key of the body, on paths that end in `/action`.
    pub action: Option<&'static str>,
    /// The first revision that has it.
    pub since: Microversion,
    /// The rule that is asked about the owner of what is touched; none where any token will do, or where the handler
    /// asks several.
    pub rule: Option<Rule>,
    /// What answers.
    pub handler: fn(Call) -> Answer,
}

/// A row: method, path, `since` as the minor of 3.x, rule, handler.
macro_rules! route {
    ($method:literal $path:literal, $since:literal, $rule:expr, $handler:path) => {
        Route {
            method: $method,
            path: $path,
            action: None,
            since: Microversion::v3($since),
            rule: $rule,
            handler: |call| Box::pin($handler(call)),
        }
    };
    (action $path:literal $action:literal, $since:literal, $rule:expr, $handler:path) => {
        Route {
            method: "POST",
            path: $path,
            action: Some($action),
            since: Microversion::v3($since),
            rule: $rule,
            handler: |call| Box::pin($handler(call)),
        }
    };
}

/// The rows.
pub const ROUTES: &[Route] =
    &[route!("DELETE" "/volumes/{volume_id}", 0, Some(Rule::VolumeDelete), volumes::delete::handle)];
