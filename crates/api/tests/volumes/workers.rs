//! Volumes and snapshots from the request to the bytes: the router, the scheduler, and a backend that is simulated.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backends::volume::sim::{SimDriver, SimOptions};
use ledger::Supervisor;
use operations::roles::{Post, VolumeRole, run_scheduler, run_volume};
use operations::{Backend, Verbs};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, World};

/// How long an accepted request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A world in which somebody works.
struct Busy {
    world: World,
    backend: TempDir,
    supervisor: Supervisor,
}

impl Busy {
    async fn new() -> Self {
        let (world, backend) = (World::new().await, tempfile::tempdir().unwrap());
        let supervisor = Supervisor::default();
        let driver =
            SimDriver::new(SimOptions { gib_bytes: 1 << 20, ..SimOptions::new(backend.path().to_owned()) });
        let ours = Backend {
            host: "node@sim".to_owned(),
            driver: Arc::new(driver),
            zone: "nova".to_owned(),
            volume_backend_name: "sim".to_owned(),
            reserved_percentage: 0,
            max_over_subscription_ratio: "20.0".to_owned(),
            filter_function: None,
            goodness_function: None,
            extra_capabilities: serde_json::Map::new(),
        };
        let desk = world.api.desk.clone();
        let backends = Arc::new(BTreeMap::from([(ours.host.clone(), ours.clone())]));
        let verbs = Verbs::new(desk.store.clone(), desk.hints.clone(), backends, desk.settings.clone());
        let post = Post {
            store: desk.store,
            hints: desk.hints,
            supervisor: supervisor.clone(),
            verbs: Arc::new(verbs),
            worker: ledger::Settings::of("node/1"),
            host: "node".to_owned(),
            zone: "nova".to_owned(),
            report_interval: Duration::from_secs(60),
        };
        run_volume(&post, ours, VolumeRole { report_every: Duration::from_secs(60) }).await.unwrap();
        run_scheduler(&post).await.unwrap();
        Self { world, backend, supervisor }
    }

    fn member(&self) -> Client<'_> {
        self.world.member().at("3.71")
    }

    /// Waits until what is at `path` has this status; null is gone.
    async fn wait(&self, path: &str, status: Value) -> Value {
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

    async fn create(&self, collection: &str, body: Value) -> String {
        let reply = self.member().post(&format!("/{collection}"), body).await.expect(202);
        let made = reply.as_object().unwrap().values().next().unwrap().clone();
        format!("/{collection}/{}", made["id"].as_str().unwrap())
    }
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_of_disks() {
    let busy = Busy::new().await;
    let disk = busy.create("volumes", json!({"volume": {"size": 1, "name": "disk"}})).await;
    let seen = busy.wait(&disk, json!("available")).await;
    assert_eq!(seen["os-vol-host-attr:host"], "node@sim#pool");
    assert!(seen["service_uuid"].is_string());

    let snapshot = busy.create("snapshots", json!({"snapshot": {"volume_id": id(&disk)}})).await;
    let taken = busy.wait(&snapshot, json!("available")).await;
    assert_eq!(taken["os-extended-snapshot-attributes:progress"], "100%");

    let copy = busy.create("volumes", json!({"volume": {"snapshot_id": id(&snapshot)}})).await;
    let clone = busy.create("volumes", json!({"volume": {"source_volid": id(&disk), "size": 2}})).await;
    busy.wait(&copy, json!("available")).await;
    assert_eq!(busy.wait(&clone, json!("available")).await["size"], 2);

    let grow = json!({"os-extend": {"new_size": 3}});
    busy.member().post(&format!("{clone}/action"), grow).await.expect(202);
    assert_eq!(busy.wait(&clone, json!("available")).await["size"], 3);

    for path in [&copy, &clone] {
        busy.member().delete(path).await.expect(202);
        busy.wait(path, Value::Null).await;
    }
    busy.member().delete(&format!("{disk}?cascade=true")).await.expect(202);
    busy.wait(&disk, Value::Null).await;
    busy.wait(&snapshot, Value::Null).await;

    let drifts = busy.world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
    let left: Vec<_> = std::fs::read_dir(busy.backend.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains('-'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    busy.supervisor.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_nowhere_ends_in_error_and_can_be_deleted() {
    let busy = Busy::new().await;
    busy.world.add_type("elsewhere", &[("volume_backend_name", "tape")]).await;
    let body = json!({"volume": {"size": 1, "volume_type": "elsewhere"}});
    let disk = busy.create("volumes", body).await;
    let seen = busy.wait(&disk, json!("error")).await;
    assert!(seen["os-vol-host-attr:host"].is_null());
    busy.member().delete(&disk).await.expect(202);
    busy.wait(&disk, Value::Null).await;
    busy.supervisor.stop(Duration::from_secs(5)).await;
}
