//! Copying a volume to the backend that was chosen for it.

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::Volume;
use ports::copy::copy as copy_disk;
use ports::volume::{Access, Disk, FoundKind, Here, Initiator, ProviderAuth, Provisioned, There, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};
use store::copies::VolumeCopy;
use store::operations::OperationRow;

use super::encryption::{self, Layers};
use super::{Args, Begun, COPY, KEY, SHOW, SWITCH, fail_hidden, give_up, secret, with_backend};
use crate::failure::GIVEN_UP;
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
    Begun { volume, copy, args }: Begun,
    progress: &Progress,
) -> Step {
    let to = match destination(tools, &copy) {
        Ok(to) => to,
        Err(why) => return nothing_made(operation, &volume, args, why),
    };
    let is_shown = args.shown.is_some() || args.there.is_some();
    if let (Some(host), None, false) = (&volume.host, home(tools, &volume), is_shown) {
        let next = with_backend(operation, host, SHOW);
        return Step::Advance { next, args: None, change: Box::new(|_| Ok(())) };
    }
    let (id, encrypts) = (copy.name_on_backend(), copy.own_key);
    let looked = tools.effects.run(&operation.resource, to, progress, move |driver, _| driver.list());
    match looked.await {
        Ok(found) if found.iter().any(|found| found.kind == FoundKind::Volume(id)) => {
            let why = format!("{} has a volume of that identifier already", copy.host);
            nothing_made(operation, &volume, args, why)
        }
        Ok(_) => Step::phase(if encrypts { KEY } else { COPY }),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| nothing_made(operation, &volume, args, format!("{}: {why}", copy.host))),
    }
}

/// Ends before anything was made: what is there may be anybody's, and must not be removed.
pub(super) fn nothing_made(operation: &OperationRow, volume: &Volume, args: Args, why: String) -> Step {
    let (args, id) = (Args { failure: Some(why), ..args }, volume.id);
    fail_hidden(operation, volume, args, move |conn| store::copies::remove(conn, id))
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
    let from = match source(tools, operation, volume, &args).await {
        Ok(from) => from,
        Err((why, may_pass)) => {
            return failure::again_after(operation, &tools.settings, why, may_pass)
                .unwrap_or_else(|why| give_up(args, why));
        }
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

/// How the volume is read; the last of each is what it is called in errors.
enum Source {
    /// Where it is, by its own driver.
    Own(Arc<dyn VolumeDriver>, VolumeRef),
    /// Where the process has shown it that looks after it.
    Shown(Here, Exec, String),
    /// Where that process offers it to this machine.
    Offered(There, Arc<dyn Initiator>, ProviderAuth, String),
}

impl Source {
    fn open(&self) -> Result<Box<dyn Disk>, DriverError> {
        match self {
            Self::Own(driver, volume) => driver.open_volume(volume, Access::Read),
            Self::Shown(here, exec, what) => here.open(exec, what),
            Self::Offered(there, initiator, auth, what) => initiator.open(what, there, auth),
        }
    }
}

/// How the volume is read, or why it cannot be, and whether that may pass.
async fn source(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
) -> Result<Source, (String, bool)> {
    let what = format!("volume {}", volume.id);
    match (home(tools, volume), &args.shown, &args.there) {
        (Some(home), _, _) => Ok(Source::Own(Arc::clone(&home.driver), volume::driver_ref(volume))),
        (None, Some(here), _) => Ok(Source::Shown(here.clone(), tools.exec.clone(), what)),
        (None, None, Some(there)) => {
            let auth = secret::ensure(tools, operation).await?;
            Ok(Source::Offered(there.clone(), Arc::clone(&tools.initiator), auth, what))
        }
        (None, None, None) => Err(("its backend is not one of this process".to_owned(), false)),
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
    let holds = to.capabilities().on_a_new_volume();
    match layers {
        None => copy_disk(&*read, &*written, holds, work)?,
        Some(layers) => encryption::copy(&*read, (&*written, holds), layers, &target.id.to_string(), work)?,
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
