//! `/endpoints`.

use auth::identity::NameKind;
use auth::random;
use serde_json::{Value, json};
use store::Conn;
use store::identity::endpoints::{self, Endpoint, Filter, Interface};
use store::identity::regions::{self, Region};
use store::identity::services;

use super::url;
use crate::http::Reply;
use crate::identity_v3::body::{Fields, checked_name, invalid};
use crate::identity_v3::call::Request;
use crate::identity_v3::fault::shortened;
use crate::identity_v3::view::{collection, member, resource};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let filter = Filter {
        service_id: query.text("service_id")?,
        region_id: query.text("region_id")?,
        interface: query.text("interface")?,
    };
    call.read(move |call, conn| {
        call.require(&[])?;
        let shown = endpoints::list(conn, &filter)?.iter().map(|it| view(&call.request, it)).collect();
        collection(&call.request, "endpoints", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| Ok(member(200, "endpoint", view(&call.request, &required(call, conn)?)))).await
}

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "endpoint")?;
    let endpoint = Endpoint {
        id: random::id()?,
        service_id: said.required_text("service_id")?,
        interface: interface(&mut said)?.ok_or_else(|| said.lacks("interface"))?,
        url: usable_url(&mut said)?.ok_or_else(|| said.lacks("url"))?,
        own_url: None,
        enabled: said.flag("enabled")?.unwrap_or(true),
        region_id: said.text("region_id")?.flatten(),
        extra: String::new(),
    };
    let old_region = old_region(&mut said)?;
    call.write(move |call, conn| {
        let mut endpoint = endpoint;
        if endpoint.region_id.is_none() {
            endpoint.region_id = old_region;
            ensure_region(conn, endpoint.region_id.as_deref())?;
        }
        endpoint.extra = said.into_extra();
        check_places(conn, &endpoint)?;
        endpoints::insert(conn, &endpoint)?;
        Ok(member(201, "endpoint", view(&call.request, &endpoint)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "endpoint")?;
    said.not_empty()?;
    said.same_id(call.part("endpoint_id"))?;
    let service_id = said.plain_text("service_id")?;
    let interface = interface(&mut said)?;
    let url = usable_url(&mut said)?;
    let enabled = said.flag("enabled")?;
    let region_id = said.text("region_id")?;
    let old_region = old_region(&mut said)?;
    call.write(move |call, conn| {
        let mut endpoint = required(call, conn)?;
        endpoint.service_id = service_id.unwrap_or(endpoint.service_id);
        endpoint.interface = interface.unwrap_or(endpoint.interface);
        endpoint.url = url.unwrap_or(endpoint.url);
        endpoint.enabled = enabled.unwrap_or(endpoint.enabled);
        if let Some(region_id) = region_id {
            endpoint.region_id = region_id;
        } else if old_region.is_some() {
            ensure_region(conn, old_region.as_deref())?;
            endpoint.region_id = old_region;
        }
        endpoint.extra = said.over_extra(&endpoint.extra);
        check_places(conn, &endpoint)?;
        endpoints::update(conn, &endpoint)?;
        Ok(member(200, "endpoint", view(&call.request, &endpoint)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let endpoint = required(call, conn)?;
        endpoints::remove(conn, &endpoint.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The endpoint of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Endpoint, Fault> {
    call.require(&[])?;
    let id = call.part("endpoint_id");
    endpoints::get(conn, id)?.ok_or_else(|| Fault::not_found("endpoint", id))
}

fn interface(said: &mut Fields) -> Result<Option<Interface>, Fault> {
    let Some(word) = said.plain_text("interface")? else { return Ok(None) };
    let detail = || format!("'{}' is not one of ['admin', 'internal', 'public']", shortened(&word));
    let known = word.parse().map_err(|_| invalid("interface", &Value::from(word.as_str()), &detail()))?;
    Ok(Some(known))
}

fn usable_url(said: &mut Fields) -> Result<Option<String>, Fault> {
    let Some(text) = said.plain_text("url")? else { return Ok(None) };
    if !url::has_scheme(&text) {
        let detail = format!("'{}' does not match '^[a-zA-Z0-9+.-]+:.+'", shortened(&text));
        return Err(invalid("url", &Value::from(text), &detail));
    }
    if !url::is_fillable(&text) {
        let message = format!("Cannot create an endpoint with an invalid URL: {}.", shortened(&text));
        return Err(Fault::bad_request(message));
    }
    Ok(Some(text))
}

/// The name of a region as older clients give it: one that is not there is made.
fn old_region(said: &mut Fields) -> Result<Option<String>, Fault> {
    let name = said.text("region")?.flatten();
    name.map(|name| checked_name("region", NameKind::Region, name)).transpose()
}

fn ensure_region(conn: &Conn<'_>, id: Option<&str>) -> Result<(), Fault> {
    let Some(id) = id else { return Ok(()) };
    if regions::get(conn, id)?.is_none() {
        let new = Region { id: id.to_owned(), description: String::new(), parent_region_id: None };
        regions::insert(conn, &new)?;
    }
    Ok(())
}

/// Whether the service and the region of an endpoint are there.
fn check_places(conn: &Conn<'_>, endpoint: &Endpoint) -> Result<(), Fault> {
    if services::get(conn, &endpoint.service_id)?.is_none() {
        return Err(Fault::missing("endpoint service_id", "service table"));
    }
    match &endpoint.region_id {
        Some(region_id) if regions::get(conn, region_id)?.is_none() => {
            Err(Fault::missing("endpoint region_id", "region table"))
        }
        _ => Ok(()),
    }
}

fn view(request: &Request, endpoint: &Endpoint) -> Value {
    let own = json!({
        "id": endpoint.id,
        "interface": endpoint.interface,
        "region_id": endpoint.region_id,
        "service_id": endpoint.service_id,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "region": endpoint.region_id,
    });
    resource(request, &format!("endpoints/{}", endpoint.id), own, &endpoint.extra)
}
