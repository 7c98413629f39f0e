//! `/templates/{template_id}/generations`.

use model::Refusal;
use operations::template::look::{self, Seen};
use operations::template::{prune, save};
use wire::view::templates::{Placed, generation, generations};
use wire::{Fault, request};

use super::{Call, id, number};
use crate::http::Reply;
use crate::volume_v3::call::fault;

fn placed(seen: &Seen) -> Placed<'_> {
    let places = seen.places.iter().map(|place| (&place.base, place.progress)).collect();
    Placed { generation: &seen.generation, places }
}

pub(in crate::volume_v3) async fn list(call: Call) -> Result<Reply, Fault> {
    let found = look::all_generations(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::json(200, generations(&found.iter().map(placed).collect::<Vec<_>>())))
}

pub(in crate::volume_v3) async fn show(call: Call) -> Result<Reply, Fault> {
    let (template, number) = (id(&call)?, number(&call)?);
    let found = look::all_generations(&call.api.desk, &call.requester(), template).await.map_err(fault)?;
    match found.iter().find(|it| it.generation.number == number) {
        Some(seen) => Ok(Reply::json(200, generation(&placed(seen)))),
        None => {
            let why = format!("Generation {number} of template {template} could not be found.");
            Err(Refusal::Absent(why).into())
        }
    }
}

/// Saves the disk.
pub(in crate::volume_v3) async fn create(call: Call) -> Result<Reply, Fault> {
    let note = request::templates::save(&call.body)?;
    let saved = save::accept(&call.api.desk, &call.requester(), id(&call)?, note).await.map_err(fault)?;
    Ok(Reply::json(202, generation(&Placed { generation: &saved, places: Vec::new() })))
}

pub(in crate::volume_v3) async fn delete(call: Call) -> Result<Reply, Fault> {
    let (template, number) = (id(&call)?, number(&call)?);
    prune::accept(&call.api.desk, &call.requester(), template, number).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
