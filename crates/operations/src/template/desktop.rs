//! Making a desktop: a volume that stands on a generation.

use model::{Desktop, TemplateId, Volume};
use store::Conn;

use super::{conflict, find, usable};
use crate::volume::create::{Create as NewVolume, Sources, admit_volume};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings};

/// A request for a desktop.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Size in GiB; none takes that of the generation.
    pub size_gib: Option<u64>,
    /// The generation; none takes the one that new desktops get.
    pub generation: Option<u64>,
    /// Volume type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

/// Accepts a desktop. Its volume is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn create(
    desk: &Desk,
    who: &Requester,
    id: TemplateId,
    request: Create,
) -> Result<(Desktop, Volume), Refused> {
    let who = who.clone();
    let made = desk.admit(move |conn, settings| admit(conn, settings, &who, id, &request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(made)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: TemplateId,
    request: &Create,
) -> Result<(Desktop, Volume), Refused> {
    let template = find(conn, who, id)?;
    let Some(number) = request.generation.or(template.current) else {
        return conflict(format!("Template {id} has no generation yet."));
    };
    let generation = usable(conn, &template, number)?;
    let disk = store::volumes::get(conn, template.volume_id)?;
    let of_disk = disk.map(|disk| disk.volume_type_id.to_string());
    let new = NewVolume {
        name: request.name.clone(),
        size_gib: request.size_gib.or(Some(generation.size_gib)),
        volume_type: request.volume_type.clone().or(of_disk),
        availability_zone: request.availability_zone.clone(),
        sources: Sources { image_ref: Some(generation.image_id.to_string()), ..Sources::default() },
        on_base: true,
        ..NewVolume::default()
    };
    let volume = admit_volume(conn, settings, who, &new)?;
    let desktop = Desktop { volume_id: volume.id, template_id: id, generation: number, target: None };
    store::templates::forget_desktops(conn, id)?;
    store::templates::insert_desktop(conn, &desktop)?;
    Ok((desktop, volume))
}
