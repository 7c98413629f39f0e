//! What a phase may do with its operation.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::operations::OperationRow;
use store::{Conn, StoreError};

/// Work inside a transaction. A database may ask for a transaction to be run again, which begins with a clone of the work.
pub trait Work<T>: FnOnce(&Conn<'_>) -> Result<T, StoreError> + Send {
    /// The same, once more.
    fn boxed_clone(&self) -> Box<dyn Work<T>>;
}

impl<T, W> Work<T> for W
where
    W: FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
{
    fn boxed_clone(&self) -> Box<dyn Work<T>> {
        Box::new(self.clone())
    }
}

impl<T: 'static> Clone for Box<dyn Work<T>> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

/// A change of resources that is committed together with the step, or not at all.
pub type Change = Box<dyn Work<()>>;

/// How a phase ended.
pub enum Step {
    /// Its effect is made: commit `change` and go on.
    Advance {
        /// Where to.
        next: Next,
        /// Facts for the phases to come, or for whoever waits for the end, as JSON text; none leaves them as they are.
        args: Option<String>,
        /// What changes in the same transaction.
        change: Change,
    },
    /// Like `Advance`, but where to go is found out inside the transaction: for phases whose only effect is in the
    /// database, such as placing a volume on a pool.
    Decide(Decision),
    /// Its effect failed and is to be tried again; the try counts in [`OperationRow::attempts`].
    Retry {
        /// How long to wait.
        after: Duration,
        /// Why, for whoever looks at the operation.
        why: String,
    },
}

/// Finds out the next step inside the transaction that commits it.
pub type Decision = Box<dyn Work<(Next, Option<String>)>>;

/// Where an operation goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// To this phase, with the same worker.
    Phase(&'static str),
    /// To this phase, with whoever serves this queue.
    Hand {
        /// The queue.
        queue: String,
        /// The phase.
        phase: &'static str,
    },
    /// Nowhere yet: something else has to happen first. That is no failed try.
    Wait {
        /// How long to wait.
        after: Duration,
        /// For what.
        what: String,
    },
    /// It is done.
    Done,
    /// It has failed, and everything that it began is put right.
    Failed(String),
}

impl Step {
    /// Goes on to `phase` with the same worker and changes nothing else.
    #[must_use]
    pub fn phase(phase: &'static str) -> Self {
        Self::Advance { next: Next::Phase(phase), args: None, change: Box::new(|_| Ok(())) }
    }

    /// Ends well, with `change`.
    pub fn done(change: impl FnOnce(&Conn<'_>) -> Result<(), StoreError> + Clone + Send + 'static) -> Self {
        Self::Advance { next: Next::Done, args: None, change: Box::new(change) }
    }
}

/// Where a phase says how far it is. The worker writes it into the row with every renewal of the claim.
#[derive(Clone, Default)]
pub struct Progress {
    meter: Arc<Mutex<Option<Meter>>>,
}

type Meter = Box<dyn Fn() -> Option<u8> + Send>;

impl Progress {
    /// Has `meter` asked from now on; it answers per cent, or none while nothing is known.
    pub fn watch(&self, meter: impl Fn() -> Option<u8> + Send + 'static) {
        *self.meter.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(meter));
    }

    pub(crate) fn percent(&self) -> Option<u8> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|meter| meter())
    }
}

/// Makes the effects of phases.
pub trait Handler: Send + Sync + 'static {
    /// Makes the effect of `operation.phase`, or finds it made.
    ///
    /// A phase may have run before, wholly or in part, in a process that is dead. `operation.attempts` counts how
    /// often it ended in [`Step::Retry`]; `operation.abandoned` asks for the way of failure. An operation that is given
    /// up while its phase runs has that future dropped, and its phase begun again with `abandoned` set.
    fn step<'a>(
        &'a self,
        operation: &'a OperationRow,
        progress: &'a Progress,
    ) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>>;
}
