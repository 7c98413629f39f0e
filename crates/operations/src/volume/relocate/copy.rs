//! Copying a volume to the backend that was chosen for it.

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::Volume;
use ports::copy::{Target, copy as copy_disk};
use ports::volume::{Access, Disk, FoundKind, Here, Provisioned, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};
use store::copies::VolumeCopy;
use store::operations::OperationRow;

use super::encryption::{self, Layers};
use super::{Args, COPY, KEY, SHOW, SWITCH, end_in_vain, give_up, with_backend};
use crate::failure::GIVEN_UP;
use crate::messages::Detail;
use crate::{Backend, Tools, failure, volume};

pub(super) const NO_COPY: &str = "its copy is nowhere";

/// What a driver needs to know of the copy.
pub(super) fn driver_ref(volume: &Volume, copy: &VolumeCopy) -> VolumeRef {
    VolumeRef {
        id: copy.name_on_backend(),
        pool: model::service::pool_of(&copy.host).map(str::to_owned),
        provider_location: copy.provider_location.clone(),
        ..volume::driver_ref(volume)
    }
}

/// Two sections of a configuration may mean the same storage. What has the volume's name there would be the volume.
pub(super) async fn look(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    copy: Option<VolumeCopy>,
    args: Args,
    progress: &Progress,
) -> Step {
    let Some(copy) = copy else { return nothing_made(operation, volume, args, NO_COPY.to_owned()) };
    if operation.abandoned {
        return nothing_made(operation, volume, args, GIVEN_UP.to_owned());
    }
    let to = match destination(tools, &copy) {
        Ok(to) => to,
        Err(why) => return nothing_made(operation, volume, args, why),
    };
    if let (Some(host), None, None) = (&volume.host, home(tools, volume), &args.shown) {
        let next = with_backend(operation, host, SHOW);
        return Step::Advance { next, args: None, change: Box::new(|_| Ok(())) };
    }
    let (id, encrypts) = (copy.name_on_backend(), copy.own_key);
    let looked = tools.effects.run(&operation.resource, to, progress, move |driver, _| driver.list());
    match looked.await {
        Ok(found) if found.iter().any(|found| found.kind == FoundKind::Volume(id)) => {
            let why = format!("{} has a volume of that identifier already", copy.host);
            nothing_made(operation, volume, args, why)
        }
        Ok(_) => Step::phase(if encrypts { KEY } else { COPY }),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| nothing_made(operation, volume, args, format!("{}: {why}", copy.host))),
    }
}

/// Ends before anything was made: what is there may be anybody's, and must not be removed.
pub(super) fn nothing_made(operation: &OperationRow, volume: &Volume, args: Args, why: String) -> Step {
    let (operation, volume, told) = (operation.clone(), volume.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            store::copies::remove(conn, volume.id)?;
            end_in_vain(conn, &operation, &volume, &args, &Detail::Backend(told))
        }),
    }
}

pub(super) async fn copy(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    copy: Option<VolumeCopy>,
    args: Args,
    progress: &Progress,
) -> Step {
    let Some(copy) = copy else { return give_up(args, NO_COPY.to_owned()) };
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let to = match destination(tools, &copy) {
        Ok(to) => to,
        Err(why) => return give_up(args, why),
    };
    let from = match (home(tools, volume), &args.shown) {
        (Some(home), _) => Source::Own(Arc::clone(&home.driver), volume::driver_ref(volume)),
        (None, Some(here)) => {
            Source::Shown(here.clone(), tools.exec.clone(), format!("volume {}", volume.id))
        }
        (None, None) => return give_up(args, "its backend is not one of this process".to_owned()),
    };
    let layers = match encryption::layers(tools, operation, volume, &copy, &args).await {
        Ok(layers) => layers,
        Err((why, may_pass)) => {
            return failure::again_after(operation, &tools.settings, why, may_pass)
                .unwrap_or_else(|why| give_up(args, why));
        }
    };
    let target = driver_ref(volume, &copy);
    let copied = tools.effects.run(&operation.resource, to, progress, move |driver, work| {
        make(&from, (driver, &target), layers.as_ref(), work)
    });
    let id = volume.id;
    match copied.await {
        Ok(made) => Step::Advance {
            next: Next::Phase(SWITCH),
            args: None,
            change: Box::new(move |conn| {
                let (location, name) = (made.provider_location.as_deref(), made.provider_id.as_deref());
                store::copies::set_made(conn, id, location, name)
            }),
        },
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| give_up(args, format!("copying to {}: {why}", copy.host))),
    }
}

/// How the volume is read.
enum Source {
    /// Where it is, by its own driver.
    Own(Arc<dyn VolumeDriver>, VolumeRef),
    /// Where the process has shown it that looks after it; what it is called in errors.
    Shown(Here, Exec, String),
}

impl Source {
    fn open(&self) -> Result<Box<dyn Disk>, DriverError> {
        match self {
            Self::Own(driver, volume) => driver.open_volume(volume, Access::Read),
            Self::Shown(here, exec, what) => here.open(exec, what),
        }
    }
}

/// Makes the copy anew, whatever an earlier try has left: only of a blank one is it known what stands where nothing was
/// copied.
fn make(
    from: &Source,
    (to, target): (&dyn VolumeDriver, &VolumeRef),
    layers: Option<&Layers>,
    work: &Work,
) -> Result<Provisioned, DriverError> {
    let read = from.open()?;
    to.remove_volume(&Work::new(), target)?;
    let made = to.ensure_volume(&Work::new(), target, None)?;
    let location = made.provider_location.clone().or_else(|| target.provider_location.clone());
    let target = VolumeRef { provider_location: location, ..target.clone() };
    let written = to.open_volume(&target, Access::Write)?;
    match layers {
        None => copy_disk(&*read, &*written, Target::Blank, work)?,
        Some(layers) => encryption::copy(&*read, &*written, layers, &target.id.to_string(), work)?,
    }
    Ok(made)
}

/// The backend of the volume, where it is one of this process.
fn home<'a>(tools: &'a Tools, volume: &Volume) -> Option<&'a Backend> {
    volume::backend(volume).and_then(|host| tools.backends.get(host))
}

/// The backend of the copy.
fn destination<'a>(tools: &'a Tools, copy: &VolumeCopy) -> Result<&'a Backend, String> {
    let host = model::service::backend_of(&copy.host);
    tools.backends.get(host).ok_or_else(|| format!("{host} is not a backend of this process"))
}
