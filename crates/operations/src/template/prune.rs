//! Pruning a generation: nobody gets it any more, and its data go as soon as nothing builds on them.

use model::{Generation, GenerationStatus, Template, TemplateId, VolumeId};
use ports::volume::bases::of_location;
use store::Conn;
use store::operations::admit_after;
use store::templates::generations;

use super::{conflict, find, reset};
use crate::base::cache::let_go;
use crate::cause::Cause;
use crate::{Desk, Refused, Requester, image, report_hint, volume_queue};

/// Prunes a generation.
///
/// # Errors
/// Something stands on it, gets it, or is being done with it; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: TemplateId, number: u64) -> Result<(), Refused> {
    let who = who.clone();
    let hints = desk.admit(move |conn, _| {
        let template = find(conn, &who, id)?;
        let why_not = |why: &str| conflict(format!("Generation {number} of template {id} {why}."));
        let Some(generation) = generations::get(conn, id, number)? else {
            let why = format!("Generation {number} of template {id} could not be found.");
            return Err(model::Refusal::Absent(why).into());
        };
        if generation.status == GenerationStatus::Saving {
            return why_not("is being saved");
        }
        if template.current == Some(number) {
            return why_not("is the one that new desktops get");
        }
        if template.disk_generation == Some(number) || stands(conn, template.volume_id, &generation)? {
            return why_not("is what the disk of the template stands on: reset it to another one first");
        }
        check_not_elsewhere(conn, &generation)?;
        if reset::under_way(conn, template.volume_id)? == Some(number) {
            return why_not("is what the disk of the template is being reset to");
        }
        for desktop in store::templates::desktops(conn, id)? {
            let needs = desktop.generation == number || desktop.target == Some(number);
            if reset::under_way(conn, desktop.volume_id)? == Some(number) {
                return why_not(&format!("is what desktop {} is being reset to", desktop.volume_id));
            }
            if needs || stands(conn, desktop.volume_id, &generation)? {
                return why_not(&format!("is used by desktop {}", desktop.volume_id));
            }
        }
        generations::set_status(conn, id, number, GenerationStatus::Pruned, None)?;
        sweep(conn, &who.cause(), &template)
    });
    for hint in hints.await? {
        desk.hints.give(&hint);
    }
    Ok(())
}

/// Refuses what would take its image from a template that was made from a generation of this one.
pub(super) fn check_not_elsewhere(conn: &Conn<'_>, generation: &Generation) -> Result<(), Refused> {
    let (id, number) = (generation.template_id, generation.number);
    let is_ours = generation.backend.is_some();
    match generations::elsewhere(conn, id, generation.image_id)?.filter(|_| is_ours) {
        None => Ok(()),
        Some(other) => conflict(format!(
            "Generation {number} of template {id} is generation {} of template {}, which was made from it.",
            other.number, other.template_id
        )),
    }
}

/// Whether a volume stands on the generation as its row says.
fn stands(conn: &Conn<'_>, volume: VolumeId, generation: &Generation) -> Result<bool, Refused> {
    let volume = store::volumes::get(conn, volume)?;
    let base = volume.and_then(|volume| of_location(volume.provider_location.as_deref()));
    let base = base.map(|id| store::bases::get(conn, id)).transpose()?.flatten();
    Ok(base.is_some_and(|base| base.image_id == generation.image_id))
}

/// Removes pruned generations on which no other builds, the newest first; answers with the hints to give.
pub(super) fn sweep(conn: &Conn<'_>, cause: &Cause, template: &Template) -> Result<Vec<String>, Refused> {
    let mut left = generations::of_template(conn, template.id)?;
    let mut hints = Vec::new();
    for gone in left.clone().into_iter().rev() {
        let is_built_on = left.iter().any(|it| it.parent == Some(gone.number));
        if gone.status != GenerationStatus::Pruned || is_built_on {
            continue;
        }
        hints.extend(remove(conn, cause, &gone)?);
        left.retain(|it| it.number != gone.number);
    }
    Ok(hints)
}

/// Removes a generation, and the image that it was saved as; the image that a template was made from is its owner's.
pub(super) fn remove(conn: &Conn<'_>, cause: &Cause, gone: &Generation) -> Result<Vec<String>, Refused> {
    generations::remove(conn, gone.template_id, gone.number)?;
    let mut hints = Vec::new();
    if let Some(backend) = &gone.backend {
        store::images::remove(conn, gone.image_id)?;
        for base in store::bases::of_image(conn, gone.image_id)? {
            // One that is needed still goes when its backend is looked at again.
            let goes = let_go(conn, cause, &base)?;
            hints.push(if goes { volume_queue(&base.backend) } else { report_hint(&base.backend) });
        }
        // Whoever put its data into the image store removes them there.
        let queue = volume_queue(backend);
        let key = image::key(gone.image_id);
        admit_after(conn, &cause.operation(image::delete::KIND, key, queue.clone(), image::delete::TURN))?;
        hints.push(queue);
    }
    Ok(hints)
}
