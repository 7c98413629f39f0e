//! What a volume in use is read from while something is made of it: a snapshot that nobody has a row of, where the
//! volume's driver can take one of a volume in use. It is what a disk holds after a power cut.

use ledger::Progress;
use model::{SnapshotId, Volume};
use ports::volume::SnapshotRef;
use ports::{DriverError, VolumeDriver, Work};

use crate::{Tools, snapshot, volume};

/// The still of this identifier.
pub(crate) fn of(volume: &Volume, id: SnapshotId) -> SnapshotRef {
    // It stands where its volume stands.
    let provider_location = volume.provider_location.clone();
    SnapshotRef { id, volume: volume::driver_ref(volume), provider_location }
}

/// Whether one can be taken of a volume in use.
pub(crate) fn is_possible(tools: &Tools, volume: &Volume) -> bool {
    let backend = volume::backend(volume).and_then(|host| tools.backends.get(host));
    backend.is_some_and(|it| it.driver.capabilities().online_snapshot)
}

/// Takes it, if there is none yet. Only a process of the volume's backend can.
pub(crate) async fn take(
    tools: &Tools,
    volume: &Volume,
    id: SnapshotId,
    progress: &Progress,
) -> Result<(), DriverError> {
    let wanted = of(volume, id);
    let call = move |driver: &dyn VolumeDriver, work: &Work| driver.ensure_snapshot(work, &wanted).map(drop);
    with_driver(tools, volume, id, progress, call).await
}

/// Removes it, if there is one, in the same way.
pub(crate) async fn remove(
    tools: &Tools,
    volume: &Volume,
    id: SnapshotId,
    progress: &Progress,
) -> Result<(), DriverError> {
    let unwanted = of(volume, id);
    let call = move |driver: &dyn VolumeDriver, work: &Work| driver.remove_snapshot(work, &unwanted);
    with_driver(tools, volume, id, progress, call).await
}

async fn with_driver(
    tools: &Tools,
    volume: &Volume,
    id: SnapshotId,
    progress: &Progress,
    call: impl FnOnce(&dyn VolumeDriver, &Work) -> Result<(), DriverError> + Send + 'static,
) -> Result<(), DriverError> {
    let Some(host) = volume::backend(volume) else { return Ok(()) };
    let Some(backend) = tools.backends.get(host) else {
        let why =
            format!("{host}, where the volume is read from a snapshot, is not a backend of this process");
        return Err(DriverError::Refused(why));
    };
    tools.effects.run(&snapshot::key(id), backend, progress, call).await
}
