//! Every route of the Image API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::ImageRule as Rule;
use axum::response::Response;
use wire::Fault;

use super::metadefs::parts::{self, objects, properties, tags as metadef_tags};
use super::metadefs::{namespaces, resource_types};
use super::{Call, actions, cache, data, images, info, members, schemas, tags, tasks, versions};

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
    route!("POST" "/v2/images/{image_id}/import", Some(Rule::ModifyImage), images::import::handle),
    route!("GET" "/v2/images/{image_id}/tasks", Some(Rule::GetImage), tasks::of_image),
    // Locations, and copies in single stores.
    route!("POST" "/v2/images/{image_id}/locations", Some(Rule::AddImageLocation), images::locations::add),
    route!("GET" "/v2/images/{image_id}/locations", Some(Rule::FetchImageLocation), images::locations::index),
    route!("DELETE" "/v2/stores/{store_id}/{image_id}", Some(Rule::DeleteImageLocation), images::locations::delete_copy),
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
    // Tasks.
    route!("POST" "/v2/tasks", Some(Rule::TasksApiAccess), tasks::create),
    route!("GET" "/v2/tasks", Some(Rule::TasksApiAccess), tasks::index),
    route!("GET" "/v2/tasks/{task_id}", Some(Rule::TasksApiAccess), tasks::show),
    route!("DELETE" "/v2/tasks/{task_id}", Some(Rule::TasksApiAccess), tasks::delete),
    // The cache.
    route!("GET" "/v2/cache", Some(Rule::CacheList), cache::show),
    route!("DELETE" "/v2/cache", Some(Rule::CacheDelete), cache::clear),
    route!("PUT" "/v2/cache/{image_id}", Some(Rule::CacheImage), cache::add),
    route!("DELETE" "/v2/cache/{image_id}", Some(Rule::CacheDelete), cache::delete),
    route!("GET" "/v2/cache/nodes/{image_id}", Some(Rule::ListCachedNodes), cache::nodes),
    route!("POST" "/v2/cache/clean", Some(Rule::CacheClean), cache::clean),
    route!("POST" "/v2/cache/prune", Some(Rule::CachePrune), cache::prune),
    // Definitions of metadata.
    route!("GET" "/v2/metadefs/resource_types", Some(Rule::ListMetadefResourceTypes), resource_types::all),
    route!("GET" "/v2/metadefs/namespaces", Some(Rule::GetMetadefNamespaces), namespaces::index),
    route!("POST" "/v2/metadefs/namespaces", Some(Rule::AddMetadefNamespace), namespaces::create),
    route!("GET" "/v2/metadefs/namespaces/{namespace}", Some(Rule::GetMetadefNamespace), namespaces::show),
    route!("PUT" "/v2/metadefs/namespaces/{namespace}", Some(Rule::ModifyMetadefNamespace), namespaces::update),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}", Some(Rule::DeleteMetadefNamespace), namespaces::delete),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/resource_types", Some(Rule::GetMetadefResourceType), resource_types::index),
    route!("POST" "/v2/metadefs/namespaces/{namespace}/resource_types", Some(Rule::AddMetadefResourceTypeAssociation), resource_types::create),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/resource_types/{resource_type}", Some(Rule::RemoveMetadefResourceTypeAssociation), resource_types::delete),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/properties", Some(Rule::GetMetadefProperties), properties::index),
    route!("POST" "/v2/metadefs/namespaces/{namespace}/properties", Some(Rule::AddMetadefProperty), parts::create_property),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/properties", Some(Rule::DeleteMetadefNamespace), properties::delete_all),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/properties/{name}", Some(Rule::GetMetadefProperty), properties::show),
    route!("PUT" "/v2/metadefs/namespaces/{namespace}/properties/{name}", Some(Rule::ModifyMetadefProperty), properties::update),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/properties/{name}", Some(Rule::RemoveMetadefProperty), properties::delete),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/objects", Some(Rule::GetMetadefObjects), objects::index),
    route!("POST" "/v2/metadefs/namespaces/{namespace}/objects", Some(Rule::AddMetadefObject), parts::create_object),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/objects", Some(Rule::DeleteMetadefNamespace), objects::delete_all),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/objects/{name}", Some(Rule::GetMetadefObject), objects::show),
    route!("PUT" "/v2/metadefs/namespaces/{namespace}/objects/{name}", Some(Rule::ModifyMetadefObject), objects::update),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/objects/{name}", Some(Rule::DeleteMetadefObject), objects::delete),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/tags", Some(Rule::GetMetadefTags), metadef_tags::index),
    route!("POST" "/v2/metadefs/namespaces/{namespace}/tags", Some(Rule::AddMetadefTags), parts::create_tags),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/tags", Some(Rule::DeleteMetadefTags), metadef_tags::delete_all),
    route!("GET" "/v2/metadefs/namespaces/{namespace}/tags/{name}", Some(Rule::GetMetadefTag), metadef_tags::show),
    route!("POST" "/v2/metadefs/namespaces/{namespace}/tags/{name}", Some(Rule::AddMetadefTag), parts::create_tag),
    route!("PUT" "/v2/metadefs/namespaces/{namespace}/tags/{name}", Some(Rule::ModifyMetadefTag), metadef_tags::update),
    route!("DELETE" "/v2/metadefs/namespaces/{namespace}/tags/{name}", Some(Rule::DeleteMetadefTag), metadef_tags::delete),
    // Schemas.
    route!("GET" "/v2/schemas/{kind}", None, schemas::handle),
    route!("GET" "/v2/schemas/metadefs/{metadef}", None, schemas::handle),
    // What there is.
    route!("GET" "/v2/info/import", None, info::import),
    route!("GET" "/v2/info/stores", None, info::stores),
    route!("GET" "/v2/info/stores/detail", Some(Rule::StoresInfoDetail), info::stores_detail),
    route!("GET" "/v2/info/usage", None, info::usage),
];
