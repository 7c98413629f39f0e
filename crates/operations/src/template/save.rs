//! Saving: what the disk of a template holds becomes a generation.
//!
//! ```text
//! accept ──▶ seal (backend) ──▶ saved; its hash is found by `generation.digest`
//!              │ gives up
//!              ▼
//!           clean up ──▶ error
//! ```
//!
//! Sealing takes constant time where the backend can share blocks, else the time to copy what differs. The disk is
//! `uploading` meanwhile, and has all its content afterwards.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{
    Base, BaseId, BaseStatus, Generation, GenerationStatus, Image, ImageId, ImageStatus, ImageVisibility,
    Refusal, Template, TemplateId, Volume, VolumeId, VolumeStatus, status,
};
use ports::volume::bases::{self, of_location};
use serde::{Deserialize, Serialize};
use store::operations::{self, OperationRow};
use store::templates::generations;
use store::{Conn, StoreError};

use super::{BACKEND, GENERATION, TEMPLATE, conflict, digest, find};
use crate::base;
use crate::base::want::{Place, is_too_high, planned};
use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::volume::upload::{Upload, record};
use crate::{Backend, Desk, Refused, Requester, Tools, failure, volume, volume_queue};

pub(crate) const KIND: &str = "template.save";

/// Making the base.
const SEAL: &str = "seal";
/// Removing what was made of it.
const CLEAN_UP: &str = "clean-up";

/// Most generations of one template that were not pruned.
const MAX_GENERATIONS: usize = 1000;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    template: TemplateId,
    number: u64,
    base: BaseId,
    failure: Option<String>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Accepts that the disk of a template is saved, with a `note`. The generation is `saving` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: TemplateId,
    note: Option<String>,
) -> Result<Generation, Refused> {
    let who = who.clone();
    let (generation, queue) = desk.admit(move |conn, _| admit(conn, &who, id, note)).await?;
    desk.hints.give(&queue);
    Ok(generation)
}

fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    id: TemplateId,
    note: Option<String>,
) -> Result<(Generation, String), Refused> {
    let template = find(conn, who, id)?;
    let Some(volume) = store::volumes::get(conn, template.volume_id)? else {
        return conflict(format!("The disk of template {id}, volume {}, is gone.", template.volume_id));
    };
    if volume.status != VolumeStatus::Available {
        let why = format!(
            "Volume {} status must be available, but current status is {}.",
            volume.id, volume.status
        );
        return Err(Refusal::InvalidVolume(why).into());
    }
    if volume.encryption_key_id.is_some() {
        return Err(Refusal::InvalidVolume(format!("Volume {} is encrypted.", volume.id)).into());
    }
    volume::check_not_held(conn, &volume)?;
    volume::check_not_frozen(conn, &volume)?;
    let Some(backend) = volume::backend(&volume).map(str::to_owned) else {
        return Err(Refusal::InvalidVolume(format!("Volume {} is on no backend.", volume.id)).into());
    };
    let known = generations::of_template(conn, id)?;
    if known.iter().filter(|it| it.status != GenerationStatus::Pruned).count() >= MAX_GENERATIONS {
        return conflict(format!("Template {id} has {MAX_GENERATIONS} generations: prune some first."));
    }
    let number = known.last().map_or(1, |last| last.number + 1);
    let below = ground(conn, &template, &volume, &backend)?;
    let mut image = image(conn, who, &template, &volume, number);
    image.properties.0.insert(BACKEND.to_owned(), backend.clone());
    store::images::insert(conn, &image)?;
    let base = planned_base(conn, &volume, &backend, image.id, below.as_ref());
    store::bases::insert(conn, &base)?;
    let generation = Generation {
        template_id: id,
        number,
        image_id: image.id,
        parent: below.as_ref().map(|(generation, _)| generation.number),
        status: GenerationStatus::Saving,
        failure: None,
        size_gib: volume.size_gib,
        changed_bytes: None,
        sha256: None,
        backend: Some(backend.clone()),
        exported: false,
        note,
        created_at: conn.now(),
    };
    generations::insert(conn, &generation)?;
    store::volumes::set_status(conn, volume.id, status::UPLOADING)?;
    let queue = volume_queue(&backend);
    let mut operation = who.operation(KIND, volume::key(volume.id), queue.clone(), SEAL);
    operation.args = Args { template: id, number, base: base.id, failure: None }.to_json();
    operation.reads = below.iter().map(|(_, base)| base::key(base.id)).chain([base::key(base.id)]).collect();
    operations::admit(conn, &operation)?;
    Ok((generation, queue))
}

/// The generation that the disk was last made from, where its backend still has that.
fn ground(
    conn: &Conn<'_>,
    template: &Template,
    volume: &Volume,
    backend: &str,
) -> Result<Option<(Generation, Base)>, StoreError> {
    let all = generations::of_template(conn, template.id)?;
    let base = match of_location(volume.provider_location.as_deref()) {
        Some(id) => store::bases::get(conn, id)?,
        None => {
            let last = last_whole(&all, template.disk_generation);
            last.map(|it| store::bases::find(conn, backend, it.image_id)).transpose()?.flatten()
        }
    };
    let base = base.filter(|base| base.status == BaseStatus::Ready && base.backend == backend);
    Ok(base.and_then(|base| {
        let generation = all.into_iter().find(|it| it.image_id == base.image_id)?;
        Some((generation, base))
    }))
}

/// Generation `number`, or else the last one before it that is known to be whole.
fn last_whole(all: &[Generation], number: Option<u64>) -> Option<&Generation> {
    let found = all.iter().find(|it| Some(it.number) == number)?;
    let is_whole = found.status == GenerationStatus::Available;
    let before = found.parent.filter(|parent| *parent < found.number);
    if is_whole { Some(found) } else { last_whole(all, before) }
}

/// The base that the disk is to become. Where bases are stood on and one would stand too high, it is made whole.
fn planned_base(
    conn: &Conn<'_>,
    volume: &Volume,
    backend: &str,
    image: ImageId,
    below: Option<&(Generation, Base)>,
) -> Base {
    let pool = volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned);
    let mut base = planned(conn, &Place { backend: backend.to_owned(), pool }, image, volume.size_gib);
    let stands = of_location(volume.provider_location.as_deref()).is_some();
    if let Some((_, below)) = below.filter(|(_, below)| stands && !is_too_high(below.height + 1)) {
        (base.parent_id, base.height) = (Some(below.id), below.height + 1);
    }
    base
}

fn image(conn: &Conn<'_>, who: &Requester, template: &Template, volume: &Volume, number: u64) -> Image {
    let name = template.name.clone().unwrap_or_else(|| template.id.to_string());
    let upload = Upload {
        image_name: format!("{name} {number}"),
        disk_format: "raw".to_owned(),
        container_format: "bare".to_owned(),
        visibility: ImageVisibility::Private,
        protected: true,
        force: false,
    };
    let mut image = record(conn, who, volume, upload);
    image.properties.0.insert(TEMPLATE.to_owned(), template.id.to_string());
    image.properties.0.insert(GENERATION.to_owned(), number.to_string());
    image
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let (id, phase) = (args.base, operation.phase.as_str());
    let base = match tools.store.read(move |conn| store::bases::get(conn, id)).await {
        Ok(Some(base)) => base,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match (phase, tools.backends.get(&base.backend)) {
        (SEAL, Some(backend)) => seal(tools, operation, &volume, &base, args, backend, progress).await,
        (SEAL, None) => give_up(args, "its backend is not one of this process".to_owned()),
        (CLEAN_UP, backend) => clean_up(tools, operation, &volume, &base, args, backend, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn seal(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    base: &Base,
    args: Args,
    backend: &Backend,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let (wanted, disk) = (base::driver_ref(base), volume::driver_ref(volume));
    let key = base::key(base.id);
    let sealed = tools.effects.run(&key, backend, progress, move |driver, work| {
        let family = bases::of(driver)?;
        family.ensure_base_of(work, &wanted, &disk)?;
        Ok(family.are_stood_on() && wanted.parent.is_some())
    });
    match sealed.await {
        Ok(stands) => saved(operation, volume, base, args, stands),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

fn saved(operation: &OperationRow, volume: &Volume, base: &Base, args: Args, stands: bool) -> Step {
    let (operation, id, base) = (operation.clone(), volume.id, base.clone());
    Step::done(move |conn| {
        store::bases::set_ready(conn, base.id, base.size_gib, stands)?;
        let to = store::attachments::resting_status(conn, id)?;
        store::volumes::set_status_from(conn, id, &[status::UPLOADING], to)?;
        note_ground(conn, id, &args)?;
        digest::admit(conn, &Cause::of(&operation), &base, args.template, args.number)
    })
}

/// Where nothing says what a disk stands on, it is what was saved of it last.
fn note_ground(conn: &Conn<'_>, disk: VolumeId, args: &Args) -> Result<(), StoreError> {
    let disk = store::volumes::get(conn, disk)?;
    match disk.is_some_and(|disk| disk.provider_location.is_none()) {
        true => store::templates::set_disk_generation(conn, args.template, Some(args.number)),
        false => Ok(()),
    }
}

/// A disk that was noted to stand on a generation that came to nothing stands on the one before.
pub(super) fn forget_ground(conn: &Conn<'_>, id: TemplateId, number: u64) -> Result<(), StoreError> {
    let noted = store::templates::get(conn, id)?.and_then(|template| template.disk_generation);
    match generations::get(conn, id, number)?.filter(|_| noted == Some(number)) {
        Some(failed) => store::templates::set_disk_generation(conn, id, failed.parent),
        None => Ok(()),
    }
}

fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

async fn clean_up(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    base: &Base,
    args: Args,
    backend: Option<&Backend>,
    progress: &Progress,
) -> Step {
    let (unwanted, mut is_clean) = (base::driver_ref(base), true);
    if let Some(backend) = backend {
        let key = base::key(base.id);
        let removed = tools.effects.run(&key, backend, progress, move |driver, work| {
            driver.bases().map_or(Ok(()), |bases| bases.remove_base(work, &unwanted))
        });
        if let Err(error) = removed.await {
            match failure::insist(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(base = %base.id, why, "left behind until it can be removed");
                    is_clean = false;
                }
            }
        }
    }
    let why = args.failure.clone().unwrap_or_else(|| "the backend gave up".to_owned());
    let (operation, id, base, told) = (operation.clone(), volume.id, base.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let failed = GenerationStatus::Error;
            generations::set_status(conn, args.template, args.number, failed, Some(&told))?;
            match is_clean {
                true => store::bases::remove(conn, base.id)?,
                // Without its image, whoever keeps house removes it.
                false => store::bases::set_status(conn, base.id, BaseStatus::Error, Some(&told))?,
            }
            store::images::remove(conn, base.image_id)?;
            let to = store::attachments::resting_status(conn, id)?;
            store::volumes::set_status_from(conn, id, &[status::UPLOADING], to)?;
            messages::write(
                conn,
                &operation,
                About::Volume,
                Action::CopyVolumeToImage,
                &Detail::Backend(told),
            )
        }),
    }
}

/// The image of a generation whose hash is known can be used.
pub(super) fn activate(conn: &Conn<'_>, image: ImageId, size_gib: u64) -> Result<(), StoreError> {
    let bytes = Some(Some(size_gib.saturating_mul(model::GIB)));
    let edit = store::images::Edit { size_bytes: bytes, virtual_size_bytes: bytes, ..Default::default() };
    store::images::edit(conn, image, &edit)?;
    store::images::set_status_from(conn, image, &[ImageStatus::Queued], ImageStatus::Active, None).map(drop)
}
