//! Reading the image, and writing it over the volume.

use ledger::{Next, Progress, Step};
use model::secret::Secret;
use model::{Volume, VolumeStatus};
use ports::copy::{Target, copy};
use ports::volume::{Access, BaseRef, Disk, VolumeRef, bases};
use ports::{DriverError, VolumeDriver, Work};
use store::StoreError;
use store::operations::OperationRow;

use super::{Args, NOT_OURS, WRITE, failed, finish};
use crate::failure::GIVEN_UP;
use crate::image::disk::{ImageSource, Opener};
use crate::luks::{Layer, LuksDisk};
use crate::volume::create::image::{encrypt, must_hold};
use crate::volume::layer::{self, Missing};
use crate::{Tools, base, failure, volume};

/// All that reading the image and writing to the volume takes.
struct Writer {
    opener: Opener,
    source: ImageSource,
    base: Option<BaseRef>,
    layers: Layers,
    target: VolumeRef,
}

/// Or why there is none.
async fn writer(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
) -> Result<Writer, Missing> {
    let base = match args.base {
        None => None,
        Some(id) => {
            let read = tools.store.read(move |conn| store::bases::get(conn, id)).await;
            let found = read.map_err(|error: StoreError| (error.chain(), true))?;
            Some(base::driver_ref(&found.ok_or_else(|| ("the generation is gone".to_owned(), false))?))
        }
    };
    let layers = layers(tools, operation, volume, args).await?;
    let (opener, source) = (Opener::of(tools), args.source.clone());
    Ok(Writer { opener, source, base, layers, target: volume::driver_ref(volume) })
}

impl Writer {
    /// Opens the image and sees that it fits, then does `then` with its content.
    fn open(
        &self,
        driver: &dyn VolumeDriver,
        work: &Work,
        then: impl FnOnce(&dyn Disk) -> Result<(), DriverError>,
    ) -> Result<(), DriverError> {
        let (image, base);
        let disk: &dyn Disk = match &self.base {
            None => {
                image = self.source.open(&self.opener, work)?;
                &*image
            }
            Some(kept) => {
                base = bases::of(driver)?.open_base(kept)?;
                &*base
            }
        };
        let passphrase = self.layers.image.as_ref();
        let opened = passphrase.map(|passphrase| LuksDisk::open(disk, passphrase)).transpose();
        let opened = opened.map_err(DriverError::io("opening an encrypted image"))?;
        let source: &dyn Disk = match &opened {
            None => disk,
            Some(Some(content)) => content,
            Some(None) => {
                return Err(DriverError::Refused("nothing was ever written to the image".to_owned()));
            }
        };
        let container = self.layers.volume.as_ref().map(|layer| layer.container);
        must_hold(source, self.target.size_gib, container)?;
        then(source)
    }
}

pub(super) async fn look(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let untouched = Some(args.before);
    let looked = with_image(tools, operation, volume, &args, progress, untouched, |writer, driver, work| {
        writer.open(driver, work, |_| Ok(()))
    });
    match looked.await {
        Ok(()) => Step::Advance { next: Next::Phase(WRITE), args: None, change: Box::new(|_| Ok(())) },
        Err(step) => step,
    }
}

pub(super) async fn write(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let written = with_image(tools, operation, volume, &args, progress, None, |writer, driver, work| {
        let layer = writer.layers.volume.as_ref();
        writer.open(driver, work, |source| write_over(driver, work, &writer.target, source, layer))
    });
    match written.await {
        Ok(()) => finish(tools.compute.is_some(), operation, volume.id, args),
        Err(step) => step,
    }
}

/// Does `what` on the backend. Or the step that tries again or gives up, with the volume `untouched` or not.
async fn with_image(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
    progress: &Progress,
    untouched: Option<VolumeStatus>,
    what: impl FnOnce(&Writer, &dyn VolumeDriver, &Work) -> Result<(), DriverError> + Send + 'static,
) -> Result<(), Step> {
    let give_up = |why: String| failed(operation, volume, untouched, why);
    if operation.abandoned {
        return Err(give_up(GIVEN_UP.to_owned()));
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return Err(give_up(NOT_OURS.to_owned()));
    };
    let writer = match writer(tools, operation, volume, args).await {
        Ok(writer) => writer,
        Err((why, may_pass)) => {
            let again = failure::again_after(operation, &tools.settings, why, may_pass);
            return Err(again.unwrap_or_else(give_up));
        }
    };
    let done = tools
        .effects
        .run(&operation.resource, backend, progress, move |driver, work| what(&writer, driver, work));
    done.await.map_err(|error| failure::again(operation, &tools.settings, &error).unwrap_or_else(give_up))
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
