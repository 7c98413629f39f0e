//! Templates of desktops: a disk on which one is prepared, its generations, and the volumes that were made from them.
//!
//! A generation is an image of its own without data of its own: on each backend a base has its content, and the image
//! store what it differs in from the generation before, once another backend needs it. The first generation of a template
//! that was made from an image is that image. What stands on a generation never changes by itself: a desktop moves to
//! another one when it is reset.

pub mod create;
pub mod delete;
pub mod desktop;
pub mod look;
pub mod prune;
pub mod reset;
pub mod roll_out;
pub mod save;

pub(crate) mod difference;
pub(crate) mod digest;
pub(crate) mod export;

use model::{Generation, GenerationStatus, Refusal, Template, TemplateId, VolumeId};
use store::Conn;
use store::templates::generations;

use crate::{Refused, Requester};

/// The property by which the image of a generation says whose it is.
const TEMPLATE: &str = "besser_template";
/// The property by which it says which one it is.
const GENERATION: &str = "besser_generation";
/// The property by which it says which backend had it first: its data were not uploaded.
const BACKEND: &str = "besser_backend";

/// Finds a template that the requester may touch.
///
/// # Errors
/// Not found, or not allowed; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: TemplateId) -> Result<Template, Refused> {
    let found = store::templates::get(conn, id)?.filter(|template| who.sees(&template.project_id));
    let template = found.ok_or_else(|| Refusal::Absent(format!("Template {id} could not be found.")))?;
    (who.may)(&template.project_id, &template.user_id)?;
    Ok(template)
}

/// A generation on which something can stand.
pub(crate) fn usable(conn: &Conn<'_>, template: &Template, number: u64) -> Result<Generation, Refused> {
    let id = template.id;
    let found = generations::get(conn, id, number)?;
    let found = found.ok_or_else(|| {
        Refusal::Absent(format!("Generation {number} of template {id} could not be found."))
    })?;
    match found.status {
        GenerationStatus::Available => Ok(found),
        other => Err(Refusal::Conflict(format!("Generation {number} of template {id} is {other}.")).into()),
    }
}

/// The newest generation on which something can stand.
pub(crate) fn newest(conn: &Conn<'_>, template: &Template) -> Result<Option<Generation>, Refused> {
    let mut all = generations::of_template(conn, template.id)?;
    all.retain(|it| it.status == GenerationStatus::Available);
    Ok(all.pop())
}

/// Refuses what a volume that is the disk of a template cannot have done to it: `why_not`.
pub(crate) fn check_is_no_disk(conn: &Conn<'_>, volume: VolumeId, why_not: &str) -> Result<(), Refused> {
    match store::templates::of_disk(conn, volume)? {
        None => Ok(()),
        Some(template) => {
            let why = format!("Volume {volume} is the disk of template {}: {why_not}.", template.id);
            Err(Refusal::InvalidVolume(why).into())
        }
    }
}

fn conflict<T>(why: String) -> Result<T, Refused> {
    Err(Refusal::Conflict(why).into())
}
