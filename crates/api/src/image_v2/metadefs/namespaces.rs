//! `/v2/metadefs/namespaces`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::metadef;
use serde_json::{Map, Value};
use wire::Fault;
use wire::fault::echo;

use super::{definer, shape};
use crate::image_v2::Call;
use crate::image_v2::call::{denied, empty, fault, json};

pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::GetMetadefNamespaces)?;
    let params = call.params()?;
    let limit = match params.get("limit") {
        None => call.api.settings.default_page,
        Some(text) => text.parse().map_err(|_| Fault::bad_request("limit param must be an integer"))?,
    };
    let limit = limit.min(call.api.settings.max_page);
    let visibility = params.get("visibility").map(str::to_owned);
    if visibility.as_deref().is_some_and(|word| !matches!(word, "public" | "private")) {
        let word = visibility.unwrap_or_default();
        return Err(Fault::bad_request(format!("Invalid visibility value: {}", echo(&word))));
    }
    let wanted: Option<Vec<String>> =
        params.get("resource_types").map(|types| types.split(',').map(str::to_owned).collect());
    // Which namespaces are seen is the list's own affair.
    let who = metadef::Definer {
        may: std::sync::Arc::new(|_| Ok(())),
        ..definer(&call, ImageRule::GetMetadefNamespaces)
    };
    let mut found = metadef::list(&call.api.images, who).await.map_err(fault)?;
    found.retain(|(namespace, associations)| {
        let fits = visibility.as_deref().is_none_or(|word| namespace.visibility.as_str() == word);
        let is_for = |types: &Vec<String>| associations.iter().any(|one| types.contains(&one.resource_type));
        fits && wanted.as_ref().is_none_or(is_for)
    });
    if params.get("sort_dir") != Some("asc") {
        found.reverse();
    }
    if let Some(marker) = params.get("marker") {
        let place = found.iter().position(|(namespace, _)| namespace.namespace == marker);
        let place = place.ok_or_else(|| {
            Fault::new(404, format!("Metadata definition namespace={} was not found.", echo(marker)))
        })?;
        found.drain(..=place);
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let mut view = Map::new();
    let shown = found.iter().map(|(namespace, associations)| shape::show_namespace(namespace, associations));
    view.insert("namespaces".to_owned(), Value::Array(shown.collect()));
    let rest = params.without("marker");
    let base = "/v2/metadefs/namespaces";
    let first = if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") };
    view.insert("first".to_owned(), Value::String(first));
    view.insert("schema".to_owned(), Value::String("/v2/schemas/metadefs/namespaces".to_owned()));
    if let (true, Some((last, _))) = (has_more, found.last()) {
        view.insert(
            "next".to_owned(),
            Value::String(format!("{base}?{}", params.next_page(&last.namespace))),
        );
    }
    Ok(json(200, &Value::Object(view)))
}

pub(crate) async fn create(mut call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::AddMetadefNamespace)?;
    let body = wire::image::body(&call.read().await?)?;
    let owner = call.credentials.project_id().unwrap_or_default().to_owned();
    let made = metadef::create(&call.api.images, shape::whole(body, &owner)?).await.map_err(fault)?;
    let mut response = json(201, &shape::show_whole(&made));
    let location = format!("{}/v2/metadefs/namespaces/{}", call.base_url, made.namespace.namespace);
    if let Ok(value) = http::HeaderValue::from_str(&location) {
        response.headers_mut().insert(http::header::LOCATION, value);
    }
    Ok(response)
}

pub(crate) async fn show(call: Call) -> Result<Response, Fault> {
    let who = definer(&call, ImageRule::GetMetadefNamespace);
    let name = call.part("namespace").to_owned();
    let found = metadef::show(&call.api.images, who, name).await.map_err(fault)?;
    Ok(json(200, &shape::show_whole(&found)))
}

pub(crate) async fn update(mut call: Call) -> Result<Response, Fault> {
    let body = wire::image::body(&call.read().await?)?;
    let Value::Object(fields) = body else {
        return Err(Fault::bad_request("Provided object does not match schema 'namespace'"));
    };
    let who = definer(&call, ImageRule::ModifyMetadefNamespace);
    let changed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, old| {
            metadef::update(conn, &shape::namespace(&fields, old).map_err(denied)?)
        });
    let changed = changed.await.map_err(fault)?;
    Ok(json(200, &shape::show_namespace(&changed, &[])))
}

pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    let who = definer(&call, ImageRule::DeleteMetadefNamespace);
    let removed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), |conn, namespace| {
            metadef::remove(conn, &namespace)
        });
    removed.await.map_err(fault)?;
    Ok(empty(204))
}
