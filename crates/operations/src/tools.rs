//! What the steps of every verb work with.

use std::sync::Arc;

use ledger::{Blocking, Hints};
use ports::image::Web;
use ports::volume::Initiator;
use ports::volume::there::ByQemu;
use ports::{Compute, Exec, KeyManager, Scratch};
use store::Store;

use crate::backup::Keeper;
use crate::effect::Effects;
use crate::image::{ImageStores, Limits};
use crate::placing::Placer;
use crate::{Backends, Settings, report_hint};

/// The tools of one process.
pub(crate) struct Tools {
    pub(crate) store: Store,
    pub(crate) hints: Hints,
    pub(crate) backends: Arc<Backends>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) placer: Arc<Placer>,
    pub(crate) effects: Effects,
    /// Where images are kept, when this process has such places.
    pub(crate) image_stores: Option<Arc<ImageStores>>,
    /// Where this process keeps backups; none when it does not.
    pub(crate) keeper: Option<Keeper>,
    pub(crate) compute: Option<Arc<dyn Compute>>,
    /// Who keeps the keys of encrypted volumes.
    pub(crate) keys: Option<Arc<dyn KeyManager>>,
    /// How data on the web are fetched.
    pub(crate) image_web: Option<Arc<dyn Web>>,
    /// The limits of images.
    pub(crate) image_limits: Option<Arc<Limits>>,
    /// Whether the data of images must be what they were declared as.
    pub(crate) require_format_match: bool,
    /// How external programs are run.
    pub(crate) exec: Exec,
    /// How volumes are read that other machines offer.
    pub(crate) initiator: Arc<dyn Initiator>,
    /// Where files lie while they are converted.
    pub(crate) scratch: Option<Scratch>,
}

impl Tools {
    /// The tools over these backends.
    pub(crate) fn new(store: Store, hints: Hints, backends: Arc<Backends>, settings: Arc<Settings>) -> Self {
        let placer = Arc::new(Placer::new(Arc::clone(&settings)));
        Self {
            store,
            hints,
            backends,
            settings,
            placer,
            effects: Effects::new(Blocking::default()),
            image_stores: None,
            keeper: None,
            compute: None,
            keys: None,
            image_web: None,
            image_limits: None,
            require_format_match: true,
            exec: Exec::direct(),
            initiator: Arc::new(ByQemu(Exec::direct())),
            scratch: None,
        }
    }

    /// Says that `backend` has more room than its last report found.
    pub(crate) fn has_more_room(&self, backend: &str) {
        self.hints.give(&report_hint(backend));
    }
}
