//! `/templates`: an extension of this service, described in `docs/templates.openapi.yaml`.

pub(super) mod desktops;
pub(super) mod generations;

use auth::policy::VolumeRule;
use model::{Refusal, TemplateId};
use operations::template::roll_out::{self, Which};
use operations::template::{create, delete, look};
use wire::{Fault, request, view};

use super::Call;
use crate::http::Reply;
use crate::volume_v3::call::fault;

/// The template that the path names.
fn id(call: &Call) -> Result<TemplateId, Fault> {
    let text = call.part("template_id");
    let why = || Refusal::Absent(format!("Template {} could not be found.", wire::fault::echo(text)));
    text.parse().map_err(|_| why().into())
}

/// The number of the generation that the path names.
fn number(call: &Call) -> Result<u64, Fault> {
    let text = call.part("number");
    let why = || Refusal::Absent(format!("Generation {} could not be found.", wire::fault::echo(text)));
    text.parse().map_err(|_| why().into())
}

pub(super) async fn list(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeGetAll)?;
    let found = look::list(&call.api.desk, &call.requester()).await.map_err(fault)?;
    Ok(Reply::json(200, view::templates::templates(&found)))
}

pub(super) async fn show(call: Call) -> Result<Reply, Fault> {
    let found = look::one(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::json(200, view::templates::template(&found)))
}

pub(super) async fn create(call: Call) -> Result<Reply, Fault> {
    let asked = request::templates::Create::parse(&call.body)?;
    call.require(VolumeRule::VolumeCreate)?;
    call.require_project()?;
    let request = create::Create {
        name: asked.name,
        description: asked.description,
        image: asked.image,
        iso: asked.iso,
        size_gib: asked.size_gib,
        volume_type: asked.volume_type,
        availability_zone: asked.availability_zone,
    };
    let made = create::accept(&call.api.desk, &call.requester(), request).await.map_err(fault)?;
    Ok(Reply::json(202, view::templates::template(&made)))
}

pub(super) async fn delete(call: Call) -> Result<Reply, Fault> {
    delete::accept(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(super) async fn roll_out(call: Call) -> Result<Reply, Fault> {
    let (generation, asked) = request::templates::roll_out(&call.body)?;
    let which = match asked {
        request::templates::Which::All => Which::All,
        request::templates::Which::Canary(count) => {
            Which::Canary(usize::try_from(count).unwrap_or(usize::MAX))
        }
        request::templates::Which::These(ids) => Which::These(ids),
    };
    let (who, template) = (call.requester(), id(&call)?);
    let chosen = roll_out::accept(&call.api.desk, &who, template, generation, which).await;
    Ok(Reply::json(200, view::templates::desktops(&chosen.map_err(fault)?)))
}
