//! Making a template: its disk stands on an image, or is blank, with a medium beside it to install from.

use model::{GIB, Generation, GenerationStatus, Image, Refusal, Template, TemplateId, Volume};
use store::Conn;
use store::templates::generations;

use super::conflict;
use crate::volume::create::{Create as NewVolume, Sources, admit_volume, named_image};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings};

/// A request for a template. It names an image or a medium.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The image that the disk stands on.
    pub image: Option<String>,
    /// The image of a medium from which the disk, which is blank, is installed.
    pub iso: Option<String>,
    /// Size of the disk in GiB; none takes what the image needs.
    pub size_gib: Option<u64>,
    /// Volume type of the disks.
    pub volume_type: Option<String>,
    /// Zone of the disks.
    pub availability_zone: Option<String>,
}

/// Accepts a template. Its disks are `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<Template, Refused> {
    let who = who.clone();
    let template = desk.admit(move |conn, settings| admit(conn, settings, &who, &request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(template)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: &Create,
) -> Result<Template, Refused> {
    let disk = |image: Option<&Image>, size_gib: Option<u64>, what: &str| -> Result<Volume, Refused> {
        let new = NewVolume {
            name: Some(format!("{} {what}", request.name.as_deref().unwrap_or("template"))),
            size_gib: size_gib.or_else(|| image.map(needed_gib)),
            volume_type: request.volume_type.clone(),
            availability_zone: request.availability_zone.clone(),
            sources: Sources { image_ref: image.map(|image| image.id.to_string()), ..Sources::default() },
            on_base: image.is_some(),
            ..NewVolume::default()
        };
        admit_volume(conn, settings, who, &new)
    };
    let (volume, iso, image) = match (&request.image, &request.iso) {
        (Some(image), None) => {
            let image = named_image(conn, who, image)?;
            check_stays(conn, &image)?;
            (disk(Some(&image), request.size_gib, "disk")?, None, Some(image))
        }
        (None, Some(iso)) => {
            let iso = named_image(conn, who, iso)?;
            (disk(None, request.size_gib, "disk")?, Some(disk(Some(&iso), None, "medium")?), None)
        }
        _ => {
            let why = "A template is made from either an image or an ISO.";
            return Err(Refusal::InvalidInput(why.to_owned()).into());
        }
    };
    let first = image.as_ref().map(|_| 1);
    let template = Template {
        id: TemplateId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name.clone(),
        description: request.description.clone(),
        volume_id: volume.id,
        iso_volume_id: iso.map(|iso| iso.id),
        disk_generation: first,
        current: first,
        created_at: conn.now(),
        updated_at: conn.now(),
    };
    store::templates::insert(conn, &template)?;
    if let Some(image) = image {
        generations::insert(conn, &of_image(conn, &template, &image))?;
    }
    Ok(template)
}

/// Refuses the image of a generation that goes as soon as nothing builds on it.
fn check_stays(conn: &Conn<'_>, image: &Image) -> Result<(), Refused> {
    let saved = generations::saved_as(conn, image.id)?;
    match saved.filter(|it| it.status != GenerationStatus::Available) {
        None => Ok(()),
        Some(it) => conflict(format!(
            "Image {} is generation {} of template {}, which is {}.",
            image.id, it.number, it.template_id, it.status
        )),
    }
}

/// The least size of a disk with this image in it, in GiB.
fn needed_gib(image: &Image) -> u64 {
    let bytes = image.virtual_size_bytes.or(image.size_bytes).unwrap_or(0);
    bytes.div_ceil(GIB).max(image.min_disk_gib).max(1)
}

/// The generation that is an image as it was uploaded.
fn of_image(conn: &Conn<'_>, template: &Template, image: &Image) -> Generation {
    let bytes = image.virtual_size_bytes.or(image.size_bytes).unwrap_or(0);
    Generation {
        template_id: template.id,
        number: 1,
        image_id: image.id,
        parent: None,
        status: GenerationStatus::Available,
        failure: None,
        size_gib: bytes.div_ceil(GIB).max(1),
        changed_bytes: None,
        sha256: None,
        backend: None,
        exported: true,
        note: None,
        created_at: conn.now(),
    }
}
