//! A world in which somebody works: the router, the scheduler, a backend that is simulated, and a store of backups.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backends::backup::posix::PosixStore;
use backends::volume::sim::{SimDriver, SimOptions};
use backup::chunked::Options;
use backup::{Algorithm, Engine, Format, Means};
use ledger::Supervisor;
use operations::backup::Keeper;
use operations::keys::{MasterKey, SealedKeys};
use operations::roles::{
    BackupRole, Post, VolumeRole, register_volumes, run_backup, run_scheduler, run_volume,
};
use operations::{Backend, Backends, Settings, Verbs};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{Client, PATIENCE, World};

/// What is special about the backend.
#[derive(Default)]
pub struct Site {
    /// The cluster that looks after it.
    pub cluster: Option<String>,
    /// Its other sites.
    pub replication_targets: Vec<String>,
    /// Whether there is a second one beside it, `node@other`.
    pub another: bool,
    /// Whether it leaves it to the hosts of servers to grow what is attached.
    pub grown_by_host: bool,
}

/// A world in which somebody works.
pub struct Busy {
    /// The router and its store.
    pub world: World,
    /// Where the backend keeps its files.
    pub backend: TempDir,
    /// Where backups are kept.
    pub kept: TempDir,
    _other: Option<TempDir>,
    supervisor: Supervisor,
}

impl Busy {
    /// One with the backend `node@sim`, whose GiB are a MiB.
    pub async fn new() -> Self {
        Self::keeping_in(tempfile::tempdir().unwrap()).await
    }

    /// The same, whose configuration was changed first.
    pub async fn with(configure: impl FnOnce(&mut Settings)) -> Self {
        Self::within(World::patient_with(configure, None).await, tempfile::tempdir().unwrap()).await
    }

    /// The same, over a store of backups that is there already.
    pub async fn keeping_in(kept: TempDir) -> Self {
        Self::within(World::patient(None).await, kept).await
    }

    /// The same in this world.
    pub async fn within(world: World, kept: TempDir) -> Self {
        Self::on(world, kept, Site::default()).await
    }

    /// The same over such a backend.
    pub async fn on(world: World, kept: TempDir, site: Site) -> Self {
        assert!(world.api.desk.patience >= PATIENCE, "clients would not wait for those who work here");
        let backend = tempfile::tempdir().unwrap();
        let supervisor = Supervisor::default();
        let other = site.another.then(|| tempfile::tempdir().unwrap());
        let mut ours = vec![simulated("sim", &backend, &site)];
        ours.extend(other.iter().map(|directory| simulated("other", directory, &site)));
        let desk = world.api.desk.clone();
        let backends = Arc::new(ours.iter().cloned().collect::<Backends>());
        let verbs = Verbs::new(desk.store.clone(), desk.hints.clone(), backends, desk.settings.clone());
        let keeper = keeper(&kept);
        let kept_in = Arc::clone(&keeper.engine.store);
        let keys = SealedKeys::new(desk.store.clone(), MasterKey::draw().unwrap(), Handle::current());
        let verbs =
            verbs.with_keeper(Some(keeper)).with_keys(Arc::new(keys)).with_compute(desk.compute.clone());
        let post = Post {
            store: desk.store,
            hints: desk.hints,
            supervisor: supervisor.clone(),
            verbs: Arc::new(verbs),
            worker: ledger::Settings::of("node/1"),
            host: "node".to_owned(),
            machine: "machine".to_owned(),
            zone: "nova".to_owned(),
            report_interval: Duration::from_secs(60),
        };
        register_volumes(&post, &ours).await.unwrap();
        for backend in ours {
            run_volume(&post, backend, VolumeRole { report_every: Duration::from_secs(60) }).await.unwrap();
        }
        run_scheduler(&post).await.unwrap();
        let role = BackupRole { concurrency: 4, look_every: Duration::from_secs(60) };
        run_backup(&post, kept_in, role).await.unwrap();
        Self { world, backend, kept, _other: other, supervisor }
    }

    /// A member, at the newest revision.
    pub fn member(&self) -> Client<'_> {
        self.world.member().at("3.71")
    }

    /// Waits until what is at `path` has this status; null is gone.
    pub async fn wait(&self, path: &str, status: Value) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.world.admin().at("3.71").get(path).await;
            let found = answer.body.as_object().and_then(|body| body.values().next()).cloned().unwrap();
            let now = if answer.status == 404 { &Value::Null } else { &found["status"] };
            if *now == status {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{path} is {now}, not {status}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Makes something of a collection; gives its path.
    pub async fn create(&self, collection: &str, body: Value) -> String {
        let reply = self.member().post(&format!("/{collection}"), body).await.expect(202);
        let made = reply.as_object().unwrap().values().next().unwrap().clone();
        format!("/{collection}/{}", made["id"].as_str().unwrap())
    }

    /// Ends the work.
    pub async fn stop(self) {
        self.supervisor.stop(Duration::from_secs(5)).await;
    }
}

/// The backend `node@{name}` over a directory.
fn simulated(name: &str, directory: &TempDir, site: &Site) -> Backend {
    let driver = SimDriver::new(SimOptions {
        gib_bytes: 1 << 20,
        replication_targets: site.replication_targets.clone(),
        grown_by_host: site.grown_by_host,
        ..SimOptions::new(directory.path().to_owned())
    });
    Backend {
        host: format!("node@{name}"),
        driver: Arc::new(driver),
        zone: "nova".to_owned(),
        cluster: site.cluster.clone(),
        volume_backend_name: name.to_owned(),
        reserved_percentage: 0,
        max_over_subscription_ratio: "20.0".to_owned(),
        filter_function: None,
        goodness_function: None,
        report_discard: false,
        block_sizes: None,
        image_cache: None,
        extra_capabilities: serde_json::Map::new(),
    }
}

fn keeper(kept: &TempDir) -> Keeper {
    let engine = Engine {
        store: Arc::new(PosixStore::new(kept.path().to_owned())),
        format: Format::Chunked,
        options: Options { block_bytes: 4096, object_bytes: 256 << 10, algorithm: Algorithm::Zlib },
        key: None,
        means: Means::new(16 << 20),
    };
    Keeper { engine, scratch: kept.path().to_owned() }
}

/// The identifier at the end of a path.
pub fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
