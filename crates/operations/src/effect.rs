//! Effects outside of the database: a driver's call on a blocking thread.

use std::sync::Arc;

use ledger::Progress;
use ports::{DriverError, VolumeDriver, Work};

use crate::Backend;

/// Calls the work off when the future that waits for it is dropped.
struct CallOff(Work);

impl Drop for CallOff {
    fn drop(&mut self) {
        self.0.call_off();
    }
}

/// Runs `call` with the driver of `backend` on a blocking thread, and lets `progress` watch it.
pub(crate) async fn run<T: Send + 'static>(
    backend: &Backend,
    progress: &Progress,
    call: impl FnOnce(&dyn VolumeDriver, &Work) -> Result<T, DriverError> + Send + 'static,
) -> Result<T, DriverError> {
    let work = Work::new();
    let (driver, meter, mine) = (Arc::clone(&backend.driver), work.clone(), work.clone());
    progress.watch(move || meter.percent());
    let _call_off = CallOff(work);
    tokio::task::spawn_blocking(move || call(&*driver, &mine))
        .await
        .unwrap_or_else(|panic| Err(DriverError::Refused(format!("the driver failed badly: {panic}"))))
}
