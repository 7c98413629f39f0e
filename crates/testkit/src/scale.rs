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
    let database = TestDatabase::new();
    let store = Store::open(database.options()).expect("a database");
    store.write(move |conn| populate(conn, backends)).await.expect("backends");
    let none: [BackendOptions; 0] = [];
    let mut settings = settings(&Options::with(none));
    settings.service_down_time_s = 3600;
    let (hints, settings, supervisor) = (Hints::default(), Arc::new(settings), Supervisor::default());
    let desk = Desk {
        store: store.clone(),
        hints: hints.clone(),
        settings: Arc::clone(&settings),
        compute: None,
        patience: PATIENCE,
    };
    let began = Instant::now();
    for _ in 0..volumes {
        volume::create::accept(&desk, &requester(), blank(1)).await.expect("an accepted volume");
    }
    let admission = began.elapsed() / volumes;
    let verbs = Verbs::new(store.clone(), hints.clone(), Arc::new(Backends::default()), settings);
    let post = Post {
        store: store.clone(),
        hints,
        supervisor: supervisor.clone(),
        verbs: Arc::new(verbs),
        worker: ledger::Settings::of("scale/1"),
        machine: "machine".to_owned(),
        host: "scale".to_owned(),
        zone: "nova".to_owned(),
        report_interval: PATIENCE,
    };
    let began = Instant::now();
    roles::run_scheduler(&post).await.expect("a scheduler");
    while waiting(&store).await > 0 {
        assert!(began.elapsed() < PATIENCE, "the scheduler does not get on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let placement = began.elapsed() / volumes;
    supervisor.stop(PATIENCE).await;
    Measured { admission, placement }
}

async fn waiting(store: &Store) -> u64 {
    let depths = store.read(store::operations::depths).await.expect("a database");
    depths.into_iter().find(|(queue, _)| queue == SCHEDULER_QUEUE).map_or(0, |(_, waiting)| waiting)
}

fn populate(conn: &Conn<'_>, backends: usize) -> Result<(), StoreError> {
    add_default_type(conn)?;
    for number in 0..backends {
        let host = format!("host-{}@backend-{}", number / OF_A_HOST, number % OF_A_HOST);
        store::services::start(conn, &host, "nova", &format!("uuid-{number}"))?;
        store::services::beat(conn, Binary::Volume, &host, "nova", "", true)?;
        let pool = json!({
            "pool_name": "pool",
            "volume_backend_name": format!("backend-{}", number % OF_A_HOST),
            "total_capacity_gb": 10_000,
            "free_capacity_gb": 9_000 - number % 1000,
            "provisioned_capacity_gb": 1_000 + number % 1000,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": "20.0",
            "thin_provisioning_support": true,
            "thick_provisioning_support": false,
        });
        let report = json!({"pools": [pool]}).to_string();
        store::pools::report(conn, &format!("{host}#pool"), &report, AtReport::default())?;
    }
    Ok(())
}
