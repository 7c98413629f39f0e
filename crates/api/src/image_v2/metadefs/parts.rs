//! Properties, objects and tags of a namespace: all three are made, shown, changed and removed in one way.

use auth::policy::ImageRule as Rule;
use axum::response::Response;
use model::metadef::PartKind;
use operations::image::metadef;
use serde_json::{Value, json};
use wire::Fault;

use super::{definer, shape};
use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault, json as reply};

async fn index(call: Call, kind: PartKind, rule: Rule, key: &'static str) -> Result<Response, Fault> {
    let who = definer(&call, rule);
    let read =
        metadef::look(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            let parts = store::metadefs::parts(conn, namespace.id, kind)?;
            Ok((namespace, parts))
        });
    let (namespace, parts) = read.await.map_err(fault)?;
    let view = match kind {
        PartKind::Property => json!({key: shape::properties(&parts)}),
        PartKind::Object | PartKind::Tag => {
            let shown = parts.iter().map(|part| shape::show_part(kind, part, &namespace.namespace));
            json!({key: shown.collect::<Vec<_>>(), "schema": format!("/v2/schemas/metadefs/{key}")})
        }
    };
    Ok(reply(200, &view))
}

async fn create(call: Call, kind: PartKind, rule: Rule, body: Value) -> Result<Response, Fault> {
    let part = shape::part(kind, body)?;
    let who = definer(&call, rule);
    let made =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            let made = metadef::add_part(conn, &namespace, kind, part)?;
            Ok((namespace, made))
        });
    let (namespace, made) = made.await.map_err(fault)?;
    Ok(reply(201, &shape::show_part(kind, &made, &namespace.namespace)))
}

async fn show(call: Call, kind: PartKind, rule: Rule) -> Result<Response, Fault> {
    let (who, name) = (definer(&call, rule), call.part("name").to_owned());
    let read =
        metadef::look(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            let part = metadef::part(conn, &namespace, kind, &name)?;
            Ok((namespace, part))
        });
    let (namespace, part) = read.await.map_err(fault)?;
    Ok(reply(200, &shape::show_part(kind, &part, &namespace.namespace)))
}

async fn update(mut call: Call, kind: PartKind, rule: Rule) -> Result<Response, Fault> {
    let part = shape::part(kind, wire::image::body(&call.read().await?)?)?;
    let (who, name) = (definer(&call, rule), call.part("name").to_owned());
    let changed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            let changed = metadef::update_part(conn, &namespace, kind, &name, &part)?;
            Ok((namespace, changed))
        });
    let (namespace, changed) = changed.await.map_err(fault)?;
    Ok(reply(200, &shape::show_part(kind, &changed, &namespace.namespace)))
}

async fn delete(call: Call, kind: PartKind, rule: Rule) -> Result<Response, Fault> {
    let (who, name) = (definer(&call, rule), call.part("name").to_owned());
    let removed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            metadef::remove_part(conn, &namespace, kind, &name)
        });
    removed.await.map_err(fault)?;
    Ok(empty(204))
}

async fn delete_all(call: Call, kind: PartKind, rule: Rule) -> Result<Response, Fault> {
    let who = definer(&call, rule);
    let removed =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            Ok(store::metadefs::remove_parts(conn, namespace.id, kind)?)
        });
    removed.await.map_err(fault)?;
    Ok(empty(204))
}

/// The handlers of one kind.
macro_rules! handlers {
    ($module:ident, $kind:expr, $key:literal, $get_all:expr, $get:expr, $modify:expr, $remove:expr, $remove_all:expr) => {
        #[doc = concat!("Of ", $key, ".")]
        pub(crate) mod $module {
            use super::{Call, Fault, PartKind, Response, Rule};

            pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
                super::index(call, $kind, $get_all, $key).await
            }

            pub(crate) async fn show(call: Call) -> Result<Response, Fault> {
                super::show(call, $kind, $get).await
            }

            pub(crate) async fn update(call: Call) -> Result<Response, Fault> {
                super::update(call, $kind, $modify).await
            }

            pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
                super::delete(call, $kind, $remove).await
            }

            pub(crate) async fn delete_all(call: Call) -> Result<Response, Fault> {
                super::delete_all(call, $kind, $remove_all).await
            }
        }
    };
}

handlers!(
    properties,
    PartKind::Property,
    "properties",
    Rule::GetMetadefProperties,
    Rule::GetMetadefProperty,
    Rule::ModifyMetadefProperty,
    Rule::RemoveMetadefProperty,
    Rule::DeleteMetadefNamespace
);
handlers!(
    objects,
    PartKind::Object,
    "objects",
    Rule::GetMetadefObjects,
    Rule::GetMetadefObject,
    Rule::ModifyMetadefObject,
    Rule::DeleteMetadefObject,
    Rule::DeleteMetadefNamespace
);
handlers!(
    tags,
    PartKind::Tag,
    "tags",
    Rule::GetMetadefTags,
    Rule::GetMetadefTag,
    Rule::ModifyMetadefTag,
    Rule::DeleteMetadefTag,
    Rule::DeleteMetadefTags
);

/// `POST …/properties`.
pub(crate) async fn create_property(mut call: Call) -> Result<Response, Fault> {
    let body = wire::image::body(&call.read().await?)?;
    create(call, PartKind::Property, Rule::AddMetadefProperty, body).await
}

/// `POST …/objects`.
pub(crate) async fn create_object(mut call: Call) -> Result<Response, Fault> {
    let body = wire::image::body(&call.read().await?)?;
    create(call, PartKind::Object, Rule::AddMetadefObject, body).await
}

/// `POST …/tags/{name}`: one tag, named by the path.
pub(crate) async fn create_tag(call: Call) -> Result<Response, Fault> {
    let body = json!({"name": call.part("name")});
    create(call, PartKind::Tag, Rule::AddMetadefTag, body).await
}

/// `POST …/tags`: several tags in place of all others, or beside them (`X-Openstack-Append`).
pub(crate) async fn create_tags(mut call: Call) -> Result<Response, Fault> {
    let body = wire::image::body(&call.read().await?)?;
    let tags = body.get("tags").and_then(Value::as_array).cloned();
    let tags = tags.ok_or_else(|| {
        Fault::bad_request("Provided object does not match schema 'tags': 'tags' is a required property")
    })?;
    let parts: Vec<_> =
        tags.into_iter().map(|tag| shape::part(PartKind::Tag, tag)).collect::<Result<_, _>>()?;
    let beside = call.header("x-openstack-append").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let who = definer(&call, Rule::AddMetadefTags);
    let made =
        metadef::change(&call.api.images, who, call.part("namespace").to_owned(), move |conn, namespace| {
            if !beside {
                store::metadefs::remove_parts(conn, namespace.id, PartKind::Tag)?;
            }
            let add = |part| metadef::add_part(conn, &namespace, PartKind::Tag, part);
            parts.into_iter().map(add).collect::<Result<Vec<_>, _>>()
        });
    let made = made.await.map_err(fault)?;
    let names: Vec<Value> = made.iter().map(|tag| json!({"name": tag.name})).collect();
    Ok(reply(201, &json!({"tags": names})))
}
