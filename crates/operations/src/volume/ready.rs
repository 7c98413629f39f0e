//! Whether an operation that has a driver work on one volume may go on.

use ledger::Step;
use model::Volume;
use store::operations::OperationRow;

use crate::failure::{GIVEN_UP, vanished};
use crate::{Backend, Tools, failure, volume};

/// The answer.
pub(crate) enum Ready<'a> {
    /// It may: with this volume, on this backend.
    Yes(Volume, &'a Backend),
    /// It never will, and this is why. Its resource shows that.
    Never(Volume, String),
    /// Not now.
    NotYet(Step),
}

/// Looks whether `operation`, whose resource is a volume, may go on: the volume is there, nobody has given the operation up,
/// this process looks after the backend, and nobody reads the volume.
pub(crate) async fn look<'a>(tools: &'a Tools, operation: &OperationRow) -> Ready<'a> {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return Ready::NotYet(vanished()),
        Err(error) => return Ready::NotYet(failure::store_failed(&error)),
    };
    if operation.abandoned {
        return Ready::Never(volume, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return Ready::Never(volume, "its backend is not one of this process".to_owned());
    };
    if failure::is_read(&tools.store, operation.resource.clone()).await {
        return Ready::NotYet(failure::wait_for(operation, "a copy that is being made of it"));
    }
    Ready::Yes(volume, backend)
}
