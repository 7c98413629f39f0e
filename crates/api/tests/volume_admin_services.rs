//! Services, hosts, zones, pools and what backends can do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use model::service::Binary;
use serde_json::{Value, json};
use support::{OTHER_PROJECT, PROJECT, World, assert_same_shape};

const LOCAL: &str = "node@local";
const OTHER: &str = "node@other";

/// A scheduler, and two backends on one host in two zones.
async fn world() -> World {
    let world = World::new().await;
    world.add_service(Binary::Scheduler, "node", "nova").await;
    world.add_service(Binary::Volume, LOCAL, "nova").await;
    world.add_service(Binary::Volume, OTHER, "north").await;
    world
}

async fn services(world: &World, query: &str) -> Vec<Value> {
    let list = world.admin().at("3.71").get(&format!("/os-services{query}")).await.expect(200);
    list["services"].as_array().unwrap().clone()
}

fn hosts(services: &[Value]) -> Vec<&str> {
    services.iter().map(|service| service["host"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn services_are_listed_as_their_revision_shows_them() {
    let world = world().await;
    let oldest = world.admin().get("/os-services?binary=cinder-volume").await.expect(200);
    let shape = json!({"services": [{
        "binary": "", "host": "", "zone": "", "status": "", "state": "", "updated_at": "",
        "disabled_reason": null, "replication_status": "", "active_backend_id": null, "frozen": false,
    }]});
    assert_same_shape(&oldest, &shape);
    let newest = world.admin().at("3.71").get("/os-services?binary=cinder-scheduler").await.expect(200);
    let shape = json!({"services": [{
        "binary": "", "host": "", "zone": "", "status": "", "state": "", "updated_at": "",
        "disabled_reason": null, "cluster": null,
    }]});
    assert_same_shape(&newest, &shape);
    let volume = &services(&world, "?binary=cinder-volume").await[0];
    assert_eq!((&volume["backend_state"], &volume["state"]), (&json!("up"), &json!("up")));
}

#[tokio::test]
async fn services_are_filtered_by_host_and_binary() {
    let world = world().await;
    assert_eq!(services(&world, "").await.len(), 3);
    assert_eq!(hosts(&services(&world, "?host=node&binary=cinder-volume").await), [LOCAL, OTHER]);
    assert_eq!(hosts(&services(&world, "?host=node@other").await), [OTHER]);
    assert_eq!(services(&world, "?binary=cinder-backup").await.len(), 0);
}

#[tokio::test]
async fn a_service_without_a_heartbeat_is_down() {
    let world = World::with(|settings| settings.service_down_time_s = -1).await;
    world.add_service(Binary::Scheduler, "node", "nova").await;
    assert_eq!(services(&world, "").await[0]["state"], "down");
}

#[tokio::test]
async fn a_service_is_disabled_and_enabled() {
    let world = world().await;
    let which = json!({"binary": "cinder-volume", "host": LOCAL});
    let disabled = world.admin().put("/os-services/disable", which.clone()).await.expect(200);
    let expected = json!({
        "host": LOCAL, "service": "", "binary": "cinder-volume", "status": "disabled", "disabled": true,
    });
    assert_eq!(disabled, expected);
    assert_eq!(services(&world, "?host=node@local").await[0]["status"], "disabled");

    let why = json!({"binary": "cinder-volume", "host": LOCAL, "disabled_reason": "rack move"});
    let disabled = world.admin().put("/os-services/disable-log-reason", why).await.expect(200);
    assert_eq!(disabled["disabled_reason"], "rack move");
    assert_eq!(services(&world, "?host=node@local").await[0]["disabled_reason"], "rack move");
    assert_eq!(services(&world, "?host=node@other").await[0]["status"], "enabled");

    let enabled = world.admin().put("/os-services/enable", which).await.expect(200);
    assert_eq!((&enabled["disabled"], &enabled["status"]), (&json!(false), &json!("enabled")));
    let shown = &services(&world, "?host=node@local").await[0];
    assert_eq!((&shown["status"], &shown["disabled_reason"]), (&json!("enabled"), &Value::Null));
}

#[tokio::test]
async fn a_service_that_is_not_there_cannot_be_switched() {
    let world = world().await;
    for (binary, host) in [("cinder-backup", "node"), ("cinder-volume", "nowhere"), ("cinder-api", "node")] {
        let body = json!({"binary": binary, "host": host});
        let message = world.admin().put("/os-services/disable", body).await.fault(404);
        assert_eq!(message, format!("Service {binary} could not be found on host {host}."));
    }
    let hostless = world.admin().put("/os-services/enable", json!({"binary": "cinder-volume"})).await;
    assert_eq!(hostless.fault(400), "Invalid input received: Host field is missing.");
    world.admin().put("/os-services/enable", json!({"host": "node"})).await.fault(400);
}

#[tokio::test]
async fn a_backend_is_frozen_and_thawed() {
    let world = world().await;
    let which = json!({"host": LOCAL});
    assert_eq!(world.admin().put("/os-services/freeze", which.clone()).await.expect(200), Value::Null);
    assert_eq!(services(&world, "?host=node@local").await[0]["frozen"], true);
    assert_eq!(
        world.admin().put("/os-services/freeze", which.clone()).await.fault(400),
        "Invalid input received: No service could be changed: frozen in ['node@local'] must be False to failover."
    );
    world.admin().put("/os-services/thaw", which).await.expect(200);
    assert_eq!(services(&world, "?host=node@local").await[0]["frozen"], false);

    // What an administrator had taken out stays so, for the reason that was given.
    let reason = json!({"binary": "cinder-volume", "host": LOCAL, "disabled_reason": "rack move"});
    world.admin().put("/os-services/disable-log-reason", reason).await.expect(200);
    for verb in ["freeze", "thaw"] {
        world.admin().put(&format!("/os-services/{verb}"), json!({"host": LOCAL})).await.expect(200);
        let service = &services(&world, "?host=node@local").await[0];
        let expected = (&json!("disabled"), &json!("rack move"));
        assert_eq!((&service["status"], &service["disabled_reason"]), expected, "{verb}");
    }

    let nowhere = world.admin().put("/os-services/freeze", json!({"host": "nowhere"})).await.fault(400);
    assert_eq!(nowhere, "No service found with host=nowhere");
    let both = json!({"host": LOCAL, "cluster": "c"});
    let both = world.admin().at("3.26").put("/os-services/freeze", both).await.fault(400);
    assert_eq!(both, "Invalid input received: One and only one of cluster and host must be set.");
    let cluster = world.admin().at("3.26").put("/os-services/thaw", json!({"cluster": "c"})).await.fault(400);
    assert_eq!(cluster, "No service found with cluster=c");
}

#[tokio::test]
async fn hosts_are_listed_shown_and_switched() {
    let world = world().await;
    let list = world.admin().get("/os-hosts").await.expect(200);
    let shape = json!({"hosts": [{
        "service-status": "", "service": "", "zone": "", "service-state": "", "host_name": "", "last-update": "",
    }]});
    assert_same_shape(&list, &shape);
    assert_eq!(list["hosts"].as_array().unwrap().len(), 3);
    let north = world.admin().get("/os-hosts?zone=north").await.expect(200);
    assert_eq!(north["hosts"].as_array().unwrap().len(), 1);

    let off = world.admin().put("/os-hosts/node@local", json!({"status": "disable"})).await.expect(200);
    assert_eq!(off, json!({"host": LOCAL, "status": "disabled"}));
    assert_eq!(services(&world, "?host=node@local").await[0]["status"], "disabled");
    let on = world.admin().put("/os-hosts/node@local", json!({"status": "enable"})).await.expect(200);
    assert_eq!(on["status"], "enabled");
    let unknown = world.admin().put("/os-hosts/x", json!({"status": "enable"})).await.fault(404);
    assert_eq!(unknown, "Host x could not be found.");
    world.admin().put("/os-hosts/node", json!({"status": "perhaps"})).await.fault(400);
    world.admin().put("/os-hosts/node", json!({"maintenance": "on"})).await.fault(400);
}

#[tokio::test]
async fn a_host_shows_what_projects_have_on_it() {
    let world = world().await;
    let fast = world.add_type("fast", &[]).await;
    let first = world.add_volume(PROJECT, fast, 3, Some("node@local#pool")).await;
    world.add_volume(PROJECT, fast, 4, Some("node@local#pool")).await;
    world.add_volume(OTHER_PROJECT, fast, 5, Some("node@local#second")).await;
    world.add_volume(PROJECT, fast, 7, Some("node@localised#pool")).await;
    world.add_snapshot(first).await;
    world.add_snapshot(first).await;

    let shown = world.admin().get("/os-hosts/node@local").await.expect(200);
    let of = |project: &str, volumes: u64, volume_gib: u64, snapshots: u64, snapshot_gib: u64| {
        json!({"resource": {
            "host": LOCAL, "project": project,
            "volume_count": volumes.to_string(), "total_volume_gb": volume_gib.to_string(),
            "snapshot_count": snapshots.to_string(), "total_snapshot_gb": snapshot_gib.to_string(),
        }})
    };
    let expected = [of("(total)", 3, 12, 2, 6), of(PROJECT, 2, 7, 2, 6), of(OTHER_PROJECT, 1, 5, 0, 0)];
    assert_eq!(shown, json!({"host": expected}));
    let unknown = world.admin().get("/os-hosts/nowhere").await.fault(404);
    assert_eq!(unknown, "Service cinder-volume could not be found on host nowhere.");
}

#[tokio::test]
async fn zones_are_those_of_the_backends() {
    let world = world().await;
    let disable = json!({"binary": "cinder-volume", "host": OTHER});
    world.admin().put("/os-services/disable", disable).await.expect(200);
    let zones = world.reader().get("/os-availability-zone").await.expect(200);
    let expected = json!({"availabilityZoneInfo": [
        {"zoneName": "north", "zoneState": {"available": false}},
        {"zoneName": "nova", "zoneState": {"available": true}},
    ]});
    assert_eq!(zones, expected);
}

fn report(pool: &str, thin: bool) -> Value {
    json!({
        "pool_name": pool, "volume_backend_name": pool, "vendor_name": "Besser", "driver_version": "1",
        "storage_protocol": "iSCSI", "total_capacity_gb": 100, "free_capacity_gb": 80.25, "reserved_percentage": 0,
        "thin_provisioning_support": thin, "thick_provisioning_support": !thin, "QoS_support": false,
    })
}

async fn world_with_pools() -> World {
    let world = world().await;
    world.add_pool("node@local#pool", report("pool", true)).await;
    world.add_pool("node@other#deep", report("deep", false)).await;
    world
}

fn pool_names(list: &Value) -> Vec<&str> {
    list["pools"].as_array().unwrap().iter().map(|pool| pool["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pools_are_listed_with_what_they_reported() {
    let world = world_with_pools().await;
    let fast = world.add_type("fast", &[]).await;
    world.add_volume(PROJECT, fast, 3, Some("node@local#pool")).await;
    let brief = world.admin().get("/scheduler-stats/get_pools").await.expect(200);
    assert_eq!(brief, json!({"pools": [{"name": "node@local#pool"}, {"name": "node@other#deep"}]}));

    let list = world.admin().get("/scheduler-stats/get_pools?detail=True").await.expect(200);
    let pool = &list["pools"][0]["capabilities"];
    assert_eq!(pool["storage_protocol"], "iSCSI");
    assert_eq!(pool["allocated_capacity_gb"], 3);
    assert_eq!(pool["free_capacity_gb"], 77.25, "what was placed since the report is taken off");
    assert_eq!(pool["thin_provisioning_support"], true);
    world.admin().get("/scheduler-stats/get_pools?detail=perhaps").await.fault(400);
}

#[tokio::test]
async fn pools_are_filtered_as_their_revision_can() {
    let world = world_with_pools().await;
    world.add_type("deep", &[("volume_backend_name", "deep")]).await;
    let ask = |version: &'static str, query: &'static str| {
        let world = &world;
        async move {
            let path = format!("/scheduler-stats/get_pools{query}");
            let list = world.admin().at(version).get(&path).await.expect(200);
            pool_names(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
        }
    };
    assert_eq!(ask("3.27", "?name=node@other%23deep").await.len(), 2, "no filters yet");
    assert_eq!(ask("3.28", "?name=node@other%23deep").await, ["node@other#deep"]);
    assert_eq!(ask("3.28", "?thin_provisioning_support=true").await, ["node@local#pool"]);
    assert_eq!(ask("3.28", "?total_capacity_gb=100").await.len(), 2);
    assert_eq!(ask("3.28", "?total_capacity_gb=99").await.len(), 0);
    assert_eq!(ask("3.34", "?volume_type=deep").await.len(), 2, "not yet a filter");
    assert_eq!(ask("3.35", "?volume_type=deep").await, ["node@other#deep"]);
    world.add_type("nowhere", &[("volume_backend_name", "nowhere")]).await;
    assert_eq!(ask("3.35", "?volume_type=nowhere").await.len(), 0);
    let unknown = world.admin().at("3.35").get("/scheduler-stats/get_pools?volume_type=x").await.fault(404);
    assert_eq!(unknown, "Volume type with name x could not be found.");
    world.admin().at("3.31").get("/scheduler-stats/get_pools?colour=red").await.fault(400);
}

#[tokio::test]
async fn pools_of_services_that_take_nothing_are_not_listed() {
    let world = world_with_pools().await;
    let disable = json!({"binary": "cinder-volume", "host": LOCAL});
    world.admin().put("/os-services/disable", disable).await.expect(200);
    world.admin().put("/os-services/freeze", json!({"host": OTHER})).await.expect(200);
    assert_eq!(world.admin().get("/scheduler-stats/get_pools").await.expect(200), json!({"pools": []}));
}

#[tokio::test]
async fn a_backend_tells_what_it_can_do() {
    let world = world_with_pools().await;
    let shown = world.admin().get("/capabilities/node@local").await.expect(200);
    let property = json!({"title": "", "description": "", "type": ""});
    let shape = json!({
        "namespace": "", "vendor_name": "", "volume_backend_name": "", "pool_name": "", "driver_version": "",
        "storage_protocol": "", "display_name": null, "description": null, "visibility": null,
        "replication_targets": [],
        "properties": {
            "compression": property, "qos": property, "replication_enabled": property, "thin_provisioning": property,
        },
    });
    assert_same_shape(&shown, &shape);
    assert_eq!(shown["namespace"], "OS::Storage::Capabilities::node@local");
    let pool = world.admin().get("/capabilities/node@other%23deep").await.expect(200);
    assert_eq!(pool["volume_backend_name"], "deep");
    let unknown = world.admin().get("/capabilities/nowhere").await.fault(404);
    assert_eq!(unknown, "Can't find service: nowhere");
}

#[tokio::test]
async fn log_levels_are_read_and_set() {
    let world = world().await;
    world.add_service(Binary::Volume, "elsewhere@local", "nova").await;
    world.add_service(Binary::Backup, "node", "nova").await;
    let admin = world.admin().at("3.32");
    let all = admin.put("/os-services/get-log", json!({})).await.expect(200);
    let binaries: Vec<_> = all["log_levels"].as_array().unwrap().iter().map(|one| &one["binary"]).collect();
    assert_eq!(binaries, ["cinder-api", "cinder-scheduler", "cinder-volume", "cinder-volume"]);
    assert_eq!(all["log_levels"][0]["levels"], json!({"operations": "INFO", "store": "INFO"}));

    let quiet = json!({"binary": "cinder-volume", "server": OTHER, "prefix": "st", "level": "error"});
    assert_eq!(admin.put("/os-services/set-log", quiet).await.expect(202), Value::Null);
    let asked = json!({"binary": "cinder-volume", "server": OTHER, "prefix": ""});
    let expected = json!({"log_levels": [{
        "binary": "cinder-volume", "host": OTHER, "levels": {"operations": "INFO", "store": "ERROR"},
    }]});
    assert_eq!(admin.put("/os-services/get-log", asked).await.expect(200), expected);

    let elsewhere = json!({"server": "elsewhere", "level": "DEBUG"});
    admin.put("/os-services/set-log", elsewhere.clone()).await.expect(202);
    let here = admin.put("/os-services/get-log", json!({"server": "node", "binary": "cinder-api"})).await;
    assert_eq!(
        here.expect(200)["log_levels"][0]["levels"]["operations"],
        "INFO",
        "that process is another one"
    );
    for another in [json!({"server": "elsewhere"}), json!({"binary": "cinder-backup"})] {
        let none = admin.put("/os-services/get-log", another).await.expect(200);
        assert_eq!(none, json!({"log_levels": []}));
    }

    let unknown = admin.put("/os-services/set-log", json!({"level": "loud"})).await.fault(400);
    assert_eq!(unknown, "Invalid input received: loud is not a valid log level.");
    world.member().at("3.32").put("/os-services/set-log", json!({"level": "debug"})).await.fault(403);
    world.member().at("3.32").put("/os-services/get-log", json!({})).await.fault(403);
    world.admin().at("3.31").put("/os-services/get-log", json!({})).await.fault(404);
}
