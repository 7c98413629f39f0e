//! `POST /v2/images`.

use auth::policy::ImageRule;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use operations::image::record;
use wire::Fault;
use wire::image::create::parse;

use super::rule_of;
use crate::image_v2::Call;
use crate::image_v2::call::{fault, json};

const IMPORT_METHODS: HeaderName = HeaderName::from_static("openstack-image-import-methods");
const STORE_IDS: HeaderName = HeaderName::from_static("openstack-image-store-ids");

pub(crate) async fn handle(mut call: Call) -> Result<Response, Fault> {
    let bytes = call.read().await?;
    let asked = parse(&bytes, call.project(), &call.api.settings.formats)?;
    if asked.owner != call.project() && !call.is_admin {
        let owner = asked.owner.as_ref().map_or("None", model::ProjectId::as_str);
        let why = format!("You are not permitted to create images owned by '{}'", wire::fault::echo(owner));
        return Err(Fault::new(403, why));
    }
    call.require_for(ImageRule::AddImage, &asked)?;
    if let Some(rule) = rule_of(asked.visibility) {
        call.require_for(rule, &asked)?;
    }
    let image = record::create(&call.api.images, asked).await.map_err(fault)?;
    let mut response = json(201, &call.view(&image));
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    add(header::LOCATION, format!("{}/v2/images/{}", call.base_url, image.id));
    if !call.api.settings.import_methods.is_empty() {
        add(IMPORT_METHODS, call.api.settings.import_methods.join(","));
    }
    let stores = &call.api.images.stores;
    if stores.several {
        let names: Vec<&str> = stores.entries.iter().map(|entry| entry.name.as_str()).collect();
        add(STORE_IDS, names.join(","));
    }
    Ok(response)
}
