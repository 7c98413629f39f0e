//! How much one scheduler carries: the real one, over as many backends as a cloud may have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::{Hints, Supervisor};
use model::pool::AtReport;
use model::service::Binary;
use operations::roles::{self, Post};
use operations::{Backends, Desk, SCHEDULER_QUEUE, Verbs, volume};
use serde_json::json;
use store::{Conn, Store, StoreError};
use testdb::TestDatabase;

use crate::client::{blank, requester};
use crate::process::{add_default_type, settings};
use crate::{BackendOptions, Options};

/// Backends of one host.
const OF_A_HOST: usize = 10;
/// Long enough for a slow machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long each of some volumes took.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// To be accepted.
    pub admission: Duration,
    /// To be placed.
    pub placement: Duration,
}

/// Has `volumes` volumes accepted and placed on `backends` backends that have all reported.
///
/// # Panics
/// The scheduler does not place them.
pub async fn measure(backends: usize, volumes: u32) -> Measured {
    let room = Room { total_gib: 10_000, free_gib: 9_000, differs_by_gib: 1_000, thin: true };
    let cloud = Cloud::new(backends, room).await;
    let admission = cloud.accept(volumes).await / volumes;
    let began = Instant::now();
    let schedulers = cloud.start(1).await;
    cloud.until_placed().await;
    let placement = began.elapsed() / volumes;
    stop(schedulers).await;
    Measured { admission, placement }
}

/// What is on each pool, in GiB, and how many volumes went nowhere, once `schedulers` schedulers with a store of their own
/// each have placed `volumes` volumes of 1 GiB on `backends` backends with room for `room_gib` GiB each.
///
/// # Panics
/// They do not get on, or what is counted is not what is there.
pub async fn fill(schedulers: usize, backends: usize, room_gib: u64, volumes: u32) -> (Vec<u64>, usize) {
    let room = Room { total_gib: room_gib, free_gib: room_gib, differs_by_gib: 1, thin: false };
    let cloud = Cloud::new(backends, room).await;
    cloud.accept(volumes).await;
    let schedulers = cloud.start(schedulers).await;
    cloud.until_placed().await;
    stop(schedulers).await;
    let look = |conn: &Conn<'_>| {
        assert_eq!(store::pools::recount(conn)?, []);
        let pools = store::pools::list(conn)?;
        let nowhere = conn.int("SELECT COUNT(*) FROM volumes WHERE host IS NULL", &[])?;
        Ok::<_, StoreError>((pools.iter().map(|pool| pool.allocated_gib).collect(), nowhere))
    };
    let (filled, nowhere) = cloud.store.read(look).await.expect("a database");
    (filled, usize::try_from(nowhere).expect("a count"))
}

/// What the pools report.
#[derive(Clone, Copy)]
struct Room {
    total_gib: u64,
    free_gib: u64,
    /// By less than this the free space of one pool differs from that of another.
    differs_by_gib: u64,
    thin: bool,
}

/// Backends that have reported, and nobody who serves them.
struct Cloud {
    database: TestDatabase,
    store: Store,
    settings: Arc<operations::Settings>,
}

impl Cloud {
    async fn new(backends: usize, room: Room) -> Self {
        let database = TestDatabase::new();
        let store = Store::open(database.options()).expect("a database");
        store.write(move |conn| populate(conn, backends, room)).await.expect("backends");
        let none: [BackendOptions; 0] = [];
        let mut settings = settings(&Options::with(none));
        settings.service_down_time_s = 3600;
        Self { database, store, settings: Arc::new(settings) }
    }

    /// Has volumes of 1 GiB accepted; how long that took.
    async fn accept(&self, volumes: u32) -> Duration {
        let desk = Desk {
            store: self.store.clone(),
            hints: Hints::default(),
            settings: Arc::clone(&self.settings),
            compute: None,
            patience: PATIENCE,
        };
        let began = Instant::now();
        for _ in 0..volumes {
            volume::create::accept(&desk, &requester(), blank(1)).await.expect("an accepted volume");
        }
        began.elapsed()
    }

    /// Starts schedulers, each with a store of its own.
    async fn start(&self, count: usize) -> Vec<Supervisor> {
        let mut started = Vec::new();
        for number in 0..count {
            let (hints, supervisor) = (Hints::default(), Supervisor::default());
            let store = Store::open(self.database.options()).expect("a database");
            let (backends, settings) = (Arc::new(Backends::default()), Arc::clone(&self.settings));
            let verbs = Verbs::new(store.clone(), hints.clone(), backends, settings);
            let post = Post {
                store,
                hints,
                supervisor: supervisor.clone(),
                verbs: Arc::new(verbs),
                worker: ledger::Settings::of(format!("scale-{number}/1")),
                machine: "machine".to_owned(),
                host: format!("scale-{number}"),
                zone: "nova".to_owned(),
                report_interval: PATIENCE,
            };
            roles::run_scheduler(&post).await.expect("a scheduler");
            started.push(supervisor);
        }
        started
    }

    async fn until_placed(&self) {
        let began = Instant::now();
        while waiting(&self.store).await > 0 {
            assert!(began.elapsed() < PATIENCE, "the scheduler does not get on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn stop(schedulers: Vec<Supervisor>) {
    for scheduler in schedulers {
        scheduler.stop(PATIENCE).await;
    }
}

async fn waiting(store: &Store) -> u64 {
    let depths = store.read(store::operations::depths).await.expect("a database");
    depths.into_iter().find(|(queue, _)| queue == SCHEDULER_QUEUE).map_or(0, |(_, waiting)| waiting)
}

fn populate(conn: &Conn<'_>, backends: usize, room: Room) -> Result<(), StoreError> {
    add_default_type(conn)?;
    for number in 0..backends {
        let host = format!("host-{}@backend-{}", number / OF_A_HOST, number % OF_A_HOST);
        store::services::start(conn, &host, "nova", &format!("uuid-{number}"))?;
        store::services::beat(conn, Binary::Volume, &host, "nova", "", true)?;
        let less_gib = number as u64 % room.differs_by_gib;
        let pool = json!({
            "pool_name": "pool",
            "volume_backend_name": format!("backend-{}", number % OF_A_HOST),
            "total_capacity_gb": room.total_gib,
            "free_capacity_gb": room.free_gib - less_gib,
            "provisioned_capacity_gb": room.total_gib - room.free_gib + less_gib,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": "20.0",
            "thin_provisioning_support": room.thin,
            "thick_provisioning_support": !room.thin,
        });
        let report = json!({"pools": [pool]}).to_string();
        store::pools::report(conn, &format!("{host}#pool"), &report, AtReport::default())?;
    }
    Ok(())
}
