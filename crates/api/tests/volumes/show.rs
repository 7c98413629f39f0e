//! `GET /volumes/{id}`, `PUT /volumes/{id}`, `GET /volumes/{id}/encryption`, `GET /volumes/summary`.

use std::sync::Arc;

use auth::policy::Policy;
use model::VolumeStatus;
use serde_json::json;

use crate::support::arrange::{HOST, NOBODY, available, placed, set_status};
use crate::support::{PROJECT, World};

#[tokio::test]
async fn administrators_see_where_it_lives_and_others_do_not() {
    let world = World::new().await;
    let id = available(&world).await;
    let path = format!("/volumes/{id}");
    let seen = world.admin().at("3.71").get(&path).await.expect(200);
    assert_eq!(seen["volume"]["os-vol-host-attr:host"], HOST);
    assert_eq!(seen["volume"]["os-vol-tenant-attr:tenant_id"], PROJECT);
    for client in [world.member(), world.reader(), world.manager()] {
        let seen = client.at("3.71").get(&path).await.expect(200);
        assert_eq!(seen["volume"]["os-vol-tenant-attr:tenant_id"], PROJECT);
        for hidden in [
            "os-vol-host-attr:host",
            "os-vol-mig-status-attr:migstat",
            "migration_status",
            "provider_id",
            "cluster_name",
        ] {
            assert!(seen["volume"].get(hidden).is_none(), "{hidden}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_yours_look_the_same() {
    let world = World::new().await;
    let id = available(&world).await;
    for (client, id) in
        [(world.stranger(), id.to_string()), (world.member(), NOBODY.to_owned()), (world.admin(), "x".into())]
    {
        let message = client.get(&format!("/volumes/{id}")).await.fault(404);
        assert_eq!(message, format!("Volume {id} could not be found."));
    }
}

#[tokio::test]
async fn whom_policy_forbids_to_look_does_not_learn_that_it_is_there() {
    let world = World::new().await;
    let id = available(&world).await;
    let (strict, findings) = Policy::load("\"volume:get\": \"role:admin\"").unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    *world.api.policy.write().unwrap() = Arc::new(strict);
    let path = format!("/volumes/{id}");
    let hidden = format!("Volume {id} could not be found.");
    assert_eq!(world.member().get(&path).await.fault(404), hidden);
    assert_eq!(world.member().delete(&path).await.fault(404), hidden);
    let update = json!({"volume": {"name": "n"}});
    assert_eq!(world.member().put(&path, update).await.fault(404), hidden);
    world.admin().get(&path).await.expect(200);
}

#[tokio::test]
async fn the_service_that_looks_after_it_is_named_from_3_48_on() {
    let world = World::new().await;
    let id = available(&world).await;
    world
        .write(|conn| {
            let binary = model::service::Binary::Volume;
            store::services::beat(conn, binary, "node@backend", "nova", "service-uuid", true)
        })
        .await;
    let path = format!("/volumes/{id}");
    let seen = world.member().at("3.48").get(&path).await.expect(200);
    assert_eq!(seen["volume"]["service_uuid"], "service-uuid");
    assert!(world.member().at("3.47").get(&path).await.expect(200)["volume"].get("service_uuid").is_none());
}

#[tokio::test]
async fn links_have_the_project_only_if_the_request_has() {
    let world = World::new().await;
    let id = available(&world).await;
    let seen = world.member().ask_at("GET", &format!("/v3/volumes/{id}"), None).await.expect(200);
    assert_eq!(seen["volume"]["links"][0]["href"], format!("http://cloud:8776/v3/volumes/{id}"));
}

#[tokio::test]
async fn name_and_description_can_change_but_not_in_maintenance() {
    let world = World::new().await;
    let id = placed(&world, json!({"name": "old", "metadata": {"a": "b"}})).await;
    let path = format!("/volumes/{id}");
    let body = json!({"volume": {"name": "new", "description": "text"}});
    let changed = world.member().put(&path, body).await.expect(200);
    assert_eq!(changed["volume"]["name"], "new");
    assert_eq!(changed["volume"]["description"], "text");
    assert_eq!(changed["volume"]["metadata"], json!({"a": "b"}));
    assert!(changed["volume"]["updated_at"].is_string());

    let body = json!({"volume": {"metadata": {"c": "d"}}});
    let changed = world.member().put(&path, body).await.expect(200);
    assert_eq!(changed["volume"]["metadata"], json!({"c": "d"}));

    set_status(&world, id, VolumeStatus::Maintenance).await;
    let body = json!({"volume": {"name": "q"}});
    assert_eq!(
        world.member().put(&path, body.clone()).await.fault(400),
        "Invalid volume: The volume cannot be updated during maintenance."
    );
    assert_eq!(
        world.reader().put(&path, body.clone()).await.fault(403),
        "Policy doesn't allow volume:update to be performed."
    );
    assert_eq!(
        world.stranger().put(&path, body).await.fault(404),
        format!("Volume {id} could not be found.")
    );
}

#[tokio::test]
async fn an_update_of_nothing_is_refused_from_3_53_on() {
    let world = World::new().await;
    let path = format!("/volumes/{}", available(&world).await);
    let body = json!({"volume": {}});
    world.member().at("3.52").put(&path, body.clone()).await.expect(200);
    assert_eq!(
        world.member().at("3.71").put(&path, body).await.fault(400),
        "Invalid input for field/attribute volume. Value: {}. {} is not valid under any of the given schemas"
    );
}

#[tokio::test]
async fn an_unencrypted_volume_has_a_key_that_is_null() {
    let world = World::new().await;
    let path = format!("/volumes/{}/encryption", available(&world).await);
    let facts = world.reader().get(&path).await.expect(200);
    assert_eq!(facts, json!({"encryption_key_id": null}));
    assert!(world.reader().get(&format!("{path}/encryption_key_id")).await.expect(200).is_null());
    world.reader().get(&format!("{path}/cipher")).await.fault(404);
    world.stranger().get(&path).await.fault(404);
}

#[tokio::test]
async fn the_summary_adds_up() {
    let world = World::new().await;
    placed(&world, json!({"size": 2, "metadata": {"a": "1", "b": "x"}})).await;
    placed(&world, json!({"size": 3, "metadata": {"a": "2"}})).await;
    world.stranger().post("/volumes", json!({"volume": {"size": 7}})).await.expect(202);
    let summary = world.member().at("3.36").get("/volumes/summary").await.expect(200);
    let expected = json!({
        "volume-summary": {"total_count": 2, "total_size": 5, "metadata": {"a": ["1", "2"], "b": ["x"]}}
    });
    assert_eq!(summary, expected);
    let all = world.admin().at("3.12").get("/volumes/summary?all_tenants=1").await.expect(200);
    assert_eq!(all, json!({"volume-summary": {"total_count": 3, "total_size": 12}}));
    let own = world.member().at("3.12").get("/volumes/summary?all_tenants=1").await.expect(200);
    assert_eq!(own["volume-summary"]["total_count"], 2);
}

#[tokio::test]
async fn there_was_no_summary_before_3_12() {
    let world = World::new().await;
    assert_eq!(
        world.member().at("3.11").get("/volumes/summary").await.fault(404),
        "The resource could not be found."
    );
}
