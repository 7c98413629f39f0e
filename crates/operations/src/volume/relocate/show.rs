//! Telling the process that copies, which is another one than that of the volume, where it finds the volume.

use ledger::{Progress, Step};
use model::Volume;
use store::copies::VolumeCopy;
use store::operations::OperationRow;

use super::copy::{NO_COPY, nothing_made};
use super::{Args, LOOK, with_backend};
use crate::failure::GIVEN_UP;
use crate::{Tools, failure, volume};

pub(super) async fn show(
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
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        let why = "its backend is not one of this process".to_owned();
        return nothing_made(operation, volume, args, why);
    };
    let source = volume::driver_ref(volume);
    let shown =
        tools.effects.run(&operation.resource, backend, progress, move |driver, _| driver.here(&source));
    match shown.await {
        Ok(None) => {
            let why = format!("the driver of {} does not show it to other processes", backend.host);
            nothing_made(operation, volume, args, why)
        }
        Ok(shown) => {
            let args = Args { shown, ..args };
            Step::Advance {
                next: with_backend(operation, &copy.host, LOOK),
                args: Some(args.to_json()),
                change: Box::new(|_| Ok(())),
            }
        }
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| nothing_made(operation, volume, args, format!("{}: {why}", backend.host))),
    }
}
