//! One incarnation of the service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use backends::volume::local::{LocalFileDriver, LocalOptions};
use backends::volume::sim::{SimDriver, SimInitiator, SimOptions};
use ledger::{Hints, Supervisor};
use model::volume_type::DEFAULT_TYPE_NAME;
use model::{KeyId, Metadata, Volume, VolumeType, VolumeTypeId};
use operations::image::Images;
use operations::keys::SealedKeys;
use operations::roles::{self, BackupRole, Post, VolumeRole};
use operations::{Backend, Backends, Desk, Settings, Verbs};
use ports::chaos::{Chaos, Faults, Injected};
use ports::keys::{Key, KeyError};
use ports::volume::Provisioning;
use ports::{Compute, Exec, KeyManager, VolumeDriver};
use serde_json::{Map, Value};
use store::operations::OperationRow;
use store::{Conn, Store, StoreError};
use tokio::runtime::{Builder, Runtime};

use crate::Options;
use crate::backups;
use crate::compute::{Ear, Listening, Swapper, Told, Word};
use crate::keys::{NotedKeys, Readers};
use crate::options::{Apart, BackendOptions, Kind};
use crate::watched::{Overlaps, Watched};
use crate::world::Site;

/// The name of the host of every process.
pub(crate) const HOST: &str = "host";
/// How long everything that was accepted may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// When to look first whether it has, and how much later each time after that.
const LOOK: Duration = Duration::from_millis(2);
/// How long to wait at most before looking again.
const MAX_LOOK: Duration = Duration::from_millis(20);

/// A process: everything of it runs on a runtime of its own and ends with it.
pub struct Process {
    /// Where requests are accepted.
    pub desk: Desk,
    /// What requests about images work with.
    pub images: Images,
    /// The points that it passes.
    pub faults: Faults,
    pub(crate) backends: Arc<Backends>,
    /// Who keeps the keys of encrypted volumes.
    pub keys: Arc<dyn KeyManager>,
    readers: Readers,
    pub(crate) overlaps: Overlaps,
    pub(crate) backup_root: PathBuf,
    gib_bytes: BTreeMap<String, u64>,
    /// Where simulated backends keep account of who is let in.
    pub(crate) exports: Vec<PathBuf>,
    ear: Ear,
    _swapper: Arc<Swapper>,
    pub(crate) supervisor: Supervisor,
    /// What its roles work with.
    pub post: Post,
    /// What the role of a backend works with that is in a process of its own.
    apart: BTreeMap<String, Post>,
    runtime: Runtime,
}

impl Process {
    pub(crate) fn start(site: &Site, faults: Faults, alone: bool) -> Result<Self, StoreError> {
        let options = &site.options;
        let runtime = runtime(options);
        let store = {
            let _inside = runtime.enter();
            Store::open(store::Options {
                commit_hook: Some(hook(faults.clone())),
                ..site.database.options()
            })?
        };
        let overlaps = Overlaps::default();
        let backends = Arc::new(open_backends(site, &faults, &overlaps));
        let (hints, settings) = (Hints::default(), Arc::new(settings(options)));
        // What the verbs say about free space is heard by nobody when reports would disturb.
        let heard = if options.reports_at_once { hints.clone() } else { Hints::default() };
        let sealed = SealedKeys::new(store.clone(), site.master_key.clone(), runtime.handle().clone());
        let keys: Arc<dyn KeyManager> = Arc::new(NotedKeys { keys: sealed, readers: site.readers.clone() });
        let house = crate::images::house(site, &faults);
        let backup_root = site.backend("backups");
        let keeper = backups::keeper(&backup_root, &faults, options.backup_format);
        let kept_in = Arc::clone(&keeper.engine.store);
        let swaps = Arc::new(OnceLock::new());
        let listening =
            Listening { ear: site.ear.clone(), faults: faults.clone(), swaps: Arc::clone(&swaps) };
        let compute = options.has_compute.then(|| Arc::new(listening) as Arc<dyn Compute>);
        let verbs = |backends: &Arc<Backends>| {
            let over = (store.clone(), heard.clone(), Arc::clone(backends), Arc::clone(&settings));
            let verbs = Verbs::new(over.0, over.1, over.2, over.3).with_images(&house);
            let verbs = verbs.with_keeper(Some(keeper.clone())).with_keys(Arc::clone(&keys));
            let verbs = verbs.with_initiator(Arc::new(SimInitiator));
            Arc::new(verbs.with_compute(compute.clone()))
        };
        let supervisor = Supervisor::default();
        let incarnation = site.next_incarnation();
        let post = Post {
            store: store.clone(),
            hints: hints.clone(),
            supervisor: supervisor.clone(),
            verbs: verbs(&backends),
            worker: ledger::Settings {
                owner: format!("{HOST}/{incarnation}"),
                lease_ms: options.lease_ms,
                poll: Duration::from_millis(10),
                concurrency: options.concurrency,
            },
            host: HOST.to_owned(),
            machine: "machine".to_owned(),
            zone: "nova".to_owned(),
            report_interval: Duration::from_secs(3600),
        };
        let of_one = |backend: &Backend| {
            let owner = format!("{HOST}/{}/{incarnation}", backend.volume_backend_name);
            let alone = Arc::new([backend.clone()].into_iter().collect());
            let worker = ledger::Settings { owner, ..post.worker.clone() };
            let machine = match options.apart {
                Apart::Machines => format!("machine of {}", backend.volume_backend_name),
                Apart::Together | Apart::Processes => post.machine.clone(),
            };
            (backend.host.clone(), Post { verbs: verbs(&alone), worker, machine, ..post.clone() })
        };
        let apart = backends.values().filter(|_| options.apart != Apart::Together).map(of_one).collect();
        let desk = Desk { store, hints, settings, compute, patience: PATIENCE };
        let swapper = Arc::new(Swapper {
            desk: desk.clone(),
            backends: Arc::clone(&backends),
            runtime: runtime.handle().clone(),
            faults: faults.clone(),
            turn: Mutex::default(),
        });
        // Nobody else has set it.
        let _ = swaps.set(Arc::downgrade(&swapper));
        let gib_bytes = options.backends.iter().map(|plan| (host_of(plan), plan.kind.gib_bytes())).collect();
        let images = crate::images::images(&desk, &house, options.upload_lease_ms);
        let simulated = options.backends.iter().filter(|plan| matches!(plan.kind, Kind::Sim { .. }));
        let exports = simulated.map(|plan| site.backend(plan.name).join(".exports.json")).collect();
        let ear = site.ear.clone();
        let process = Self {
            desk,
            images,
            faults,
            backends,
            keys,
            readers: site.readers.clone(),
            overlaps,
            backup_root,
            gib_bytes,
            exports,
            ear,
            _swapper: swapper,
            supervisor,
            post,
            apart,
            runtime,
        };
        let post = &process.post;
        process.run(process.bring_up(post, options, alone))?;
        let role = BackupRole { concurrency: options.concurrency, look_every: Duration::from_secs(3600) };
        process.run(roles::run_backup(post, kept_in, role))?;
        Ok(process)
    }

    async fn bring_up(&self, post: &Post, options: &Options, alone: bool) -> Result<(), StoreError> {
        if !self.desk.store.read(has_default_type).await? {
            self.desk.store.write(add_default_type).await?;
        }
        if alone {
            self.desk.store.write(|conn| store::operations::release_host(conn, HOST)).await?;
        }
        for backend in self.backends.values() {
            let role = VolumeRole { report_every: options.report_every };
            let post = self.apart.get(&backend.host).unwrap_or(post);
            roles::register_volumes(post, [backend]).await?;
            roles::run_volume(post, backend.clone(), role).await?;
        }
        roles::run_image(post, &self.images).await?;
        if self.images.trouble().is_some() {
            return Err(StoreError::Injected("an image store"));
        }
        roles::run_compute(post);
        roles::run_scheduler(post).await
    }

    /// Has the compute service fail whenever it is to copy a volume.
    pub fn copy_in_vain(&self) {
        self.ear.copy_in_vain();
    }

    /// Has the compute service say of every volume that it copies that it cannot.
    pub fn deny_copies(&self) {
        self.ear.deny();
    }

    /// What the compute service says from now on when it was told that a volume is to grow.
    pub fn say_of_growth(&self, word: Word) {
        self.ear.say_of_growth(word);
    }

    /// What the compute service was told.
    #[must_use]
    pub fn told_compute(&self) -> Vec<Told> {
        self.ear.told()
    }

    /// Who is let in to which volume on simulated backends.
    pub(crate) fn exports(&self) -> Vec<(String, Value)> {
        let read = |path: &PathBuf| std::fs::read(path).ok();
        let texts = self.exports.iter().filter_map(read);
        texts
            .flat_map(|text| serde_json::from_slice::<Map<String, Value>>(&text).expect("a list of exports"))
            .collect()
    }

    /// Whether every backend keeps account of who is let in.
    pub(crate) fn keeps_exports(&self) -> bool {
        self.exports.len() == self.backends.values().count()
    }

    /// Runs `future` on the process's runtime, and with it whatever the process has to do meanwhile.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Lets the process do what it has to do for a while.
    pub fn run_for(&self, pause: Duration) {
        self.run(async { tokio::time::sleep(pause).await });
    }

    /// Reads the database.
    pub fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.run(self.desk.store.read(job)).expect("the database can be read")
    }

    /// Writes the database behind everybody's back.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        self.run(self.desk.store.write(job)).expect("the database can be written")
    }

    /// Operations that have not ended, newest first.
    #[must_use]
    pub fn pending(&self) -> Vec<OperationRow> {
        self.read(|conn| store::operations::list(conn, false, 1000))
    }

    /// Every operation that is still remembered, newest first.
    #[must_use]
    pub fn operations(&self) -> Vec<OperationRow> {
        self.read(|conn| store::operations::list(conn, true, 1000))
    }

    /// Runs until every operation has ended, or the process is dead.
    ///
    /// # Panics
    /// It takes longer than anything may.
    pub fn settle(&self) {
        self.run_until("every operation has ended", || self.faults.is_crashed() || self.pending().is_empty());
    }

    /// Runs until `reached`.
    ///
    /// # Panics
    /// It takes longer than anything may.
    pub fn run_until(&self, what: &str, reached: impl Fn() -> bool) {
        let begun = Instant::now();
        let mut pause = LOOK;
        while !reached() {
            assert!(begun.elapsed() < PATIENCE, "{PATIENCE:?} passed before {what}: {:#?}", self.pending());
            self.run_for(pause);
            pause = (pause + LOOK).min(MAX_LOOK);
        }
    }

    /// The driver of the backend `name`.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn driver(&self, name: &str) -> Arc<dyn VolumeDriver> {
        Arc::clone(&self.backends.get(&format!("{HOST}@{name}")).unwrap().driver)
    }

    /// The key `id`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn key(&self, id: KeyId) -> Result<Key, KeyError> {
        self.keys.get(id)
    }

    /// The users with whom the key `id` is shared.
    #[must_use]
    pub fn readers(&self, id: KeyId) -> Vec<String> {
        self.readers.of(id)
    }

    /// How large a GiB of `volume` is in its file.
    pub(crate) fn gib_bytes(&self, volume: &Volume) -> u64 {
        let host = volume.host.as_deref().map_or("", model::service::backend_of);
        self.gib_bytes.get(host).copied().unwrap_or(model::GIB)
    }

    /// Ends it in an orderly way, as SIGTERM does.
    pub fn stop(self) {
        assert!(self.run(self.supervisor.stop(PATIENCE)), "every task ends when it is told to");
    }

    /// Ends it at once. Whatever runs on a thread can commit and call nothing any more, and is waited for: of a
    /// process that was really killed, no thread would be left.
    pub fn kill(self) {
        self.faults.crash_now();
        drop(self.runtime);
    }
}

fn runtime(options: &Options) -> Runtime {
    let mut builder = match options.threads {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(options.threads.max(1)).enable_all().build().unwrap()
}

fn hook(faults: Faults) -> store::CommitHook {
    Arc::new(move |point| {
        faults.point(point).map_err(|injected| match injected {
            Injected::Crashed => StoreError::Injected("crashed"),
            Injected::Fails(_) => StoreError::Injected("a failing disk"),
        })
    })
}

fn open_backends(site: &Site, faults: &Faults, overlaps: &Overlaps) -> Backends {
    let open = |plan: &BackendOptions| {
        let driver = Chaos::new(driver(site, plan, faults), faults.clone());
        let driver = Arc::new(Watched::new(driver, overlaps.clone(), plan));
        Backend {
            max_over_subscription_ratio: "20.0".to_owned(),
            image_cache: plan.image_cache,
            extra_capabilities: boast(plan),
            ..plain_backend(host_of(plan), driver, plan.name, plan.zone)
        }
    };
    site.options.backends.iter().map(open).collect()
}

/// A backend that is alone in the world, and boasts of nothing.
pub(crate) fn plain_backend(host: String, driver: Arc<dyn VolumeDriver>, name: &str, zone: &str) -> Backend {
    Backend {
        host,
        driver,
        zone: zone.to_owned(),
        cluster: None,
        volume_backend_name: name.to_owned(),
        reserved_percentage: 0,
        max_over_subscription_ratio: "1.0".to_owned(),
        filter_function: None,
        goodness_function: None,
        report_discard: false,
        block_sizes: None,
        image_cache: None,
        extra_capabilities: Map::new(),
    }
}

fn boast(plan: &BackendOptions) -> Map<String, Value> {
    let says =
        |gib: u64| ["total_capacity_gb", "free_capacity_gb"].map(|key| (key.to_owned(), Value::from(gib)));
    plan.boast_gib.into_iter().flat_map(says).collect()
}

fn host_of(plan: &BackendOptions) -> String {
    format!("{HOST}@{}", plan.name)
}

fn driver(site: &Site, plan: &BackendOptions, faults: &Faults) -> Arc<dyn VolumeDriver> {
    let directory = site.backend(plan.name);
    match plan.kind {
        Kind::Local => Arc::new(LocalFileDriver::new(LocalOptions::new(directory), Exec::direct())),
        Kind::Sim { thick, total_gib, delay } => {
            let options = SimOptions {
                total_capacity_gib: total_gib,
                gib_bytes: plan.kind.gib_bytes(),
                provisioning: if thick { Provisioning::Thick } else { Provisioning::Thin },
                delay,
                online_snapshot: true,
                grown_by_host: plan.grown_by_host,
                account: plan.account,
                offers_volumes: site.options.apart == Apart::Machines,
                replication_targets: plan.sites.iter().map(|site| (*site).to_owned()).collect(),
                ..SimOptions::new(directory)
            };
            Arc::new(SimDriver::new(options).with_faults(faults.clone()))
        }
    }
}

pub(crate) fn settings(options: &Options) -> Settings {
    let mut settings = Settings {
        default_zone: "nova".to_owned(),
        zone_fallback: false,
        cloned_volume_same_zone: true,
        default_volume_type: DEFAULT_TYPE_NAME.to_owned(),
        default_group_type: None,
        quota_defaults: [
            ("volumes", -1),
            ("gigabytes", -1),
            ("snapshots", -1),
            ("backups", -1),
            ("backup_gigabytes", -1),
        ]
        .map(|(name, limit)| (name.to_owned(), limit))
        .into(),
        use_default_quota_class: true,
        per_volume_gib: -1,
        no_snapshot_gib: false,
        service_down_time_s: 3600,
        extend_completion_timeout_s: 3600,
        force_upload: true,
        message_ttl_s: model::limits::MESSAGE_TTL_SECONDS,
        transfer: operations::TransferDigits::default(),
        placement: Arc::default(),
        few_pools: operations::FEW_POOLS,
        announces: false,
        audits: false,
        first_retry_ms: 1,
        longest_retry_ms: 64,
    };
    (options.configure)(&mut settings);
    settings
}

fn has_default_type(conn: &Conn<'_>) -> Result<bool, StoreError> {
    Ok(store::volume_types::by_name(conn, DEFAULT_TYPE_NAME)?.is_some())
}

pub(crate) fn add_default_type(conn: &Conn<'_>) -> Result<(), StoreError> {
    let default = VolumeType {
        id: VolumeTypeId::random(),
        name: DEFAULT_TYPE_NAME.to_owned(),
        description: None,
        is_public: true,
        projects: Vec::new(),
        extra_specs: Metadata::default(),
        qos_specs_id: None,
        is_encrypted: false,
        created_at: conn.now(),
        updated_at: None,
    };
    store::volume_types::insert(conn, &default)
}
