//! Making an image of a volume.
//!
//! ```text
//! accept ──▶ begin (backend) ──▶ [key] ──▶ [still] ──▶ upload ──▶ [release]: image active
//!              │ given up          │          │           │ gives up
//!              └───────────────────┴──────────┴───────────┴──▶ undo ──▶ [release]: no image
//! ```
//!
//! The volume is `uploading` meanwhile and as its attachments say afterwards, whatever becomes of the image. An encrypted
//! volume goes into the image as it is, and the image gets a copy of its key. An attached volume is read from a still
//! ([`crate::volume::still`]), where its driver can take one, and else as it is.

mod copy;
mod key;
mod limit;
mod still;

use copy::Place;

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{
    Image, ImageId, ImageStatus, ImageVisibility, Metadata, Refusal, Volume, VolumeId, VolumeStatus, status,
};
use ports::volume::Access;
use serde::{Deserialize, Serialize};
use store::images::Edit;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::image::digest::Known;
use crate::image::disk::qemu_format;
use crate::image::upload::{becoming, check_content, location};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Settings, Tools, failure, image, volume, volume_queue};

pub(crate) const KIND: &str = "volume.upload";

/// Nothing is touched yet.
const BEGIN: &str = "begin";
/// Copying the key of an encrypted volume.
const KEY: &str = "key";
/// Taking a still of an attached volume.
const STILL: &str = "still";
/// Putting the data.
const UPLOAD: &str = "upload";
/// Removing the still.
const RELEASE: &str = "release";
/// Removing what was put.
const UNDO: &str = "undo";

/// What volumes remember of an image that the next image says of itself, or that is nobody else's business.
const NOT_INHERITED: [&str; 10] = [
    "checksum",
    "container_format",
    "disk_format",
    "image_id",
    "image_name",
    "min_disk",
    "min_ram",
    "name",
    "size",
    "signature_verified",
];

/// What the image is to be.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub image_name: String,
    /// `raw`, `qcow2`, …
    pub disk_format: String,
    /// `bare`, …
    pub container_format: String,
    /// Who sees it.
    pub visibility: ImageVisibility,
    /// Whether it can be deleted.
    pub protected: bool,
    /// Whether the volume may be attached, where `enable_force_upload` allows that.
    pub force: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    image: ImageId,
    disk_format: String,
    /// Whether the volume was attached when this was asked for.
    attached: bool,
    /// Whether it is read from a still.
    from_still: bool,
    failure: Option<String>,
}

/// Accepts that an image is made of a volume. The volume is `uploading`, and the image there, when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    upload: Upload,
) -> Result<(Volume, Image), Refused> {
    let who = who.clone();
    let (volume, image, queue) =
        desk.admit(move |conn, settings| admit(conn, settings, &who, id, upload)).await?;
    desk.hints.give(&queue);
    Ok((volume, image))
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: VolumeId,
    upload: Upload,
) -> Result<(Volume, Image, String), Refused> {
    let volume = volume::find(conn, who, id)?;
    let by_force = upload.force && settings.force_upload;
    let (from, named) = match by_force {
        true => (status::UPLOADABLE_BY_FORCE, "available or in-use"),
        false => (status::UPLOADABLE, "available"),
    };
    if !from.contains(&volume.status) {
        return Err(Refusal::InvalidVolume(format!("Volume {id} status must be {named}")).into());
    }
    if volume.encryption_key_id.is_some()
        && !(upload.disk_format == "raw" && upload.container_format == "bare")
    {
        let why = "An encrypted volume uploaded as an image must use 'raw' disk_format and 'bare' container_format, \
                   which are the defaults for these options.";
        return Err(Refusal::BadRequest(why.to_owned()).into());
    }
    if upload.disk_format != "raw" && qemu_format(&upload.disk_format).is_none() {
        let why = format!("Volumes are not converted to {}.", upload.disk_format);
        return Err(Refusal::InvalidInput(why).into());
    }
    if upload.container_format == "compressed" {
        let why = "Volumes are not compressed as a whole: container_format is to be something else than compressed.";
        return Err(Refusal::InvalidInput(why.to_owned()).into());
    }
    volume::check_not_held(conn, &volume)?;
    let Some(backend) = volume::backend(&volume) else {
        return Err(Refusal::InvalidVolume(format!("Volume {id} is on no backend.")).into());
    };
    let image = record(conn, who, &volume, upload);
    store::images::insert(conn, &image)?;
    store::volumes::set_status(conn, id, status::UPLOADING)?;
    let queue = volume_queue(backend);
    let disk_format = image.disk_format.clone().unwrap_or_default();
    let attached = volume.status == VolumeStatus::InUse;
    let args = Args { image: image.id, disk_format, attached, from_still: false, failure: None };
    operations::admit(
        conn,
        &NewOperation {
            kind: KIND,
            resource: volume::key(id),
            project_id: who.project_id.clone(),
            user_id: who.user_id.clone(),
            request_id: who.request_id.clone(),
            queue: queue.clone(),
            phase: BEGIN,
            args: args.to_json(),
            // Who deletes the image waits with its data until they are all there.
            reads: vec![image::key(image.id)],
        },
    )?;
    let volume = Volume { status: status::UPLOADING, ..volume };
    Ok((volume, image, queue))
}

pub(crate) fn record(conn: &Conn<'_>, who: &Requester, volume: &Volume, upload: Upload) -> Image {
    let inherited = volume.image_metadata.0.iter().filter(|(key, _)| !NOT_INHERITED.contains(&key.as_str()));
    Image {
        id: ImageId::random(),
        owner: Some(who.project_id.clone()),
        name: Some(upload.image_name),
        status: ImageStatus::Queued,
        visibility: upload.visibility,
        disk_format: Some(upload.disk_format),
        container_format: Some(upload.container_format),
        size_bytes: None,
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: upload.protected,
        hidden: false,
        properties: inherited.map(|(key, value)| (key.clone(), value.clone())).collect::<Metadata>(),
        tags: BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: conn.now(),
        updated_at: conn.now(),
    }
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What follows once the image has its key, if it needs one.
    const fn after_key(&self) -> &'static str {
        if self.from_still { STILL } else { UPLOAD }
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        BEGIN => begin(tools, operation, &volume, args),
        KEY => key::copy(tools, operation, &volume, args).await,
        STILL => still::take(tools, operation, &volume, args, progress).await,
        UPLOAD => upload(tools, operation, &volume, args, progress).await,
        RELEASE => still::release(tools, operation, &volume, args, progress).await,
        UNDO => undo(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

fn begin(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let (id, limits) = (args.image, tools.image_limits.clone());
    let from_still = args.attached && volume::still::is_possible(tools, volume);
    let args = Args { from_still, ..args };
    let next = if volume.encryption_key_id.is_some() { KEY } else { args.after_key() };
    // Of other formats it is not known before.
    let bytes = if args.disk_format == "raw" { volume.size_gib.saturating_mul(model::GIB) } else { 0 };
    Step::Decide(Box::new(move |conn| {
        if let Some(why) = limit::passed(conn, limits.as_deref(), id, bytes)? {
            return Ok((Next::Phase(UNDO), Some(Args { failure: Some(why), ..args }.to_json())));
        }
        let from = [ImageStatus::Queued];
        store::images::set_status_from(conn, id, &from, ImageStatus::Saving, None)?;
        Ok((Next::Phase(next), Some(args.to_json())))
    }))
}

async fn upload(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, "its backend is not one of this process".to_owned());
    };
    let Some((name, store)) = default_store(tools) else {
        return give_up(args, "this process keeps no images".to_owned());
    };
    let still = args.from_still.then(|| volume::still::of(volume, still::id(args.image)));
    let (source, exec, kept_in) = (volume::driver_ref(volume), tools.exec.clone(), Arc::clone(&store));
    let (id, disk_format) = (args.image, args.disk_format.clone());
    let most_bytes = match limit::most_bytes(tools, id).await {
        Ok(most) => most,
        Err(error) => return failure::store_failed(&error),
    };
    let scratch = tools.scratch.clone();
    let put = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let to = Place { store: &*kept_in, id, most_bytes, scratch: scratch.as_ref() };
        let disk = match &still {
            Some(still) => driver.open_snapshot(still)?,
            None => driver.open_volume(&source, Access::Read)?,
        };
        copy::put(&*disk, &to, &disk_format, &exec, work)
    });
    let (known, virtual_size_bytes) = match put.await {
        Ok(put) => put,
        Err(error) => {
            return failure::again(operation, &tools.settings, &error)
                .unwrap_or_else(|why| give_up(args, why));
        }
    };
    let at = location(&name, &*store, id);
    let (limits, must_match) = (tools.image_limits.clone(), tools.require_format_match);
    let (volume, is_encrypted) = (volume.id, volume.encryption_key_id.is_some());
    Step::Decide(Box::new(move |conn| {
        let mut refused = limit::passed(conn, limits.as_deref(), id, known.size_bytes)?;
        // What an encrypted volume holds is a container, and said to be raw all the same.
        if refused.is_none() && !is_encrypted {
            refused = content_refused(conn, id, &known, must_match)?;
        }
        if refused.is_some() {
            return Ok((Next::Phase(UNDO), Some(Args { failure: refused, ..args }.to_json())));
        }
        let edit = Edit { locations: Some(vec![at]), ..becoming(known, Some(virtual_size_bytes)) };
        // An image that was deleted meanwhile stays so; its data are removed once this has ended.
        if store::images::set_status_from(conn, id, &[ImageStatus::Saving], ImageStatus::Active, None)? {
            store::images::edit(conn, id, &edit)?;
        }
        rest(conn, volume)?;
        Ok((if args.from_still { Next::Phase(RELEASE) } else { Next::Done }, None))
    }))
}

/// Why what a machine has written to its disk makes no image: others would take it for more than bytes.
fn content_refused(
    conn: &Conn<'_>,
    id: ImageId,
    known: &Known,
    must_match: bool,
) -> Result<Option<String>, StoreError> {
    let Some(image) = store::images::get(conn, id)? else { return Ok(None) };
    Ok(check_content(&image, known, must_match).err().map(|denied| denied.to_string()))
}

fn default_store(tools: &Tools) -> Option<(String, Arc<dyn ports::ImageStore>)> {
    let stores = tools.image_stores.as_ref()?;
    Some((stores.default.clone(), Arc::clone(stores.writable(&stores.default)?)))
}

fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(UNDO), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

/// Removes what was put, which has its name already when the commit failed after it, and the record. An upload that was
/// given up may still be about to name its data: that has ended before.
async fn undo(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let id = args.image;
    if let Some((_, store)) = default_store(tools) {
        let removed = tools.effects.work(&operation.resource, progress, move |_| store.remove(id));
        if let Err(error) = removed.await {
            match failure::insist(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(image = %id, why, "the data of an image without a record are left")
                }
            }
        }
    }
    if let Some(step) = key::remove(tools, operation, volume, id).await {
        return step;
    }
    let why = args.failure.clone().unwrap_or_else(|| "the backend gave up".to_owned());
    let (volume, operation, told) = (volume.id, operation.clone(), why.clone());
    let args = Args { failure: Some(why.clone()), ..args };
    Step::Advance {
        next: if args.from_still { Next::Phase(RELEASE) } else { Next::Failed(why) },
        args: Some(args.to_json()),
        change: Box::new(move |conn| {
            store::images::remove(conn, id)?;
            store::image_keys::remove(conn, id)?;
            rest(conn, volume)?;
            let action = Action::CopyVolumeToImage;
            messages::write(conn, &operation, About::Volume, action, &Detail::Backend(told))
        }),
    }
}

fn rest(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let to: VolumeStatus = store::attachments::resting_status(conn, id)?;
    store::volumes::set_status_from(conn, id, &[status::UPLOADING], to).map(drop)
}
