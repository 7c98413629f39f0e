//! Writing the disk in an image over a volume.
//!
//! ```text
//! accept ──▶ begin (backend) ──▶ look ──▶ write ──▶ as it was, and it remembers the image
//!              │ given up         │ gives up │ gives up
//!              ▼                  ▼          ▼
//!          as it was          as it was    error
//! ```
//!
//! The generation of a template is read from its base on the backend of the volume, and is brought there first.
//! The volume is `downloading` meanwhile. Whoever is let in to it while it is waits until this has ended.

mod write;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{
    BaseId, Image, ImageId, KeyId, Metadata, Refusal, Timestamp, Volume, VolumeId, VolumeStatus, status,
};
use ports::ComputeEvent;
use serde::{Deserialize, Serialize};
use store::operations::{self, Holder, NewOperation, OperationRow};
use store::{Conn, Store, StoreError};

use super::create::image::{check_encryptable, check_fits, key_of, remembered};
use crate::base::want::{Awaited, Place, awaited};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::image::disk::ImageSource;
use crate::messages::{self, About, Detail};
use crate::{
    Desk, Refused, Requester, Tools, attachment, base, compute_event, failure, image, volume, volume_queue,
};

pub(crate) const KIND: &str = "volume.reimage";

/// Waiting until nothing reads the volume any more. Nothing is touched yet.
const BEGIN: &str = "begin";
/// Looking whether the image can be read, and fits. Data on the web are not fetched twice for that.
const LOOK: &str = "look";
/// Writing.
const WRITE: &str = "write";

const NOT_OURS: &str = "its backend is not one of this process";

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
    /// Whether the image is the generation of a template, which is nowhere but in bases.
    on_base: bool,
    /// The base that it is read from.
    base: Option<BaseId>,
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
        on_base: store::templates::generations::saved_as(conn, found.id)?.is_some(),
        base: None,
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
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        BEGIN => begin(tools, operation, &volume, args),
        LOOK => write::look(tools, operation, &volume, args, progress).await,
        WRITE => write::write(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

fn begin(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let untouched = Some(args.before);
    if operation.abandoned {
        return failed(operation, volume, untouched, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, volume, untouched, NOT_OURS.to_owned());
    };
    if args.on_base && backend.driver.bases().is_none() {
        let why = format!("the image is the generation of a template, and {} keeps none", backend.host);
        return failed(operation, volume, untouched, why);
    }
    let pool = volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned);
    let place = Place { backend: backend.host.clone(), pool };
    let (id, operation) = (volume.id, operation.clone());
    Step::Decide(Box::new(move |conn| {
        let (key, since) = (&operation.resource, operation.created_at);
        let first = if operations::is_read(conn, key)? {
            "a copy that is being made of it"
        } else if operations::holding(conn, &attachment::key(id))?.is_some_and(|it| it.created_at < since) {
            "a host that comes or goes"
        } else if !args.on_base {
            return Ok((Next::Phase(args.after_begin()), None));
        } else {
            match awaited(conn, &operation, &place, args.source.id)? {
                Awaited::There(base) => {
                    let args = Args { base: Some(base), ..args };
                    return Ok((Next::Phase(LOOK), serde_json::to_string(&args).ok()));
                }
                Awaited::Coming => base::COMING,
                Awaited::Never(why) => {
                    rest(conn, id, args.before)?;
                    tell(conn, &operation, why.clone())?;
                    return Ok((Next::Failed(why), None));
                }
            }
        };
        Ok((failure::wait(conn, since, first), None))
    }))
}

impl Args {
    fn after_begin(&self) -> &'static str {
        if self.source.is_on_the_web() { WRITE } else { LOOK }
    }
}

/// Whether a host that asked `at` this time to come in has to wait for an image: one is being written over the volume, or
/// was asked for before. Who asked first goes first, so that the two never wait for each other. When the store cannot say,
/// waiting is the safe answer.
pub(crate) async fn goes_before(store: &Store, id: VolumeId, at: Timestamp) -> bool {
    let holder = store.read(move |conn| operations::holding(conn, &volume::key(id))).await;
    let is_first = |holder: Holder| {
        let has_begun = [LOOK, WRITE].contains(&holder.phase.as_str());
        holder.kind == KIND && (has_begun || holder.created_at <= at)
    };
    holder.map_or(true, |holder| holder.is_some_and(is_first))
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
            tell(conn, &operation, told)
        }),
    }
}

fn tell(conn: &Conn<'_>, operation: &OperationRow, why: String) -> Result<(), StoreError> {
    messages::write(conn, operation, About::Volume, Action::VolumeReimage, &Detail::Backend(why))
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
