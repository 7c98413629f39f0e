//! Wake-ups: "there may be something in this queue". Losing one costs a poll interval and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The hints of one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    queues: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

impl Hints {
    /// Says that `queue` may have something due.
    pub fn give(&self, queue: &str) {
        self.of(queue).notify_one();
    }

    /// What a worker of `queue` waits on.
    #[must_use]
    pub fn of(&self, queue: &str) -> Arc<Notify> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = queues.get(queue) {
            return Arc::clone(notify);
        }
        Arc::clone(queues.entry(queue.to_owned()).or_default())
    }
}
