//! `/services`.

use auth::identity::NameKind;
use auth::random;
use serde_json::{Value, json};
use store::Conn;
use store::identity::services::{self, Filter, Service};

use crate::http::Reply;
use crate::identity_v3::body::{Fields, checked_name};
use crate::identity_v3::call::Request;
use crate::identity_v3::view::{collection, member, resource};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let filter = Filter { kind: query.text("type")?, name: query.text("name")? };
    call.read(move |call, conn| {
        call.require(&[])?;
        let shown = services::list(conn, &filter)?.iter().map(|it| view(&call.request, it)).collect();
        collection(&call.request, "services", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| Ok(member(200, "service", view(&call.request, &required(call, conn)?)))).await
}

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "service")?;
    let service = Service {
        id: random::id()?,
        kind: checked_name("type", NameKind::Service, said.required_text("type")?)?,
        name: name(&mut said)?.unwrap_or_default(),
        enabled: said.flag("enabled")?.unwrap_or(true),
        extra: said.into_extra(),
    };
    call.write(move |call, conn| {
        services::insert(conn, &service)?;
        Ok(member(201, "service", view(&call.request, &service)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "service")?;
    said.not_empty()?;
    said.same_id(call.part("service_id"))?;
    let kind =
        said.plain_text("type")?.map(|kind| checked_name("type", NameKind::Service, kind)).transpose()?;
    let name = name(&mut said)?;
    let enabled = said.flag("enabled")?;
    call.write(move |call, conn| {
        let mut service = required(call, conn)?;
        service.kind = kind.unwrap_or(service.kind);
        service.name = name.unwrap_or(service.name);
        service.enabled = enabled.unwrap_or(service.enabled);
        service.extra = said.over_extra(&service.extra);
        services::update(conn, &service)?;
        Ok(member(200, "service", view(&call.request, &service)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let service = required(call, conn)?;
        services::remove(conn, &service.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The service of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Service, Fault> {
    call.require(&[])?;
    let id = call.part("service_id");
    services::get(conn, id)?.ok_or_else(|| Fault::not_found("service", id))
}

/// What people call it, which may be nothing.
fn name(said: &mut Fields) -> Result<Option<String>, Fault> {
    match said.text("name")? {
        None => Ok(None),
        Some(None) => Ok(Some(String::new())),
        Some(Some(name)) if name.is_empty() => Ok(Some(name)),
        Some(Some(name)) => checked_name("name", NameKind::Service, name).map(Some),
    }
}

fn view(request: &Request, service: &Service) -> Value {
    let own = json!({
        "id": service.id,
        "type": service.kind,
        "name": service.name,
        "enabled": service.enabled,
    });
    resource(request, &format!("services/{}", service.id), own, &service.extra)
}
