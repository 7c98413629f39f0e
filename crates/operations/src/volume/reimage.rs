//! Writing the disk in an image over a volume.
//!
//! ```text
//! accept ──▶ begin (backend) ──▶ write ──▶ as it was, and it remembers the image
//!              │ given up          │ gives up
//!              ▼                   ▼
//!          as it was             error
//! ```
//!
//! The volume is `downloading` meanwhile. Whoever is let in to it while it is waits until this has ended.

use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::secret::Secret;
use model::{Image, ImageId, KeyId, Metadata, Refusal, Timestamp, Volume, VolumeId, VolumeStatus, status};
use ports::copy::{Target, copy};
use ports::volume::{Access, Disk, VolumeRef};
use ports::{ComputeEvent, DriverError, VolumeDriver, Work};
use serde::{Deserialize, Serialize};
use store::operations::{self, Holder, NewOperation, OperationRow};
use store::{Conn, Store, StoreError};

use super::create::image::{check_encryptable, check_fits, encrypt, key_of, must_hold, remembered};
use super::layer::{self, Missing};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::image::disk::{ImageSource, Opener};
use crate::luks::{Layer, LuksDisk};
use crate::messages::{self, About, Detail};
use crate::{
    Desk, Refused, Requester, Tools, attachment, compute_event, failure, image, volume, volume_queue,
};

pub(crate) const KIND: &str = "volume.reimage";

/// Waiting until nothing reads the volume any more. Nothing is touched yet.
const BEGIN: &str = "begin";
/// Writing.
const WRITE: &str = "write";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Reimage {
    /// The image.
    pub image: ImageId,
    /// Whether the volume may be promised to a server.
    pub reserved_too: bool,
}

/// Who asks, with the authority for each case.
#[derive(Clone)]
pub struct Askers {
    /// To see the volume.
    pub seeing: Requester,
    /// To write over one that nobody waits for.
    pub resting: Requester,
    /// To write over one that is promised to a server.
    pub reserved: Requester,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    source: ImageSource,
    remembered: Metadata,
    /// Where the status goes back to.
    before: VolumeStatus,
}

/// Accepts that a volume gets the content of an image. It is `downloading` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: Askers, id: VolumeId, asked: Reimage) -> Result<(), Refused> {
    let queue = desk.admit(move |conn, _| admit(conn, &who, id, asked)).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Askers, id: VolumeId, asked: Reimage) -> Result<String, Refused> {
    let volume = volume::find(conn, &who.seeing, id)?;
    let viewer = (!who.seeing.is_admin).then_some(&who.seeing.project_id);
    let found = store::images::get_visible(conn, asked.image, viewer)?;
    let found = found.ok_or_else(|| Refusal::Absent(format!("Image {} could not be found.", asked.image)))?;
    let who = if volume.status == VolumeStatus::Reserved { &who.reserved } else { &who.resting };
    (who.may)(&volume.project_id, &volume.user_id)?;
    check(conn, &volume, asked.reserved_too)?;
    check_fits(&found, volume.size_gib)?;
    let image_key = check_encryption(conn, &volume, &found)?;
    volume::check_not_frozen(conn, &volume)?;
    volume::check_not_held(conn, &volume)?;
    let Some(backend) = volume::backend(&volume) else {
        return Err(Refusal::InvalidVolume(format!("Volume {id} is on no backend.")).into());
    };
    store::volumes::begin_interim(conn, id, status::REIMAGE.interim)?;
    let args = Args {
        source: ImageSource::of(&found, image_key),
        remembered: remembered(&found),
        before: volume.status,
    };
    let queue = volume_queue(backend);
    operations::admit(
        conn,
        &NewOperation {
            args: serde_json::to_string(&args).unwrap_or_default(),
            reads: vec![image::key(found.id)],
            ..who.operation(KIND, volume::key(id), queue.clone(), BEGIN)
        },
    )?;
    Ok(queue)
}

fn check(conn: &Conn<'_>, volume: &Volume, reserved_too: bool) -> Result<(), Refused> {
    if store::attachments::of_volume(conn, volume.id)?.len() > 1 {
        let why = "Cannot re-image a volume which is attached to more than one server.";
        return Err(Refusal::Conflict(why.to_owned()).into());
    }
    let id = volume.id;
    let may_be_reserved = reserved_too && volume.status == VolumeStatus::Reserved;
    if !may_be_reserved && !status::REIMAGE.allows(volume.status) {
        let names = if reserved_too { "available or error or reserved" } else { "available or error" };
        let why = format!("Volume {id} status must be {names}, but current status is {}.", volume.status);
        return Err(Refusal::InvalidVolume(why).into());
    }
    Ok(())
}

/// Refuses what cannot be encrypted as the volume is; says which key opens the image.
fn check_encryption(conn: &Conn<'_>, volume: &Volume, image: &Image) -> Result<Option<KeyId>, Refused> {
    let image_key = key_of(conn, image)?;
    if let Some(volume_type) = store::volume_types::get(conn, volume.volume_type_id)? {
        check_encryptable(conn, image, image_key, volume.size_gib, &volume_type)?;
    }
    Ok(image_key)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return Step::Retry { after: Duration::from_secs(1), why: error.chain() },
    };
    match operation.phase.as_str() {
        BEGIN => begin(operation, &volume, args),
        WRITE => write(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

fn begin(operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    if operation.abandoned {
        return failed(operation, volume, Some(args.before), GIVEN_UP.to_owned());
    }
    let (id, key, since) = (volume.id, operation.resource.clone(), operation.created_at);
    Step::Decide(Box::new(move |conn| {
        let first = if operations::is_read(conn, &key)? {
            "a copy that is being made of it"
        } else if operations::holding(conn, &attachment::key(id))?.is_some_and(|it| it.created_at < since) {
            "a host that comes or goes"
        } else {
            return Ok((Next::Phase(WRITE), None));
        };
        Ok((failure::wait(conn, since, first), None))
    }))
}

/// Whether a host that asked `at` this time to come in has to wait for an image: one is being written over the volume, or
/// was asked for before. Who asked first goes first, so that the two never wait for each other. When the store cannot say,
/// waiting is the safe answer.
pub(crate) async fn goes_before(store: &Store, id: VolumeId, at: Timestamp) -> bool {
    let holder = store.read(move |conn| operations::holding(conn, &volume::key(id))).await;
    let is_first = |holder: Holder| holder.kind == KIND && (holder.phase == WRITE || holder.created_at <= at);
    holder.map_or(true, |holder| holder.is_some_and(is_first))
}

async fn write(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let give_up = |why: String| failed(operation, volume, None, why);
    if operation.abandoned {
        return give_up(GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up("its backend is not one of this process".to_owned());
    };
    let layers = match layers(tools, operation, volume, &args).await {
        Ok(layers) => layers,
        Err((why, may_pass)) => {
            return failure::again_after(operation, &tools.settings, why, may_pass).unwrap_or_else(give_up);
        }
    };
    let (opener, target) = (Opener::of(tools), volume::driver_ref(volume));
    let source = args.source.clone();
    let written = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let disk = source.open(&opener)?;
        let opened = layers.image.as_ref().map(|passphrase| LuksDisk::open(&*disk, passphrase)).transpose();
        let opened = opened.map_err(DriverError::io("opening an encrypted image"))?;
        let source: &dyn Disk = match &opened {
            None => &*disk,
            Some(Some(content)) => content,
            Some(None) => {
                return Err(DriverError::Refused("nothing was ever written to the image".to_owned()));
            }
        };
        let container = layers.volume.as_ref().map(|layer| layer.container);
        must_hold(source, target.size_gib, container)?;
        write_over(driver, work, &target, source, layers.volume.as_ref())
    });
    match written.await {
        Ok(()) => finish(tools.compute.is_some(), operation, volume.id, args),
        Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(give_up),
    }
}

/// What opens the image, and what the volume is encrypted with.
struct Layers {
    image: Option<Secret<String>>,
    volume: Option<Layer>,
}

async fn layers(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
) -> Result<Layers, Missing> {
    let image = match args.source.key {
        Some(key) => Some(layer::passphrase(tools, &operation.resource, key).await?),
        None => None,
    };
    Ok(Layers { image, volume: layer::of(tools, &operation.resource, volume).await? })
}

fn write_over(
    driver: &dyn VolumeDriver,
    work: &Work,
    volume: &VolumeRef,
    source: &dyn Disk,
    layer: Option<&Layer>,
) -> Result<(), DriverError> {
    let target = driver.open_volume(volume, Access::Write)?;
    match layer {
        None => Ok(copy(source, &*target, Target::Unknown, work)?),
        Some(layer) => encrypt(source, &*target, layer, &volume.id.to_string(), work),
    }
}

fn finish(tells_compute: bool, operation: &OperationRow, id: VolumeId, args: Args) -> Step {
    let cause = operation.clone();
    Step::done(move |conn| {
        let image_metadata = Some(args.remembered);
        store::volumes::edit(conn, id, &store::volumes::Edit { image_metadata, ..Default::default() })?;
        rest(conn, id, args.before)?;
        compute_event::admit(conn, tells_compute, &cause, ComputeEvent::VolumeReimaged, id)
    })
}

/// The volume may have parts of either content, and says so with its status unless it was not touched.
fn failed(operation: &OperationRow, volume: &Volume, untouched: Option<VolumeStatus>, why: String) -> Step {
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            match untouched {
                Some(before) => rest(conn, id, before)?,
                None => spoil(conn, id)?,
            }
            let action = Action::CopyImageToVolume;
            messages::write(conn, &operation, About::Volume, action, &Detail::Backend(told))
        }),
    }
}

/// Even to whom it was promised meanwhile the volume is not what it was.
fn spoil(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let from = [status::REIMAGE.interim, VolumeStatus::Reserved, VolumeStatus::Attaching];
    store::volumes::set_status_from(conn, id, &from, status::REIMAGE.failed).map(drop)
}

fn rest(conn: &Conn<'_>, id: VolumeId, to: VolumeStatus) -> Result<(), StoreError> {
    let to = match to {
        VolumeStatus::Reserved => store::attachments::resting_status(conn, id)?,
        other => volume::rested(conn, id, other)?,
    };
    store::volumes::set_status_from(conn, id, &[status::REIMAGE.interim], to).map(drop)
}
