//! Telling the process that copies, which is another one than that of the volume, where it finds the volume: as a file or
//! device of this machine, or, on another machine, as a target that lets in nobody else.

use ledger::{Progress, Step};
use model::Volume;
use model::service::backend_of;
use ports::DriverError;
use ports::volume::{Here, There, VolumeRef};
use store::StoreError;
use store::copies::VolumeCopy;
use store::operations::OperationRow;

use super::copy::nothing_made;
use super::reach::Way;
use super::{Args, Begun, LOOK, Reach, secret, with_backend};
use crate::{Backend, Tools, failure, volume};

/// Where the process that copies finds a volume.
enum Shown {
    Here(Here),
    There(There),
}

pub(super) async fn show(
    tools: &Tools,
    operation: &OperationRow,
    Begun { volume, copy, args }: Begun,
    progress: &Progress,
) -> Step {
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        let why = "its backend is not one of this process".to_owned();
        return nothing_made(operation, &volume, Args { offered: false, ..args }, why);
    };
    let shown = match way(tools, backend, &copy).await {
        Ok(Way::Offered) => offer(tools, operation, &volume, backend, progress).await.map(Shown::There),
        Ok(Way::Own | Way::Shown) => {
            here(tools, operation, &volume, backend, progress).await.map(Shown::Here)
        }
        Err(error) => return failure::store_failed(&error),
    };
    let args = match shown {
        Ok(Shown::Here(here)) => Args { shown: Some(here), offered: false, ..args },
        Ok(Shown::There(there)) => Args { there: Some(there), ..args },
        Err((why, may_pass)) => {
            return failure::again_after(operation, &tools.settings, why, may_pass).unwrap_or_else(|why| {
                nothing_made(operation, &volume, args, format!("{}: {why}", backend.host))
            });
        }
    };
    Step::Advance {
        next: with_backend(operation, &copy.host, LOOK),
        args: Some(args.to_json()),
        change: Box::new(|_| Ok(())),
    }
}

/// How the process of the copy gets at the volume, as it is now.
async fn way(tools: &Tools, home: &Backend, copy: &VolumeCopy) -> Result<Way, StoreError> {
    let (settings, home, to) = (tools.settings.clone(), home.host.clone(), backend_of(&copy.host).to_owned());
    tools.store.read(move |conn| Ok(Reach::read(conn, &settings, &home)?.way_to(&to))).await
}

/// Why a volume is not shown, and whether that may pass.
type Hidden = (String, bool);

fn told(error: &DriverError) -> Hidden {
    (error.chain(), error.may_pass())
}

async fn here(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    backend: &Backend,
    progress: &Progress,
) -> Result<Here, Hidden> {
    let source = volume::driver_ref(volume);
    let shown =
        tools.effects.run(&operation.resource, backend, progress, move |driver, _| driver.here(&source));
    let shown = shown.await.map_err(|error| told(&error))?;
    shown.ok_or_else(|| ("its driver does not show it to other processes".to_owned(), false))
}

/// Lets in whoever copies, and nobody else who does not know the secret.
async fn offer(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    backend: &Backend,
    progress: &Progress,
) -> Result<There, Hidden> {
    let auth = secret::ensure(tools, operation).await?;
    let (initiator, connector) = (secret::initiator_of(operation.id), secret::connector_of(operation.id));
    let Some(connector) = connector else {
        return Err(("it has no name for whoever copies".to_owned(), false));
    };
    let source = VolumeRef { provider_auth: Some(auth.clone()), ..volume::driver_ref(volume) };
    let offered = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let connection = driver.offer(work, &source, &connector)?;
        There::of(&connection, &initiator, &auth)
    });
    offered.await.map_err(|error| told(&error))
}
