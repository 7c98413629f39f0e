//! A whole Block Storage API in this process: the real router over a temporary store, with fixed tokens and no workers.
//!
//! ```ignore
//! let world = World::new();
//! let answer = world.member().at("3.52").get("/types").await;
//! assert_eq!(answer.status, 200);
//! ```

#![allow(dead_code, unused_imports, unreachable_pub, reason = "every test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

pub mod arrange;
pub mod busy;

mod client;
mod log_levels;
mod rows;
mod shape;
mod tokens;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use api::volume_v3::{Rates, VolumeApi, router};
use auth::policy::Policy;
use axum::Router;
use ledger::Hints;
use model::volume_type::DEFAULT_TYPE_NAME;
use model::{Metadata, VolumeType, VolumeTypeId};
use operations::{Desk, Settings};
use ports::Compute;
use store::{Conn, Store, StoreError};

pub use client::{Answer, Client};
pub use shape::assert_same_shape;
pub use tokens::{OTHER_PROJECT, PROJECT, USER};

/// How long clients wait where somebody works, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One installation.
pub struct World {
    /// Its database, to arrange and to look.
    pub store: Store,
    /// What requests share.
    pub api: VolumeApi,
    router: Router,
    _database: testdb::TestDatabase,
}

impl World {
    /// A fresh one with the default volume type.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A fresh one whose configuration was changed first.
    pub async fn with(configure: impl FnOnce(&mut Settings)) -> Self {
        // Nobody works here, unless a test says so.
        Self::build(configure, Duration::from_millis(20), None).await
    }

    /// A fresh one for tests in which somebody works: clients wait for what takes a while. With a compute service, if
    /// one is given.
    pub async fn patient(compute: Option<Arc<dyn Compute>>) -> Self {
        Self::patient_with(|_| {}, compute).await
    }

    /// The same, whose configuration was changed first.
    pub async fn patient_with(
        configure: impl FnOnce(&mut Settings),
        compute: Option<Arc<dyn Compute>>,
    ) -> Self {
        Self::build(configure, PATIENCE, compute).await
    }

    async fn build(
        configure: impl FnOnce(&mut Settings),
        patience: Duration,
        compute: Option<Arc<dyn Compute>>,
    ) -> Self {
        let database = testdb::TestDatabase::new();
        let store = Store::open(database.options()).unwrap();
        let mut settings = settings();
        configure(&mut settings);
        let desk = Desk {
            store: store.clone(),
            hints: Hints::default(),
            settings: Arc::new(settings),
            compute,
            patience,
        };
        let api = VolumeApi {
            desk,
            tokens: Arc::new(tokens::FixedTokens),
            policy: Arc::new(RwLock::new(Arc::new(Policy::default()))),
            public_endpoint: None,
            identity_url: "http://identity:5000/v3".to_owned(),
            local_url: "http://127.0.0.1:8776".to_owned(),
            lists: Arc::default(),
            service_tokens: Arc::default(),
            rates: Arc::default(),
            log_levels: Arc::new(log_levels::FakeLogLevels::default()),
        };
        let router = router(api.clone());
        let world = Self { store, api, router, _database: database };
        world.add_type(DEFAULT_TYPE_NAME, &[]).await;
        world
    }

    /// The same, where projects may ask so often only.
    pub fn limited_to(mut self, rates: Rates) -> Self {
        self.api.rates = Arc::new(rates);
        self.router = router(self.api.clone());
        self
    }

    /// Writes to the database behind the API's back.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        self.store.write(job).await.unwrap()
    }

    /// Reads the database behind the API's back.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.read(job).await.unwrap()
    }

    /// Adds a public volume type with these extra specs.
    pub async fn add_type(&self, name: &str, extra_specs: &[(&str, &str)]) -> VolumeTypeId {
        let (id, name) = (VolumeTypeId::random(), name.to_owned());
        let extra_specs: Metadata =
            extra_specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.write(move |conn| {
            let new = VolumeType {
                id,
                name,
                description: None,
                is_public: true,
                projects: Vec::new(),
                extra_specs,
                qos_specs_id: None,
                is_encrypted: false,
                created_at: conn.now(),
                updated_at: None,
            };
            store::volume_types::insert(conn, &new)
        })
        .await;
        id
    }

    /// Somebody with the role admin in [`PROJECT`].
    pub fn admin(&self) -> Client<'_> {
        self.client(Some("admin"), PROJECT)
    }

    /// Somebody with the role manager in [`PROJECT`].
    pub fn manager(&self) -> Client<'_> {
        self.client(Some("manager"), PROJECT)
    }

    /// Somebody with the role member in [`PROJECT`].
    pub fn member(&self) -> Client<'_> {
        self.client(Some("member"), PROJECT)
    }

    /// A service, which has no rights of its own.
    pub fn service(&self) -> Client<'_> {
        self.client(Some("service"), PROJECT)
    }

    /// Somebody with the role reader in [`PROJECT`].
    pub fn reader(&self) -> Client<'_> {
        self.client(Some("reader"), PROJECT)
    }

    /// A member of [`OTHER_PROJECT`].
    pub fn stranger(&self) -> Client<'_> {
        self.client(Some("stranger"), OTHER_PROJECT)
    }

    /// An administrator of no project, for paths without one ([`Client::ask_at`]).
    pub fn system(&self) -> Client<'_> {
        self.client(Some("system"), "")
    }

    /// A member of [`PROJECT`] whose token has ended.
    pub fn late(&self) -> Client<'_> {
        self.client(Some("ended"), PROJECT)
    }

    /// Nobody: requests without a token.
    pub fn nobody(&self) -> Client<'_> {
        self.client(None, PROJECT)
    }

    fn client(&self, token: Option<&'static str>, project: &'static str) -> Client<'_> {
        Client::new(self.router.clone(), token, project)
    }
}

fn settings() -> Settings {
    Settings {
        default_zone: "nova".to_owned(),
        zone_fallback: false,
        cloned_volume_same_zone: true,
        default_volume_type: DEFAULT_TYPE_NAME.to_owned(),
        default_group_type: None,
        quota_defaults: BTreeMap::new(),
        use_default_quota_class: true,
        per_volume_gib: -1,
        no_snapshot_gib: false,
        service_down_time_s: 60,
        extend_completion_timeout_s: 60,
        force_upload: false,
        message_ttl_s: model::limits::MESSAGE_TTL_SECONDS,
        transfer: operations::TransferDigits::default(),
        placement: Arc::new(placement::Policy::from_options(&placement::PolicyOptions::default()).unwrap()),
        few_pools: operations::FEW_POOLS,
        announces: false,
        audits: false,
        first_retry_ms: 10,
        longest_retry_ms: 60_000,
    }
}
