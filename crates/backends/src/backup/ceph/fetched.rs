//! The last few objects that were read in part: `rados` reads all of an object or nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::DriverError;
use ports::backup::ObjectName;

use crate::rbd::Landing;

/// How many are kept, in files in memory. A restore reads several packs in turn.
const KEPT: usize = 4;

/// An object, once it has been fetched; who wants it meanwhile waits.
type Slot = Arc<Mutex<Option<Landing>>>;

/// Objects by their names, the one that was asked for last at the end.
#[derive(Debug, Default)]
pub(super) struct Fetched(Mutex<VecDeque<(ObjectName, Slot)>>);

impl Fetched {
    /// Fills `buffer` with what stands at `offset_bytes` of an object, which `fetch` fetches if it is not here.
    pub(super) fn read(
        &self,
        object: &ObjectName,
        fetch: impl FnOnce() -> Result<Landing, DriverError>,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        let slot = self.slot(object);
        let mut slot = lock(&slot);
        let landing = match slot.take() {
            Some(landing) => landing,
            None => fetch()?,
        };
        let landing = slot.insert(landing);
        landing.read_at(offset_bytes, buffer)
    }

    /// Drops an object that is about to change.
    pub(super) fn forget(&self, object: &ObjectName) {
        lock(&self.0).retain(|(name, _)| name != object);
    }

    fn slot(&self, object: &ObjectName) -> Slot {
        let mut slots = lock(&self.0);
        let known = slots.iter().position(|(name, _)| name == object).and_then(|at| slots.remove(at));
        let (name, slot) = known.unwrap_or_else(|| (object.clone(), Slot::default()));
        slots.push_back((name, Arc::clone(&slot)));
        if slots.len() > KEPT {
            slots.pop_front();
        }
        slot
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
