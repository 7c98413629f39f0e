//! Types of resources, and which namespaces are for them.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::{Denied, metadef};
use serde_json::{Value, json};
use wire::Fault;
use wire::image::view::time;

use super::{definer, shape};
use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault, json as reply};

pub(crate) async fn all(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::ListMetadefResourceTypes)?;
    let read = call.api.images.desk.store.read(store::metadefs::resource_types);
    let found = read.await.map_err(|error| fault(Denied::Store(error)))?;
    let shown: Vec<Value> = found
        .iter()
        .map(|(name, created, updated)| {
            json!({"name": name, "created_at": time(*created), "updated_at": time(*updated)})
        })
        .collect();
    Ok(reply(200, &json!({"resource_types": shown})))
}

pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
    let who = definer(&call, ImageRule::GetMetadefResourceType);
    let read = metadef::look(&call.api.images, who, call.part("namespace").to_owned(), |conn, namespace| {
        Ok(store::metadefs::associations(conn, namespace.id)?)
    });
    let found = read.await.map_err(fault)?;
    let shown: Vec<Value> = found.iter().map(shape::show_association).collect();
    Ok(reply(200, &json!({"resource_type_associations": shown})))
}

pub(crate) async fn create(mut call: Call) -> Result<Response, Fault> {
    let new = shape::association(wire::image::body(&call.read().await?)?)?;
    let who = definer(&call, ImageRule::AddMetadefResourceTypeAssociation);
    let made =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), |conn, namespace| {
            metadef::associate(conn, namespace.id, new)
        });
    let made = made.await.map_err(fault)?;
    Ok(reply(201, &shape::show_association(&made)))
}

pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    let who = definer(&call, ImageRule::RemoveMetadefResourceTypeAssociation);
    let name = call.part("resource_type").to_owned();
    let removed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            match store::metadefs::dissociate(conn, namespace.id, &name)? {
                true => Ok(()),
                false => Err(Denied::NotFound(format!(
                    "The metadata definition resource-type association of resource-type={name} was not found."
                ))),
            }
        });
    removed.await.map_err(fault)?;
    Ok(empty(204))
}
