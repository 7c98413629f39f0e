//! What replies say of images and their members.

use model::{Image, ImageLocation, ImageMember, Timestamp};
use serde_json::{Map, Value, json};

use crate::query::Params;

/// How images are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Whether locations are (`show_multiple_locations`).
    pub locations: bool,
    /// Whether the first location is (`show_image_direct_url`).
    pub direct_url: bool,
    /// Whether the stores are (`enabled_backends`).
    pub stores: bool,
}

/// A time of the Image API: whole seconds, UTC, with a `Z`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}Z", text.split('.').next().unwrap_or_default())
}

/// One image; `locations` are its locations in the order in which they are read from.
#[must_use]
pub fn image(image: &Image, locations: &[&ImageLocation], shown: Shown) -> Value {
    let mut view = Map::new();
    for (key, value) in &image.properties.0 {
        view.insert(key.clone(), Value::String(value.clone()));
    }
    let fields = json!({
        "name": image.name,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "visibility": image.visibility,
        "size": image.size_bytes,
        "virtual_size": image.virtual_size_bytes,
        "status": image.status,
        "checksum": image.checksum,
        "protected": image.protected,
        "min_ram": image.min_ram_mib,
        "min_disk": image.min_disk_gib,
        "owner": image.owner,
        "os_hidden": image.hidden,
        "os_hash_algo": image.os_hash_algo,
        "os_hash_value": image.os_hash_value,
        "id": image.id,
        "created_at": time(image.created_at),
        "updated_at": time(image.updated_at),
    });
    if let Value::Object(fields) = fields {
        view.extend(fields);
    }
    if shown.locations {
        let all = locations.iter().map(|one| location(one, shown.stores)).collect();
        view.insert("locations".to_owned(), Value::Array(all));
    }
    if let (true, Some(first)) = (shown.direct_url, locations.first()) {
        view.insert("direct_url".to_owned(), Value::String(first.url.clone()));
    }
    let own = format!("/v2/images/{}", image.id);
    view.insert("tags".to_owned(), json!(image.tags));
    view.insert("file".to_owned(), Value::String(format!("{own}/file")));
    view.insert("self".to_owned(), Value::String(own));
    view.insert("schema".to_owned(), Value::String("/v2/schemas/image".to_owned()));
    if shown.stores {
        let names: Vec<&str> = locations.iter().filter_map(|one| one.store.as_deref()).collect();
        if !names.is_empty() {
            view.insert("stores".to_owned(), Value::String(names.join(",")));
        }
    }
    Value::Object(view)
}

/// One location.
#[must_use]
pub fn location(location: &ImageLocation, with_store: bool) -> Value {
    let mut metadata: Map<String, Value> = serde_json::from_str(&location.metadata).unwrap_or_default();
    if let (true, Some(store)) = (with_store, &location.store) {
        metadata.insert("store".to_owned(), Value::String(store.clone()));
    }
    json!({"url": location.url, "metadata": metadata})
}

/// A page of images; `next` is the marker of the page after it.
#[must_use]
pub fn images(items: Vec<Value>, params: &Params, next: Option<&str>) -> Value {
    let mut view = Map::new();
    view.insert("images".to_owned(), Value::Array(items));
    let query = params.without("marker");
    let first = if query.is_empty() { "/v2/images".to_owned() } else { format!("/v2/images?{query}") };
    view.insert("first".to_owned(), Value::String(first));
    view.insert("schema".to_owned(), Value::String("/v2/schemas/images".to_owned()));
    if let Some(marker) = next {
        view.insert("next".to_owned(), Value::String(format!("/v2/images?{}", params.next_page(marker))));
    }
    Value::Object(view)
}

/// One member.
#[must_use]
pub fn member(member: &ImageMember) -> Value {
    json!({
        "member_id": member.member,
        "image_id": member.image_id,
        "status": member.status,
        "created_at": time(member.created_at),
        "updated_at": time(member.updated_at),
        "schema": "/v2/schemas/member",
    })
}

/// All members.
#[must_use]
pub fn members(members: &[ImageMember]) -> Value {
    let items: Vec<Value> = members.iter().map(member).collect();
    json!({"members": items, "schema": "/v2/schemas/members"})
}
