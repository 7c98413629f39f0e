//! `POST /volumes/{id}/action`.

use model::{VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::support::arrange::{attach, available, create, placed, set_status, status};
use crate::support::{Answer, Client, World};

async fn act(client: &Client<'_>, id: VolumeId, action: Value) -> Answer {
    client.post(&format!("/volumes/{id}/action"), action).await
}

#[tokio::test]
async fn growing() {
    let world = World::new().await;
    let id = available(&world).await;
    let member = world.member();
    act(&member, id, json!({"os-extend": {"new_size": 3}})).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Extending));
    assert_eq!(
        act(&member, id, json!({"os-extend": {"new_size": 4}})).await.fault(400),
        format!(
            "Invalid volume: Volume {id} status must be '{{'status': 'available'}}' to extend, currently extending."
        )
    );
}

#[tokio::test]
async fn growing_is_refused() {
    let world = World::new().await;
    let id = available(&world).await;
    let member = world.member();
    assert_eq!(
        act(&member, id, json!({"os-extend": {"new_size": 1}})).await.fault(400),
        "Invalid input received: New size for extend must be greater than current size. (current: 1, extended: 1)."
    );
    assert_eq!(
        act(&member, id, json!({"os-extend": {"new_size": 9999}})).await.fault(413),
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested \
         9998G, quota is 1000G and 1G has been consumed."
    );
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available), "a refusal changes nothing");
    assert_eq!(
        act(&world.reader(), id, json!({"os-extend": {"new_size": 2}})).await.fault(403),
        "Policy doesn't allow volume:extend to be performed."
    );
}

#[tokio::test]
async fn an_attached_volume_grows_from_3_42_on() {
    let world = World::new().await;
    let id = available(&world).await;
    attach(&world, id).await;
    let grow = json!({"os-extend": {"new_size": 2}});
    assert_eq!(
        act(&world.member().at("3.41"), id, grow.clone()).await.fault(400),
        format!(
            "Invalid volume: Volume {id} status must be '{{'status': 'available'}}' to extend, currently in-use."
        )
    );
    assert_eq!(
        act(&world.reader().at("3.42"), id, grow.clone()).await.fault(403),
        "Policy doesn't allow volume:extend_attached_volume to be performed."
    );
    act(&world.member().at("3.42"), id, grow).await.expect(202);
}

#[tokio::test]
async fn a_volume_that_was_reset_while_somebody_is_at_work_does_not_grow() {
    let world = World::new().await;
    let id = create(&world.member(), json!({})).await;
    act(&world.admin(), id, json!({"os-reset_status": {"status": "available"}})).await.expect(202);
    assert_eq!(
        act(&world.member(), id, json!({"os-extend": {"new_size": 2}})).await.fault(400),
        format!("Invalid volume: Volume {id} is available while a volume.create of it has not ended.")
    );
}

#[tokio::test]
async fn statuses_are_reset_by_administrators() {
    let world = World::new().await;
    let id = available(&world).await;
    let reset = |status: &str| json!({"os-reset_status": {"status": status}});
    act(&world.admin(), id, reset("ERROR")).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Error));
    for refused in ["deleting", "error_deleting", "detaching"] {
        assert_eq!(
            act(&world.admin(), id, reset(refused)).await.fault(400),
            format!("Cannot reset-state to {refused}")
        );
    }
    assert_eq!(
        act(&world.admin(), id, reset("in-use")).await.fault(400),
        "Cannot reset-state to in-use because volume does not have any attachments."
    );
    let unknown = act(&world.admin(), id, reset("bogus")).await.fault(400);
    assert!(
        unknown.starts_with("Volume status: bogus is invalid, valid statuses are: ('creating', 'available',"),
        "{unknown}"
    );
    assert_eq!(
        act(&world.member(), id, reset("available")).await.fault(403),
        "Policy doesn't allow volume_extension:volume_admin_actions:reset_status to be performed."
    );
    let migration = json!({"os-reset_status": {"migration_status": "none", "attach_status": "detached"}});
    act(&world.admin(), id, migration).await.expect(202);
    let seen = world.admin().get(&format!("/volumes/{id}")).await.expect(200);
    assert!(seen["volume"]["migration_status"].is_null());
}

#[tokio::test]
async fn flags() {
    let world = World::new().await;
    let id = available(&world).await;
    let member = world.member();
    let answer = act(&member, id, json!({"os-set_bootable": {"bootable": "True"}})).await;
    assert_eq!((answer.status, answer.body.is_null()), (200, true));
    act(&member, id, json!({"os-update_readonly_flag": {"readonly": true}})).await.expect(202);
    let seen = member.get(&format!("/volumes/{id}")).await.expect(200);
    assert_eq!(seen["volume"]["bootable"], "true");
    assert_eq!(seen["volume"]["metadata"], json!({"readonly": "True"}));
    set_status(&world, id, VolumeStatus::Maintenance).await;
    assert_eq!(
        act(&member, id, json!({"os-set_bootable": {"bootable": false}})).await.fault(400),
        "Invalid volume: The volume cannot be updated during maintenance."
    );
    assert_eq!(
        act(&member, id, json!({"os-update_readonly_flag": {"readonly": true}})).await.fault(400),
        format!(
            "Invalid volume: Volume {id} status must be available to update readonly flag, but current status is: \
             maintenance."
        )
    );
}

#[tokio::test]
async fn facts_about_its_image() {
    let world = World::new().await;
    let id = placed(&world, json!({"metadata": {"own": "pair"}})).await;
    let member = world.member();
    let set = |key: &str| json!({"os-set_image_metadata": {"metadata": {key: "x"}}});
    act(&member, id, set("kernel_id")).await.expect(200);
    let both = act(&member, id, set("image_id")).await.expect(200);
    assert_eq!(both, json!({"metadata": {"image_id": "x", "kernel_id": "x"}}));
    let shown = act(&world.reader(), id, json!({"os-show_image_metadata": null})).await.expect(200);
    assert_eq!(shown, both);
    let seen = member.get("/volumes/detail").await.expect(200);
    assert_eq!(seen["volumes"][0]["volume_image_metadata"], both["metadata"]);
    assert_eq!(seen["volumes"][0]["metadata"], json!({"own": "pair"}));
    let unset = json!({"os-unset_image_metadata": {"key": "kernel_id"}});
    act(&member, id, unset.clone()).await.expect(200);
    assert_eq!(
        act(&member, id, unset).await.fault(404),
        format!("Glance metadata for volume/snapshot {id} cannot be found.")
    );
    assert_eq!(
        act(&world.reader(), id, set("a")).await.fault(403),
        "Policy doesn't allow volume_extension:volume_image_metadata:set to be performed."
    );
}

#[tokio::test]
async fn unknown_actions() {
    let world = World::new().await;
    let id = available(&world).await;
    assert_eq!(
        act(&world.member(), id, json!({"os-dance": {}})).await.fault(400),
        "There is no such action: os-dance. Verify the request body and Content-Type header and try again."
    );
    assert_eq!(
        act(&world.member(), id, json!({"os-extend": {"new_size": 2}, "os-retype": {}})).await.fault(400),
        "Malformed request body"
    );
}
