//! Every route of the Image API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::ImageRule as Rule;
use axum::response::Response;
use wire::Fault;

use super::{Call, actions, data, images, info, members, schemas, tags, versions};

/// A handler's answer, some time.
pub type Answer = Pin<Box<dyn Future<Output = Result<Response, Fault>> + Send>>;

/// One row.
pub struct Route {
    /// `GET`, …
    pub method: &'static str,
    /// The whole path.
    pub path: &'static str,
    /// The rule that is asked first; none where any token will do.
    pub rule: Option<Rule>,
    /// What answers.
    pub handler: fn(Call) -> Answer,
}

macro_rules! route {
    ($method:literal $path:literal, $rule:expr, $handler:path) => {
        Route { method: $method, path: $path, rule: $rule, handler: |call| Box::pin($handler(call)) }
    };
}

/// The rows.
pub const ROUTES: &[Route] = &[
    route!("GET" "/v2/", None, versions::home),
    // Images.
    route!("GET" "/v2/images", Some(Rule::GetImages), images::list::handle),
    route!("POST" "/v2/images", Some(Rule::AddImage), images::create::handle),
    route!("GET" "/v2/images/{image_id}", Some(Rule::GetImage), images::show::handle),
    route!("PATCH" "/v2/images/{image_id}", Some(Rule::ModifyImage), images::update::handle),
    route!("DELETE" "/v2/images/{image_id}", Some(Rule::DeleteImage), images::delete::handle),
    // Data.
    route!("PUT" "/v2/images/{image_id}/file", Some(Rule::UploadImage), data::upload::handle),
    route!("GET" "/v2/images/{image_id}/file", Some(Rule::DownloadImage), data::download::handle),
    route!("PUT" "/v2/images/{image_id}/stage", Some(Rule::ModifyImage), data::stage::handle),
    // What is done to images.
    route!("POST" "/v2/images/{image_id}/actions/deactivate", Some(Rule::Deactivate), actions::deactivate),
    route!("POST" "/v2/images/{image_id}/actions/reactivate", Some(Rule::Reactivate), actions::reactivate),
    route!("PUT" "/v2/images/{image_id}/tags/{tag}", Some(Rule::ModifyImage), tags::add),
    route!("DELETE" "/v2/images/{image_id}/tags/{tag}", Some(Rule::ModifyImage), tags::remove),
    // Members.
    route!("GET" "/v2/images/{image_id}/members", Some(Rule::GetMembers), members::read::index),
    route!("POST" "/v2/images/{image_id}/members", Some(Rule::AddMember), members::write::create),
    route!("GET" "/v2/images/{image_id}/members/{member_id}", Some(Rule::GetMember), members::read::show),
    route!("PUT" "/v2/images/{image_id}/members/{member_id}", Some(Rule::ModifyMember), members::write::update),
    route!("DELETE" "/v2/images/{image_id}/members/{member_id}", Some(Rule::DeleteMember), members::write::delete),
    // Schemas.
    route!("GET" "/v2/schemas/{kind}", None, schemas::handle),
    route!("GET" "/v2/schemas/metadefs/{metadef}", None, schemas::handle),
    // What there is.
    route!("GET" "/v2/info/import", None, info::import),
    route!("GET" "/v2/info/stores", None, info::stores),
    route!("GET" "/v2/info/stores/detail", Some(Rule::StoresInfoDetail), info::stores_detail),
    route!("GET" "/v2/info/usage", None, info::usage),
];
