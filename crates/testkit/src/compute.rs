//! A compute service that keeps what it is told, longer than any process lives.

use std::sync::{Arc, Mutex, PoisonError};

use ports::chaos::Faults;
use ports::{Compute, ComputeError, ComputeEvent};

/// What was told: the event, the servers, the volume.
pub type Told = (&'static str, Vec<String>, String);

/// The part that outlives processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear {
    told: Arc<Mutex<Vec<Told>>>,
}

impl Ear {
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The service as one process sees it: with a point before and after it listens. The names of the points are none of a
/// driver's, so that no sweep of broken drivers breaks it for ever.
pub(crate) struct Listening {
    pub(crate) ear: Ear,
    pub(crate) faults: Faults,
}

impl Listening {
    fn point(&self, name: &'static str) -> Result<(), ComputeError> {
        self.faults.point(name).map_err(|injected| ComputeError::Unavailable(injected.to_string()))
    }
}

impl Compute for Listening {
    fn attachment_of(&self, _server: &str, _volume: &str) -> Result<Option<String>, ComputeError> {
        Ok(None)
    }

    fn tell(&self, event: ComputeEvent, servers: &[String], volume: &str) -> Result<(), ComputeError> {
        self.point("store.compute.tell.before")?;
        let told = (event.name(), servers.to_vec(), volume.to_owned());
        self.ear.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        self.point("store.compute.tell.after")
    }
}
