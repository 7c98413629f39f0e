//! Volumes and snapshots from the request to the bytes: the router, the scheduler, and a backend that is simulated.

use std::sync::Arc;

use placement::{Policy, PolicyOptions};
use serde_json::{Value, json};

use crate::support::OTHER_PROJECT;
use crate::support::busy::{Busy, id};

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
    busy.stop().await;
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
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_name_the_neighbours_of_a_volume() {
    let filters = "AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter,DifferentBackendFilter,SameBackendFilter,JsonFilter";
    let busy = Busy::with(|settings| {
        let options = PolicyOptions { scheduler_default_filters: filters, ..PolicyOptions::default() };
        settings.placement = Arc::new(Policy::from_options(&options).unwrap());
    })
    .await;
    let disk = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&disk, json!("available")).await;
    let beside = |hint: &str| json!({"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": {hint: id(&disk)}});
    let near = busy.create("volumes", beside("same_host")).await;
    busy.wait(&near, json!("available")).await;
    // There is no other host.
    let far = busy.create("volumes", beside("different_host")).await;
    busy.wait(&far, json!("error")).await;
    let told = busy.member().get(&format!("/messages?resource_uuid={}", id(&far))).await.expect(200);
    let text = told["messages"][0]["user_message"].as_str().unwrap().to_owned();
    assert!(text.contains("stay apart from"), "{text}");
    // What lies beside the volume of another project is not told.
    let of_another = format!("UPDATE volumes SET project_id = '{OTHER_PROJECT}' WHERE id = '{}'", id(&disk));
    busy.world.write(move |conn| conn.run(&of_another, &[]).map(drop)).await;
    let far = busy.create("volumes", beside("different_host")).await;
    busy.wait(&far, json!("available")).await;
    let near = busy.create("volumes", beside("same_host")).await;
    busy.wait(&near, json!("error")).await;
    let query = json!(r#"["=", "$volume_backend_name", "tape"]"#);
    let asked = json!({"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": {"query": query}});
    let nowhere = busy.create("volumes", asked).await;
    busy.wait(&nowhere, json!("error")).await;
    busy.stop().await;
}
