//! Which file carries on which kind of operation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ledger::{Handler, Hints, Next, Progress, Step};
use store::Store;
use store::operations::OperationRow;

use crate::effect::Effects;
use crate::placing::Placer;
use crate::roles::report_hint;
use crate::{Backends, Settings, snapshot, volume};

/// Every kind of operation: what [`Verbs`] carries on, and what the crash harness breaks.
pub const KINDS: &[&str] = &[
    volume::create::KIND,
    volume::delete::KIND,
    volume::extend::KIND,
    snapshot::create::KIND,
    snapshot::delete::KIND,
];

/// Carries on every kind of operation of this crate.
pub struct Verbs {
    pub(crate) store: Store,
    pub(crate) hints: Hints,
    pub(crate) backends: Arc<Backends>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) placer: Arc<Placer>,
    pub(crate) effects: Effects,
}

impl Verbs {
    /// The verbs over these backends.
    #[must_use]
    pub fn new(store: Store, hints: Hints, backends: Arc<Backends>, settings: Arc<Settings>) -> Self {
        let placer = Arc::new(Placer::new(Arc::clone(&settings)));
        Self { store, hints, backends, settings, placer, effects: Effects::default() }
    }

    /// Says that `backend` has more room than its last report found.
    pub(crate) fn has_more_room(&self, backend: &str) {
        self.hints.give(&report_hint(backend));
    }

    async fn dispatch(&self, operation: &OperationRow, progress: &Progress) -> Step {
        match operation.kind.as_str() {
            volume::create::KIND => volume::create::step(self, operation, progress).await,
            volume::delete::KIND => volume::delete::step(self, operation, progress).await,
            volume::extend::KIND => volume::extend::step(self, operation, progress).await,
            snapshot::create::KIND => snapshot::create::step(self, operation, progress).await,
            snapshot::delete::KIND => snapshot::delete::step(self, operation, progress).await,
            // A row of a newer version: it waits for a process that knows it.
            unknown => Step::Retry {
                after: Duration::from_secs(10),
                why: format!("this version does not know operations of kind {unknown:?}"),
            },
        }
    }
}

impl Handler for Verbs {
    fn step<'a>(
        &'a self,
        operation: &'a OperationRow,
        progress: &'a Progress,
    ) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>> {
        Box::pin(self.dispatch(operation, progress))
    }
}

/// A phase that no verb has: the row is damaged, or of a newer version. It waits; nothing is guessed.
pub(crate) fn unknown_phase(operation: &OperationRow) -> Step {
    Step::Retry {
        after: Duration::from_secs(10),
        why: format!("{} has no phase {:?} in this version", operation.kind, operation.phase),
    }
}

/// Ends an operation whose resource is gone: there is nothing left to do to it.
pub(crate) fn vanished() -> Step {
    Step::Advance {
        next: Next::Failed("its resource is gone".to_owned()),
        args: None,
        change: Box::new(|_| Ok(())),
    }
}
