//! `GET /v2/info/…`: what this service has.

use auth::policy::ImageRule;
use axum::response::Response;
use model::ImageStatus;
use operations::image::Kept;
use serde_json::{Value, json};
use wire::Fault;

use super::Call;
use super::call::json as reply;

pub(crate) async fn import(call: Call) -> Result<Response, Fault> {
    let methods = json!({
        "description": "Import methods available.",
        "type": "array",
        "value": call.api.settings.import_methods,
    });
    Ok(reply(200, &json!({"import-methods": methods})))
}

fn all_stores(call: &Call, with_detail: bool) -> Result<Response, Fault> {
    let stores = &call.api.images.stores;
    if !stores.several {
        return Err(Fault::new(404, "Multi backend is not supported at this site."));
    }
    let mut shown = Vec::new();
    for entry in &stores.entries {
        let mut view = json!({"id": entry.name});
        if let Some(description) = &entry.description {
            view["description"] = Value::String(description.clone());
        }
        if entry.name == stores.default {
            view["default"] = Value::String("true".to_owned());
        }
        if matches!(entry.kept, Kept::Web) {
            view["read-only"] = Value::String("true".to_owned());
        }
        if with_detail {
            view["type"] = Value::String(entry.kind.clone());
            view["weight"] = Value::from(entry.weight);
            view["properties"] = json!({});
        }
        shown.push(view);
    }
    Ok(reply(200, &json!({"stores": shown})))
}

pub(crate) async fn stores(call: Call) -> Result<Response, Fault> {
    all_stores(&call, false)
}

pub(crate) async fn stores_detail(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::StoresInfoDetail)?;
    all_stores(&call, true)
}

pub(crate) async fn usage(call: Call) -> Result<Response, Fault> {
    let Some(project) = call.project() else { return Ok(reply(200, &json!({"usage": {}}))) };
    let limit_mib = match call.api.images.limits.project_bytes {
        0 => -1,
        bytes => i64::try_from(bytes >> 20).unwrap_or(i64::MAX),
    };
    let counted = call.api.images.desk.store.read(move |conn| {
        let (count, bytes) = store::images::usage(conn, &project)?;
        let taking = [ImageStatus::Saving, ImageStatus::Uploading, ImageStatus::Importing];
        let uploading = store::images::count_in(conn, &project, &taking)?;
        let staged = store::images::staged_bytes(conn, &project)?;
        Ok::<_, operations::image::Denied>((count, bytes, uploading, staged))
    });
    let (count, bytes, uploading, staged) = counted.await.map_err(super::call::fault)?;
    let usage = json!({
        "image_size_total": {"limit": limit_mib, "usage": bytes >> 20},
        "image_stage_total": {"limit": -1, "usage": staged >> 20},
        "image_count_total": {"limit": -1, "usage": count},
        "image_count_uploading": {"limit": -1, "usage": uploading},
    });
    Ok(reply(200, &json!({"usage": usage})))
}
