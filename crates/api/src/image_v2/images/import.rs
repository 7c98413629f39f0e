//! `POST /v2/images/{image_id}/import`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::import::{Import, Origin, accept};
use operations::image::record;
use wire::Fault;
use wire::image::import::{Method, parse};

use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault};

pub(crate) async fn handle(mut call: Call) -> Result<Response, Fault> {
    let asked = parse(&call.read().await?, &call.api.settings.import_methods)?;
    let id = call.image_id()?;
    let several = call.api.images.stores.several;
    if !several && !asked.all_must_succeed {
        return Err(Fault::bad_request("All_stores_must_succeed can only be set with enabled_backends"));
    }
    let rules: &[ImageRule] = match asked.method {
        Method::CopyImage => &[ImageRule::CopyImage],
        _ => &[ImageRule::ModifyImage],
    };
    // The only store is meant, whatever is said.
    let (mut stores, all_stores) =
        if several { (asked.stores, asked.all_stores) } else { (Vec::new(), false) };
    if let (true, Some(name)) =
        (several && stores.is_empty() && !all_stores, call.header("x-image-meta-store"))
    {
        stores.push(name.to_owned());
    }
    let origin = match asked.method {
        Method::GlanceDirect => Origin::Staged,
        Method::CopyImage => Origin::Copy,
        Method::WebDownload { uri } => {
            let allowed = call.api.images.web.as_ref().is_some_and(|web| web.check(&uri).is_ok());
            if !allowed {
                let why =
                    format!("URI for web-download does not pass filtering: {}", wire::fault::echo(&uri));
                return Err(Fault::bad_request(why));
            }
            Origin::Web(uri)
        }
        Method::GlanceDownload { image, region, interface } => {
            let is_ours = region == call.api.settings.region
                && matches!(interface.as_str(), "public" | "internal" | "admin");
            // The data of an image that the caller may not download are not there for him.
            let reader = call.caller(&[ImageRule::DownloadImage]);
            let found =
                if is_ours { record::show(&call.api.images, &reader, image).await.ok() } else { None };
            Origin::Image(found.map(|found| found.id))
        }
    };
    let import = Import {
        origin,
        stores,
        all_stores,
        all_must_succeed: asked.all_must_succeed,
        inherited: call.api.settings.inherited_properties.clone(),
        kind: operations::image::import::BY_IMAGE,
        raw: asked.raw.to_string(),
    };
    let caller = call.caller(rules);
    accept(&call.api.images, &caller, id, import).await.map_err(fault)?;
    Ok(empty(202))
}
