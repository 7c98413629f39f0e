//! Which file carries on which kind of operation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ledger::{Blocking, Handler, Hints, Progress, Step};
use ports::volume::Initiator;
use ports::volume::there::ByQemu;
use ports::{Compute, Exec, KeyManager, Scratch};
use store::Store;
use store::operations::OperationRow;

use crate::backup::{self, Keeper};
use crate::effect::Effects;
use crate::image::ImageHouse;
use crate::{
    Backends, Settings, Tools, attachment, base, compute_event, failure, group, group_snapshot, image,
    manageable, notice, service, snapshot, template, volume,
};

/// Every kind of operation: what [`Verbs`] carries on, and what the crash harness breaks.
pub const KINDS: &[&str] = &[
    volume::create::KIND,
    volume::delete::KIND,
    volume::extend::KIND,
    volume::flatten::KIND,
    volume::revert::KIND,
    volume::migrate::KIND,
    volume::retype::KIND,
    volume::upload::KIND,
    volume::reimage::KIND,
    snapshot::create::KIND,
    snapshot::delete::KIND,
    backup::create::KIND,
    backup::delete::KIND,
    backup::restore::KIND,
    backup::import::KIND,
    backup::verify::KIND,
    image::delete::KIND,
    image::import::KIND,
    image::cache::KIND,
    base::fill::KIND,
    base::remove::KIND,
    template::save::KIND,
    template::digest::KIND,
    template::export::KIND,
    template::reset::KIND,
    group::create::KIND,
    group::create_from_src::KIND,
    group::update::KIND,
    group::delete::KIND,
    group::replication::ENABLE,
    group::replication::DISABLE,
    group::replication::FAIL_OVER,
    group_snapshot::create::KIND,
    group_snapshot::delete::KIND,
    volume::manage::KIND,
    volume::unmanage::KIND,
    snapshot::manage::KIND,
    snapshot::unmanage::KIND,
    manageable::KIND,
    service::failover::KIND,
    attachment::connect::KIND,
    attachment::disconnect::KIND,
    attachment::export::KIND,
    compute_event::KIND,
];

/// Carries on every kind of operation of this crate.
pub struct Verbs {
    tools: Tools,
}

impl Verbs {
    /// The verbs over these backends.
    #[must_use]
    pub fn new(store: Store, hints: Hints, backends: Arc<Backends>, settings: Arc<Settings>) -> Self {
        Self { tools: Tools::new(store, hints, backends, settings) }
    }

    /// The same, for a process that keeps images.
    #[must_use]
    pub fn with_images(mut self, images: &ImageHouse) -> Self {
        self.tools.image_stores = Some(Arc::clone(&images.stores));
        self.tools.image_web.clone_from(&images.web);
        self.tools.image_limits = Some(Arc::clone(&images.limits));
        self.tools.require_format_match = images.require_format_match;
        self
    }

    /// What the verbs go by.
    pub(crate) const fn settings(&self) -> &Arc<Settings> {
        &self.tools.settings
    }

    /// After how many seconds without a heartbeat a service counts as dead (`service_down_time`).
    pub(crate) fn service_down_time_s(&self) -> i64 {
        self.tools.settings.service_down_time_s
    }

    /// The same verbs in a process that keeps backups.
    #[must_use]
    pub fn with_keeper(mut self, keeper: Option<Keeper>) -> Self {
        self.tools.keeper = keeper;
        self
    }

    /// The same, which tell `compute` what happens to volumes that servers use.
    #[must_use]
    pub fn with_compute(mut self, compute: Option<Arc<dyn Compute>>) -> Self {
        self.tools.compute = compute;
        self
    }

    /// The same, with `keys` as the keeper of the keys of encrypted volumes.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<dyn KeyManager>) -> Self {
        self.tools.keys = Some(keys);
        self
    }

    /// The same, which run external programs through `exec` and have them convert files in `scratch`.
    #[must_use]
    pub fn with_programs(mut self, exec: Exec, scratch: Option<Scratch>) -> Self {
        self.tools.initiator = Arc::new(ByQemu(exec.clone()));
        self.tools.exec = exec;
        self.tools.scratch = scratch;
        self
    }

    /// The same, whose effects run where `blocking` says.
    #[must_use]
    pub fn with_blocking(mut self, blocking: Blocking) -> Self {
        self.tools.effects = Effects::new(blocking);
        self
    }

    /// The same, which read through `initiator` what other machines offer.
    #[must_use]
    pub fn with_initiator(mut self, initiator: Arc<dyn Initiator>) -> Self {
        self.tools.initiator = initiator;
        self
    }

    async fn dispatch(&self, operation: &OperationRow, progress: &Progress) -> Step {
        match operation.kind.as_str() {
            volume::create::KIND => volume::create::step(&self.tools, operation, progress).await,
            volume::delete::KIND => volume::delete::step(&self.tools, operation, progress).await,
            volume::extend::KIND => volume::extend::step(&self.tools, operation, progress).await,
            volume::flatten::KIND => volume::flatten::step(&self.tools, operation, progress).await,
            volume::revert::KIND => volume::revert::step(&self.tools, operation, progress).await,
            volume::migrate::KIND => volume::migrate::step(&self.tools, operation, progress).await,
            volume::retype::KIND => volume::retype::step(&self.tools, operation, progress).await,
            volume::upload::KIND => volume::upload::step(&self.tools, operation, progress).await,
            volume::reimage::KIND => volume::reimage::step(&self.tools, operation, progress).await,
            snapshot::create::KIND => snapshot::create::step(&self.tools, operation, progress).await,
            snapshot::delete::KIND => snapshot::delete::step(&self.tools, operation, progress).await,
            backup::create::KIND => backup::create::step(&self.tools, operation, progress).await,
            backup::delete::KIND => backup::delete::step(&self.tools, operation, progress).await,
            backup::restore::KIND => backup::restore::step(&self.tools, operation, progress).await,
            backup::import::KIND => backup::import::step(&self.tools, operation, progress).await,
            backup::verify::KIND => backup::verify::step(&self.tools, operation, progress).await,
            group::create::KIND => group::create::step(&self.tools, operation),
            group::create_from_src::KIND => group::create_from_src::step(operation),
            group::update::KIND => group::update::step(operation),
            group::delete::KIND => group::delete::step(&self.tools, operation).await,
            group::replication::ENABLE | group::replication::DISABLE | group::replication::FAIL_OVER => {
                group::replication::step(&self.tools, operation, progress).await
            }
            group_snapshot::create::KIND => {
                group_snapshot::create::step(&self.tools, operation, progress).await
            }
            group_snapshot::delete::KIND => {
                group_snapshot::delete::step(&self.tools, operation, progress).await
            }
            volume::manage::KIND => volume::manage::step(&self.tools, operation, progress).await,
            volume::unmanage::KIND => volume::unmanage::step(&self.tools, operation, progress).await,
            snapshot::manage::KIND => snapshot::manage::step(&self.tools, operation, progress).await,
            snapshot::unmanage::KIND => snapshot::unmanage::step(&self.tools, operation, progress).await,
            manageable::KIND => manageable::step(&self.tools, operation, progress).await,
            service::failover::KIND => service::failover::step(&self.tools, operation, progress).await,
            attachment::connect::KIND => attachment::connect::step(&self.tools, operation, progress).await,
            attachment::export::KIND => attachment::export::step(&self.tools, operation, progress).await,
            attachment::disconnect::KIND => {
                attachment::disconnect::step(&self.tools, operation, progress).await
            }
            image::delete::KIND => image::delete::step(&self.tools, operation, progress).await,
            image::import::KIND => image::import::step(&self.tools, operation, progress).await,
            base::fill::KIND => base::fill::step(&self.tools, operation, progress).await,
            base::remove::KIND => base::remove::step(&self.tools, operation, progress).await,
            template::save::KIND => template::save::step(&self.tools, operation, progress).await,
            template::digest::KIND => template::digest::step(&self.tools, operation, progress).await,
            template::export::KIND => template::export::step(&self.tools, operation, progress).await,
            template::reset::KIND => template::reset::step(&self.tools, operation, progress).await,
            image::cache::KIND => image::cache::step(&self.tools, operation, progress).await,
            compute_event::KIND => compute_event::step(&self.tools, operation).await,
            // A row of a newer version: it waits for a process that knows it.
            unknown => {
                let why = format!("this version does not know operations of kind {unknown:?}");
                failure::unreadable(operation, why)
            }
        }
    }
}

impl Handler for Verbs {
    fn step<'a>(
        &'a self,
        operation: &'a OperationRow,
        progress: &'a Progress,
    ) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>> {
        Box::pin(async move {
            notice::begin(&self.tools, operation).await;
            let step = self.dispatch(operation, progress).await;
            notice::with_end(&self.tools.settings, operation, step)
        })
    }
}
