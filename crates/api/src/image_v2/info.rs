//! `GET /v2/info/…`: what this service has.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::Kept;
use operations::image::allowance::Counted;
use serde_json::{Map, Value, json};
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
    let images = &call.api.images;
    let allowance = images.allowance(Some(&project), &Counted::ALL).await.map_err(super::call::fault)?;
    // Where nobody else keeps limits, there is the one of the configuration.
    let own_mib = match images.limits.project_bytes {
        bytes if bytes > 0 && images.keeper_of_limits.is_none() => i64::try_from(bytes >> 20).ok(),
        _ => None,
    };
    let counted = images.desk.store.read(move |conn| {
        let used = Counted::ALL.into_iter().map(|what| Ok((what, what.used(conn, &project)?)));
        let mut used = used.collect::<Result<Vec<_>, operations::image::Denied>>()?;
        if own_mib.is_some() {
            // That limit counts what is only staged, too.
            let staged =
                used.iter().find(|(what, _)| *what == Counted::StageTotal).map_or(0, |(_, mib)| *mib);
            used.iter_mut()
                .filter(|(what, _)| *what == Counted::SizeTotal)
                .for_each(|(_, mib)| *mib += staged);
        }
        Ok::<_, operations::image::Denied>(used)
    });
    let mut usage = Map::new();
    for (what, used) in counted.await.map_err(super::call::fault)? {
        let own = own_mib.filter(|_| what == Counted::SizeTotal);
        let limit = allowance.of(what).or(own).unwrap_or(-1);
        usage.insert(what.resource().to_owned(), json!({"limit": limit, "usage": used}));
    }
    Ok(reply(200, &json!({"usage": usage})))
}
