//! Templates of desktops, their generations, and their desktops.

use model::{Base, Desktop, Generation, Template, Volume};

use super::{Raw, list, one};
use crate::json::write::{Object, array, object};
use crate::links::Around;

/// A generation with the bases that it is in, each with how far it is in per cent.
pub struct Placed<'a> {
    /// The generation.
    pub generation: &'a Generation,
    /// Where it is, or is on its way to.
    pub places: Vec<(&'a Base, Option<u8>)>,
}

/// `{"template": {…}}`
#[must_use]
pub fn template(shown: &Template) -> Vec<u8> {
    one("template", |pairs| write_template(pairs, shown))
}

/// `{"templates": [{…}]}`
#[must_use]
pub fn templates(shown: &[Template]) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, shown| object(out, |pairs| write_template(pairs, shown));
    list("templates", "templates_links", shown, item, &Around::default())
}

/// `{"generation": {…}}`
#[must_use]
pub fn generation(shown: &Placed<'_>) -> Vec<u8> {
    one("generation", |pairs| write_generation(pairs, shown))
}

/// `{"generations": [{…}]}`
#[must_use]
pub fn generations(shown: &[Placed<'_>]) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, shown| object(out, |pairs| write_generation(pairs, shown));
    list("generations", "generations_links", shown, item, &Around::default())
}

/// `{"desktop": {…}}` of one that is being made.
#[must_use]
pub fn new_desktop(shown: &Desktop, volume: &Volume) -> Vec<u8> {
    one("desktop", |pairs| {
        write_desktop(pairs, shown);
        pairs.put("name", volume.name.as_deref()).put("size", volume.size_gib).put("status", volume.status);
    })
}

/// `{"desktops": [{…}]}`
#[must_use]
pub fn desktops(shown: &[Desktop]) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, shown| object(out, |pairs| write_desktop(pairs, shown));
    list("desktops", "desktops_links", shown, item, &Around::default())
}

/// `{"reset": {…}}`: the generation that a disk is being reset to; null when it stays as it is.
#[must_use]
pub fn reset(generation: Option<u64>) -> Vec<u8> {
    one("reset", |pairs| {
        pairs.put("generation", generation);
    })
}

fn write_template(pairs: &mut Object<'_>, shown: &Template) {
    pairs
        .put("id", shown.id)
        .put("name", shown.name.as_deref())
        .put("description", shown.description.as_deref())
        .put("project_id", &shown.project_id)
        .put("user_id", &shown.user_id)
        .put("volume_id", shown.volume_id)
        .put("iso_volume_id", shown.iso_volume_id)
        .put("disk_generation", shown.disk_generation)
        .put("current_generation", shown.current)
        .put("created_at", shown.created_at)
        .put("updated_at", shown.updated_at);
}

fn write_generation(pairs: &mut Object<'_>, shown: &Placed<'_>) {
    let it = shown.generation;
    pairs
        .put("number", it.number)
        .put("template_id", it.template_id)
        .put("image_id", it.image_id)
        .put("parent", it.parent)
        .put("status", it.status.as_str())
        .put("failure", it.failure.as_deref())
        .put("size", it.size_gib)
        .put("changed_bytes", it.changed_bytes)
        .put("sha256", it.sha256.as_deref())
        .put("saved_on", it.backend.as_deref())
        .put("exported", it.exported)
        .put("note", it.note.as_deref())
        .put("created_at", it.created_at);
    let place = |out: &mut Vec<u8>, (base, progress): &(&Base, Option<u8>)| {
        object(out, |pairs| {
            pairs
                .put("backend", base.backend.as_str())
                .put("status", base.status.as_str())
                .put("progress", progress.map(u64::from))
                .put("failure", base.failure.as_deref());
        });
    };
    pairs.put("backends", Raw(|out| array(out, &shown.places, place)));
}

fn write_desktop(pairs: &mut Object<'_>, shown: &Desktop) {
    pairs
        .put("volume_id", shown.volume_id)
        .put("template_id", shown.template_id)
        .put("generation", shown.generation)
        .put("target_generation", shown.target);
}
