//! `/clusters`, `/workers/cleanup`, and failing over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod support;

use std::sync::Arc;

use model::service::{Binary, ReplicationStatus};
use operations::Settings;
use placement::{Policy, PolicyOptions};
use serde_json::{Value, json};
use support::busy::{Busy, Site, id};
use support::{PROJECT, World, assert_same_shape};

/// Two services of one cluster, and one of none.
async fn world() -> World {
    let world = World::new().await;
    for host in ["one@sim", "two@sim", "alone@sim"] {
        world.add_service(Binary::Volume, host, "nova").await;
    }
    world
        .write(|conn| {
            for host in ["one@sim", "two@sim"] {
                store::clusters::join(conn, Binary::Volume, host, Some("c@sim"))?;
            }
            store::clusters::join(conn, Binary::Volume, "alone@sim", None)
        })
        .await;
    world
}

async fn silence(world: &World, host: &'static str) {
    world
        .write(move |conn| {
            let host = format!("UPDATE services SET heartbeat_at = 0 WHERE host = '{host}'");
            conn.run(&host, &[]).map(drop)
        })
        .await;
}

fn sample(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_backend_is_asked_by_its_cluster_as_its_pools_name_it() {
    let world = world().await;
    let admin = world.admin();
    for name in ["c@sim", "c@sim%23sim", "one@sim"] {
        admin.get(&format!("/capabilities/{name}")).await.expect(200);
    }
    admin.get("/capabilities/other@sim").await.fault(404);
}

#[tokio::test]
async fn clusters_are_listed_and_shown() {
    let world = world().await;
    silence(&world, "two@sim").await;
    let admin = world.admin().at("3.7");
    let short = admin.get("/clusters").await.expect(200);
    assert_eq!(
        short,
        json!({"clusters": [{"name": "c@sim", "binary": "cinder-volume", "state": "up", "status": "enabled"}]})
    );
    let detail = admin.get("/clusters/detail").await.expect(200);
    assert_same_shape(
        &detail,
        &sample(
            r#"{"clusters": [{"binary": "x", "created_at": "2016-06-01T02:46:28.000000", "disabled_reason": null,
                "last_heartbeat": "2016-06-01T02:46:28.000000", "name": "x", "num_down_hosts": 0, "num_hosts": 0,
                "state": "x", "status": "x", "updated_at": "x"}]}"#,
        ),
    );
    assert_eq!(
        (&detail["clusters"][0]["num_hosts"], &detail["clusters"][0]["num_down_hosts"]),
        (&json!(2), &json!(1))
    );
    let shown = world.admin().at("3.26").get("/clusters/c@sim").await.expect(200);
    assert_eq!(shown["cluster"]["replication_status"], "disabled");
    assert_eq!(shown["cluster"]["frozen"], false);
    assert!(admin.get("/clusters/c@sim").await.expect(200)["cluster"].get("frozen").is_none());
    assert_eq!(admin.get("/clusters/none").await.fault(404), "Cluster none could not be found.");
    admin.get("/clusters/c@sim?binary=cinder-scheduler").await.fault(404);
    world.admin().at("3.6").get("/clusters").await.fault(404);

    let services = admin.get("/os-services").await.expect(200);
    let clusters: Vec<_> =
        services["services"].as_array().unwrap().iter().map(|it| it["cluster"].clone()).collect();
    assert_eq!(clusters, [json!("c@sim"), json!("c@sim"), Value::Null]);
}

#[tokio::test]
async fn clusters_are_filtered() {
    let world = world().await;
    let admin = world.admin().at("3.26");
    for (query, count) in [
        ("name=c@sim", 1),
        ("name=x", 0),
        ("is_up=true&disabled=false&num_hosts=2&num_down_hosts=0", 1),
        ("is_up=false", 0),
        ("replication_status=disabled&frozen=no", 1),
        ("num_hosts=3", 0),
    ] {
        let list = admin.get(&format!("/clusters?{query}")).await.expect(200);
        assert_eq!(list["clusters"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(
        admin.get("/clusters?color=red").await.fault(400),
        "Invalid input received: Invalid filter keys: color"
    );
    assert_eq!(
        world.admin().at("3.7").get("/clusters?frozen=true").await.fault(400),
        "Invalid input received: Invalid filter keys: frozen"
    );
    admin.get("/clusters?is_up=maybe").await.fault(400);
}

#[tokio::test]
async fn the_pools_of_a_cluster_are_one() {
    let world = world().await;
    let report = json!({"pool_name": "pool", "total_capacity_gb": 10, "free_capacity_gb": 10});
    let volume_type = world.add_type("gold", &[]).await;
    for (host, size_gib) in [("one@sim#pool", 3), ("two@sim#pool", 4), ("alone@sim#pool", 5)] {
        world.add_pool(host, report.clone()).await;
        world.add_volume(PROJECT, volume_type, size_gib, Some(host)).await;
    }
    let list = world.admin().get("/scheduler-stats/get_pools?detail=True").await.expect(200);
    let pools: Vec<_> = list["pools"].as_array().unwrap().iter().collect();
    let of = |pool: &Value| {
        let numbers =
            ["allocated_capacity_gb", "free_capacity_gb"].map(|key| pool["capabilities"][key].as_u64());
        (pool["name"].as_str().unwrap().to_owned(), numbers)
    };
    let expected = [("alone@sim#pool", [Some(5), Some(5)]), ("c@sim#pool", [Some(7), Some(3)])];
    assert_eq!(
        pools.into_iter().map(of).collect::<Vec<_>>(),
        expected.map(|(name, numbers)| (name.to_owned(), numbers))
    );
}

#[tokio::test]
async fn a_disabled_cluster_gets_no_volumes() {
    let world = world().await;
    world
        .add_pool(
            "one@sim#pool",
            json!({"pool_name": "pool", "total_capacity_gb": 10, "free_capacity_gb": 10}),
        )
        .await;
    let admin = world.admin().at("3.7");
    let pools = || async {
        admin.get("/scheduler-stats/get_pools").await.expect(200)["pools"].as_array().unwrap().len()
    };
    assert_eq!(pools().await, 1);
    let disabled = admin
        .put(
            "/clusters/disable",
            json!({"name": "c@sim", "binary": "cinder-volume", "disabled_reason": " testing "}),
        )
        .await
        .expect(200);
    assert_eq!(
        disabled,
        json!({"cluster": {"name": "c@sim", "binary": "cinder-volume", "state": "up", "status": "disabled",
               "disabled_reason": "testing"}})
    );
    assert_eq!(pools().await, 0);
    let enabled = admin.put("/clusters/enable", json!({"name": "c@sim"})).await.expect(200);
    assert_eq!(
        (&enabled["cluster"]["status"], &enabled["cluster"]["disabled_reason"]),
        (&json!("enabled"), &Value::Null)
    );
    assert_eq!(pools().await, 1);
    assert_eq!(
        admin.put("/clusters/enable", json!({"name": "x"})).await.fault(404),
        "Cluster x could not be found."
    );
    admin.put("/clusters/enable", json!({})).await.fault(400);
    admin.put("/clusters/enable", json!({"name": "c@sim", "disabled_reason": "x"})).await.fault(400);
    for client in [world.manager(), world.member(), world.reader()] {
        let client = client.at("3.7");
        client.put("/clusters/enable", json!({"name": "c@sim"})).await.fault(403);
        client.get("/clusters").await.fault(403);
        client.get("/clusters/c@sim").await.fault(403);
    }
}

#[tokio::test]
async fn what_dead_services_hold_is_given_to_the_living() {
    let world = world().await;
    silence(&world, "two@sim").await;
    silence(&world, "alone@sim").await;
    world
        .write(|conn| {
            for (host, resource) in [("two@sim", "volume/1"), ("two@sim", "snapshot/2"), ("alone@sim", "volume/3")] {
                store::operations::admit(
                    conn,
                    &store::operations::NewOperation {
                        kind: "volume.delete",
                        resource: resource.to_owned(),
                        project_id: model::ProjectId::new("p"),
                        user_id: model::UserId::new("u"),
                        request_id: None,
                        queue: format!("volume:{host}"),
                        phase: "remove",
                        args: "{}".to_owned(),
                        reads: Vec::new(),
                    },
                )?;
            }
            conn.run("UPDATE operations SET owner = 'two/1', lease_until = 9000000000000000, run_after = 9000000000000000", &[])
                .map(drop)
        })
        .await;
    let admin = world.admin().at("3.24");
    let cleaned = admin
        .post("/workers/cleanup", json!({"binary": "cinder-volume", "resource_type": "volume"}))
        .await
        .expect(202);
    let hosts = |key: &str| -> Vec<String> {
        let services = cleaned[key].as_array().unwrap().iter();
        services.map(|service| service["host"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (hosts("cleaning"), hosts("unavailable")),
        (vec!["two@sim".to_owned()], vec!["alone@sim".to_owned()])
    );
    let first = &cleaned["cleaning"][0];
    assert_eq!(
        (&first["id"], &first["binary"], &first["cluster_name"]),
        (&json!(2), &json!("cinder-volume"), &json!("c@sim"))
    );
    let due = world.read(|conn| store::operations::due(conn, "volume:two@sim", conn.now(), 10)).await;
    assert_eq!(due.iter().map(|row| row.resource.as_str()).collect::<Vec<_>>(), ["volume/1"]);

    for (body, count) in [
        (json!({}), 2),
        (json!({"host": "two@sim"}), 1),
        (json!({"service_id": 3}), 1),
        (json!({"cluster_name": "c"}), 1),
        (json!({"is_up": true}), 1),
        (json!({"disabled": true}), 0),
    ] {
        let answer = admin.post("/workers/cleanup", body.clone()).await.expect(202);
        let named =
            answer["cleaning"].as_array().unwrap().len() + answer["unavailable"].as_array().unwrap().len();
        assert_eq!(named, count, "{body}: {answer}");
    }
    let told = admin.post("/workers/cleanup", json!({"resource_type": "tape"})).await.fault(400);
    assert_eq!(told, "Invalid input received: Resource type tape not valid, must be Snapshot or Volume");
    admin.post("/workers/cleanup", json!({"color": "red"})).await.fault(400);
    admin.post("/workers/cleanup", json!({"binary": "cinder-backup"})).await.fault(400);
    world.member().at("3.24").post("/workers/cleanup", json!({})).await.fault(403);
    world.admin().at("3.23").post("/workers/cleanup", json!({})).await.fault(404);
}

#[tokio::test]
async fn only_what_is_replicated_is_failed_over() {
    let world = world().await;
    let admin = world.admin();
    assert_eq!(
        admin.put("/os-services/failover_host", json!({"host": "alone@sim"})).await.fault(400),
        "Invalid input received: No service could be changed: replication_status in ['alone@sim'] must be \
         ['enabled', 'failed-over'] and must be up to failover."
    );
    assert_eq!(
        admin.put("/os-services/failover_host", json!({"host": "nobody"})).await.fault(400),
        "No service found with host=nobody"
    );
    assert_eq!(
        admin.put("/os-services/failover_host", json!({})).await.fault(400),
        "Invalid input received: Host field is missing."
    );
    world
        .write(|conn| {
            for host in ["one@sim", "two@sim", "alone@sim"] {
                store::services::set_replication(conn, host, ReplicationStatus::Enabled, None)?;
            }
            Ok(())
        })
        .await;
    let status = |host: &'static str| {
        world.read(move |conn| {
            Ok(store::services::get(conn, Binary::Volume, host)?.unwrap().replication_status)
        })
    };
    admin
        .put("/os-services/failover_host", json!({"host": "alone@sim", "backend_id": "x"}))
        .await
        .expect(202);
    assert_eq!(status("alone@sim").await, Some(ReplicationStatus::FailingOver));
    admin.put("/os-services/failover_host", json!({"host": "alone@sim"})).await.fault(400);
    world.member().put("/os-services/failover_host", json!({"host": "one@sim"})).await.fault(403);

    admin.clone().at("3.25").put("/os-services/failover", json!({"host": "one@sim"})).await.fault(404);
    let admin = admin.at("3.26");
    admin.put("/os-services/failover", json!({"host": "one@sim", "cluster": "c@sim"})).await.fault(400);
    admin.put("/os-services/failover", json!({"cluster": "c@sim", "backend_id": "x"})).await.expect(202);
    for host in ["one@sim", "two@sim"] {
        assert_eq!(status(host).await, Some(ReplicationStatus::FailingOver));
    }
    let shown = admin.get("/clusters/c@sim").await.expect(200);
    assert_eq!(shown["cluster"]["replication_status"], "failing-over");
}

#[tokio::test]
async fn a_backend_that_nobody_looks_after_is_not_failed_over() {
    let world = world().await;
    const HOSTS: [&str; 3] = ["one@sim", "two@sim", "alone@sim"];
    let enabled = Some(ReplicationStatus::Enabled);
    world
        .write(|conn| {
            let enable =
                |host| store::services::set_replication(conn, host, ReplicationStatus::Enabled, None);
            HOSTS.into_iter().try_for_each(enable)
        })
        .await;
    let statuses = || {
        let read = |conn: &store::Conn<'_>| {
            let service = |host| store::services::get(conn, Binary::Volume, host);
            HOSTS.map(service).into_iter().map(|it| Ok(it?.unwrap().replication_status)).collect()
        };
        world.read::<Vec<_>>(read)
    };
    let admin = world.admin().at("3.26");
    for host in HOSTS {
        silence(&world, host).await;
    }
    assert_eq!(
        admin.put("/os-services/failover_host", json!({"host": "alone@sim"})).await.fault(400),
        "Invalid input received: No service could be changed: replication_status in ['alone@sim'] must be \
         ['enabled', 'failed-over'] and must be up to failover."
    );
    admin.put("/os-services/failover_host", json!({"cluster": "c@sim"})).await.fault(400);
    assert_eq!(statuses().await, [enabled; 3]);
    // A member of a cluster is stood in for.
    world.add_service(Binary::Volume, "one@sim", "nova").await;
    admin.put("/os-services/failover_host", json!({"host": "two@sim"})).await.expect(202);
    let begun = Some(ReplicationStatus::FailingOver);
    assert_eq!(statuses().await, [begun, begun, enabled]);
}

#[tokio::test]
async fn a_cluster_is_frozen_as_a_whole() {
    let world = world().await;
    let admin = world.admin().at("3.26");
    admin.put("/os-services/freeze", json!({"cluster": "c@sim"})).await.expect(200);
    let services = admin.get("/os-services").await.expect(200);
    let frozen: Vec<_> =
        services["services"].as_array().unwrap().iter().map(|it| it["frozen"].clone()).collect();
    assert_eq!(frozen, [json!(true), json!(true), json!(false)]);
    assert_eq!(admin.get("/clusters/c@sim").await.expect(200)["cluster"]["frozen"], true);
    admin.put("/os-services/thaw", json!({"host": "two@sim"})).await.expect(200);
    assert_eq!(admin.get("/clusters/c@sim").await.expect(200)["cluster"]["frozen"], false);
    assert_eq!(
        admin.put("/os-services/thaw", json!({"cluster": "x@y"})).await.fault(400),
        "No service found with cluster=x@y"
    );
}

/// The volumes of a dead member are looked after by another one, over the same storage.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_cluster_stands_in_for_a_dead_one() {
    let world = World::patient(None).await;
    world.add_service(Binary::Volume, "other@sim", "nova").await;
    world.write(|conn| store::clusters::join(conn, Binary::Volume, "other@sim", Some("c@sim"))).await;
    silence(&world, "other@sim").await;
    let pool = json!({"pool_name": "pool", "total_capacity_gb": 10, "free_capacity_gb": 10});
    world.add_pool("other@sim#pool", pool).await;
    let site = Site { cluster: Some("c@sim".to_owned()), ..Site::default() };
    let busy = Busy::on(world, tempfile::tempdir().unwrap(), site).await;
    let volume = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&volume, "available".into()).await;
    let file = busy.backend.path().join(format!("volume-{}", id(&volume)));
    assert!(file.exists());

    let its = format!("UPDATE volumes SET host = 'other@sim#pool' WHERE id = '{}'", id(&volume));
    busy.world.write(move |conn| conn.run(&its, &[]).map(drop)).await;
    let shown = busy.world.admin().at("3.61").get(&volume).await.expect(200);
    assert_eq!(shown["volume"]["cluster_name"], "c@sim#pool");
    let snapshot = busy.create("snapshots", json!({"snapshot": {"volume_id": id(&volume)}})).await;
    busy.wait(&snapshot, "available".into()).await;
    busy.member().delete(&snapshot).await.expect(202);
    busy.wait(&snapshot, Value::Null).await;
    busy.member().delete(&volume).await.expect(202);
    busy.wait(&volume, Value::Null).await;
    assert!(!file.exists());
    busy.stop().await;
}

/// What lies with another member of the cluster is neither apart nor elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_cluster_are_one_place() {
    let apart_and_beside = |settings: &mut Settings| {
        let filters = "DifferentBackendFilter,SameBackendFilter";
        let options = PolicyOptions { scheduler_default_filters: filters, ..PolicyOptions::default() };
        settings.placement = Arc::new(Policy::from_options(&options).unwrap());
    };
    let world = World::patient_with(apart_and_beside, None).await;
    let site = Site { cluster: Some("c@sim".to_owned()), ..Site::default() };
    let busy = Busy::on(world, tempfile::tempdir().unwrap(), site).await;
    let disk = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&disk, "available".into()).await;
    busy.world.add_service(Binary::Volume, "other@sim", "nova").await;
    busy.world.write(|conn| store::clusters::join(conn, Binary::Volume, "other@sim", Some("c@sim"))).await;
    let pool = json!({"pool_name": "pool", "total_capacity_gb": 1000, "free_capacity_gb": 1000});
    busy.world.add_pool("other@sim#pool", pool).await;

    let hints = json!({"different_host": id(&disk)});
    let asked = json!({"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": hints});
    let far = busy.create("volumes", asked).await;
    busy.wait(&far, "error".into()).await;

    let admin = busy.world.admin().at("3.16");
    for to in [json!({"host": "other@sim#pool"}), json!({"host": "other@sim"}), json!({"cluster": "c@sim"})] {
        let text = admin.post(&format!("{disk}/action"), json!({"os-migrate_volume": to})).await.fault(400);
        assert!(text.ends_with("destination host/cluster must be different than the current one"), "{text}");
    }
    busy.stop().await;
}
