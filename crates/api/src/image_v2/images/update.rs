//! `PATCH /v2/images/{image_id}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use auth::policy::ImageRule;
use axum::response::Response;
use model::{ImageId, ImageVisibility};
use operations::image::{Caller, Images, Kept, record};
use serde_json::Value;
use wire::Fault;
use wire::image::patch::{self, Change, Context, Operation};

use super::rule_of;
use crate::image_v2::Call;
use crate::image_v2::call::{denied, fault, json};

pub(crate) async fn handle(mut call: Call) -> Result<Response, Fault> {
    let content_type = call.header("content-type").unwrap_or_default().to_owned();
    let bytes = call.read().await?;
    let changes = patch::parse(&content_type, &bytes)?;
    let id = call.image_id()?;
    let caller = caller(&call, &changes);
    let settings = Arc::clone(&call.api.settings);
    let urls = if settings.shows_locations { patch::new_urls(&changes) } else { Vec::new() };
    let sizes = sizes(&call.api.images, &caller, id, urls).await?;
    let is_admin = call.is_admin;
    let web = call.api.images.stores.entries.iter().find(|entry| matches!(entry.kept, Kept::Web));
    let web_store = web.map(|entry| entry.name.clone());
    let changed = record::update(&call.api.images, &caller, id, move |image| {
        let context = Context {
            is_admin,
            shows_locations: settings.shows_locations,
            formats: &settings.formats,
            sizes,
            web_store,
            hash_name: record::HASH_NAME,
        };
        patch::apply(image, &changes, &context).map_err(denied)
    });
    let image = changed.await.map_err(fault)?;
    Ok(json(200, &call.view(&image)))
}

/// Who asks, with the authority of every rule that a change is under.
fn caller(call: &Call, changes: &[Change]) -> Caller {
    let mut rules = Vec::new();
    for change in changes {
        if let ("visibility", Value::String(word)) = (change.field.as_str(), &change.value)
            && let Ok(visibility) = word.parse::<ImageVisibility>()
        {
            rules.extend(rule_of(visibility));
        }
        rules.push(match (change.field.as_str(), change.operation) {
            ("locations", Operation::Remove) => ImageRule::DeleteImageLocation,
            ("locations", _) => ImageRule::SetImageLocation,
            _ => ImageRule::ModifyImage,
        });
    }
    if rules.is_empty() {
        rules.push(ImageRule::ModifyImage);
    }
    call.caller_under(rules)
}

/// The lengths of data at addresses that come new. Asked for outside of any transaction, by who may change locations.
async fn sizes(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    urls: Vec<String>,
) -> Result<BTreeMap<String, u64>, Fault> {
    if urls.is_empty() {
        return Ok(BTreeMap::new());
    }
    record::show(images, caller, id).await.map_err(fault)?;
    Ok(record::measure(images, urls).await)
}
