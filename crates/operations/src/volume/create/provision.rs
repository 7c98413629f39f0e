//! Provisioning: the driver makes the volume, with its content when it has a source.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::{Generation, Volume, VolumeStatus};
use ports::volume::{Provisioned, Source};
use store::operations::OperationRow;
use store::volumes::Edit;
use store::{Conn, StoreError};

use super::image;
use super::{Args, FILL, PROVISION, SourceId, cached, clean_up};
use crate::failure::{GIVEN_UP, vanished};
use crate::image::disk::{ImageSource, Opener};
use crate::{Backend, Tools, backup, failure, snapshot, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let loaded = match load(tools, operation, &args).await {
        Ok(loaded) => loaded,
        Err(error) => return failure::store_failed(&error),
    };
    let Some((volume, source)) = loaded else { return vanished() };
    let backup = args.source.and_then(SourceId::backup);
    if args.source.is_some() && source.is_none() && backup.is_none() {
        return clean_up::begin(args, "its source is gone".to_owned());
    }
    if operation.abandoned {
        return clean_up::begin(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return clean_up::begin(args, "its backend is not one of this process".to_owned());
    };
    if let Some(image) = &args.image {
        return from_image(tools, operation, image.clone(), args, &volume, backend, progress).await;
    }
    let wanted = volume::driver_ref(&volume);
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_volume(work, &wanted, source.as_ref())
    });
    match made.await {
        Ok(made) => match backup {
            Some(_) => fill(tools, &volume, args, made),
            None => finish(&volume, made, false),
        },
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| clean_up::begin(args, why)),
    }
}

/// Copies the disk in an image. What is wrong with the image is wrong on every backend.
async fn from_image(
    tools: &Tools,
    operation: &OperationRow,
    source: ImageSource,
    args: Args,
    volume: &Volume,
    backend: &Backend,
    progress: &Progress,
) -> Step {
    let id = volume.id;
    if volume.status == VolumeStatus::Creating {
        return Step::Advance {
            next: Next::Phase(PROVISION),
            args: None,
            change: Box::new(move |conn| {
                let to = VolumeStatus::Downloading;
                store::volumes::set_status_from(conn, id, &[VolumeStatus::Creating], to).map(drop)
            }),
        };
    }
    if let Some(limits) = cached::limits(backend, &args, volume) {
        return cached::step(tools, operation, (source, args), volume, (backend, limits), progress).await;
    }
    if args.on_base {
        let (image, again) = (source.id, |why| Step::Retry { after: Duration::from_secs(1), why });
        let read = tools.store.read(move |conn| store::templates::generations::saved_as(conn, image));
        match read.await.map_err(|error: StoreError| again(error.chain())) {
            Err(step) => return step,
            // It is nowhere but in bases, and the backend that it was saved on keeps such.
            Ok(Some(Generation { backend: keeper, .. })) => {
                let why = format!("the image is a generation of a template, and {} keeps none", backend.host);
                return clean_up::begin(Args { keeper, ..args }, why);
            }
            Ok(None) => {}
        }
    }
    // What is in an encrypted image is copied as it is: its key is the volume's.
    let layer = match source.key {
        Some(_) => Ok(None),
        None => volume::layer::of(tools, &operation.resource, volume).await,
    };
    let layer = match layer {
        Ok(layer) => layer,
        Err((why, may_pass)) => {
            return failure::again_after(operation, &tools.settings, why, may_pass)
                .unwrap_or_else(|why| clean_up::begin(args, why));
        }
    };
    let (opener, wanted) = (Opener::of(tools), volume::driver_ref(volume));
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let opened = source.open(&opener, work);
        let container = layer.as_ref().map(|layer| layer.container);
        let opened =
            opened.and_then(|disk| image::must_hold(&*disk, wanted.size_gib, container).map(|()| disk));
        match opened {
            Ok(disk) => image::fill(driver, work, &wanted, &*disk, layer.as_ref()).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    });
    let (error, gave_up_filling) = match made.await {
        Ok(Ok(made)) => return finish(volume, made, true),
        Ok(Err(error)) => (error, true),
        Err(error) => (error, false),
    };
    failure::again(operation, &tools.settings, &error)
        .unwrap_or_else(|why| clean_up::begin(Args { gave_up_filling, ..args }, why))
}

/// The volume, and its source as the driver sees it. None when the volume is gone.
async fn load(
    tools: &Tools,
    operation: &OperationRow,
    args: &Args,
) -> Result<Option<(Volume, Option<Source>)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    let source = args.source;
    tools
        .store
        .read(move |conn| {
            let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
            let source = source.map(|source| find_source(conn, source)).transpose()?.flatten();
            Ok(Some((volume, source)))
        })
        .await
}

fn find_source(conn: &Conn<'_>, source: SourceId) -> Result<Option<Source>, StoreError> {
    match source {
        SourceId::Volume(id) => {
            Ok(store::volumes::get(conn, id)?.map(|volume| Source::Volume(volume::driver_ref(&volume))))
        }
        // It is written by whoever keeps it, once the volume is there.
        SourceId::Backup(_) => Ok(None),
        SourceId::Snapshot(id) => {
            let Some(found) = store::snapshots::get(conn, id)? else { return Ok(None) };
            let Some(origin) = store::volumes::get(conn, found.volume_id)? else { return Ok(None) };
            Ok(Some(Source::Snapshot(snapshot::driver_ref(&found, &origin))))
        }
    }
}

pub(super) fn finish(volume: &Volume, made: Provisioned, makes_bootable: bool) -> Step {
    let id = volume.id;
    Step::done(move |conn| {
        store::volumes::set_provisioned(
            conn,
            id,
            made.provider_location.as_deref(),
            made.provider_id.as_deref(),
        )?;
        if makes_bootable {
            store::volumes::edit(conn, id, &Edit { bootable: Some(true), ..Edit::default() })?;
        }
        let interim = [VolumeStatus::Creating, VolumeStatus::Downloading];
        store::volumes::set_status_from(conn, id, &interim, VolumeStatus::Available)?;
        Ok(())
    })
}

/// Hands the volume, which is still blank, to whoever keeps the backup that it is made from.
fn fill(tools: &Tools, volume: &Volume, args: Args, made: Provisioned) -> Step {
    let (volume, settings, restoring) = (volume.clone(), Arc::clone(&tools.settings), args.restoring);
    Step::Decide(Box::new(move |conn| {
        let (location, provider_id) = (made.provider_location.as_deref(), made.provider_id.as_deref());
        store::volumes::set_provisioned(conn, volume.id, location, provider_id)?;
        if restoring {
            let to = VolumeStatus::RestoringBackup;
            store::volumes::set_status_from(conn, volume.id, &[VolumeStatus::Creating], to)?;
        }
        let backup = volume.backup_id.map(|id| store::backups::get(conn, id)).transpose()?.flatten();
        let host = backup.map(|backup| backup.host).unwrap_or_default();
        let queue = backup::queue_for(conn, &settings, &host, Some(&volume))?;
        Ok((Next::Hand { queue, phase: FILL }, None))
    }))
}
