//! `os-retype`.

use model::{VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::from_image::add_encrypted_type;
use crate::support::{PROJECT, World, arrange};
use crate::{act, status};

const REFUSAL: &str = "Invalid volume: Retype needs volume to be in available or in-use state, not be part of an \
     active migration or a consistency group, requested type has to be different that the one from the volume, and \
     for in-use volumes front-end qos specs cannot change.";

fn to(new_type: &str) -> Value {
    json!({"os-retype": {"new_type": new_type, "migration_policy": "on-demand"}})
}

#[tokio::test]
async fn is_accepted_by_name_and_by_identifier() {
    let world = World::new().await;
    let gold = world.add_type("gold", &[]).await;
    let id = arrange::available(&world).await;
    act(&world.member(), id, to("gold")).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Retyping));
    assert_eq!(act(&world.member(), id, to("gold")).await.fault(400), REFUSAL);

    let id = arrange::available(&world).await;
    arrange::attach(&world, id).await;
    act(&world.member(), id, to(&gold.to_string())).await.expect(202);
}

#[tokio::test]
async fn refuses_other_types_than_can_be() {
    let world = World::new().await;
    world.add_type("many", &[("multiattach", "<is> True")]).await;
    let id = arrange::available(&world).await;
    assert_eq!(act(&world.member(), id, to("__DEFAULT__")).await.fault(400), REFUSAL);
    assert_eq!(
        act(&world.member(), id, to("none")).await.fault(404),
        "Volume type with name none could not be found."
    );
    arrange::attach(&world, id).await;
    assert_eq!(
        act(&world.member(), id, to("many")).await.fault(400),
        "Invalid input received: Invalid volume_type passed, retypes affecting multiattach are only allowed on \
         available volumes, the specified volume however currently has a status of: in-use."
    );
    act(&world.member(), id, json!({"os-retype": {"new_type": "many", "migration_policy": "maybe"}}))
        .await
        .fault(400);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::InUse));
}

#[tokio::test]
async fn is_encrypted_anew_as_far_as_it_can_be() {
    let world = World::new().await;
    add_encrypted_type(&world, "secret", "luks").await;
    add_encrypted_type(&world, "other", "plain").await;
    let id = arrange::available(&world).await;
    assert_eq!(
        act(&world.member(), id, to("other")).await.fault(400),
        "Invalid input received: Invalid volume_type passed, volumes are encrypted anew that are encrypted by the \
         front-end as luks or luks2 with aes-xts-plain64 and a key of 256 or 512 bits, and not by 'plain'."
    );
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
    act(&world.member(), id, to("secret")).await.expect(202);
}

#[tokio::test]
async fn asks_the_quota_of_the_new_type_only() {
    let world = World::new().await;
    world.add_type("gold", &[]).await;
    let id = arrange::available(&world).await;
    let project = model::ProjectId::new(PROJECT);
    let limited = project.clone();
    world
        .write(move |conn| {
            store::quotas::set_limit(conn, &limited, "volumes", 0)?;
            store::quotas::set_limit(conn, &limited, "gigabytes_gold", 0)
        })
        .await;
    let why = act(&world.member(), id, to("gold")).await.fault(413);
    assert!(why.contains("gigabytes_gold"), "{why}");
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
    world.write(move |conn| store::quotas::set_limit(conn, &project, "gigabytes_gold", 1)).await;
    act(&world.member(), id, to("gold")).await.expect(202);
}

#[tokio::test]
async fn asks_the_quota_of_the_new_type_for_its_snapshots_too() {
    let world = World::new().await;
    world.add_type("gold", &[]).await;
    let id = arrange::available(&world).await;
    world.add_snapshot(id).await;
    let project = model::ProjectId::new(PROJECT);
    let asked = [("snapshots_gold", 0, 1, "number of snapshots"), ("gigabytes_gold", 1, 2, "gigabytes_gold")];
    for (limit, too_few, enough, named) in asked {
        let set = |value: i64| {
            let project = project.clone();
            world.write(move |conn| store::quotas::set_limit(conn, &project, limit, value))
        };
        set(too_few).await;
        let why = act(&world.member(), id, to("gold")).await.fault(413);
        assert!(why.contains(named), "{why}");
        set(enough).await;
    }
    act(&world.member(), id, to("gold")).await.expect(202);
}

#[tokio::test]
async fn refuses_encryption_and_several_attachments_at_once() {
    let world = World::new().await;
    let both = world.add_type("both", &[("multiattach", "<is> True")]).await;
    let encryption = json!({"encryption": {"provider": "luks", "control_location": "front-end",
                            "cipher": "aes-xts-plain64", "key_size": 256}});
    world.admin().post(&format!("/types/{both}/encryption"), encryption).await.expect(200);
    let id = arrange::available(&world).await;
    assert_eq!(
        act(&world.member(), id, to("both")).await.fault(400),
        "Invalid input received: Retype requested both encryption and multi-attach, which is not supported."
    );
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
}

#[tokio::test]
async fn finds_only_types_that_its_requester_may_use() {
    let world = World::new().await;
    let secret = world.add_type("secret", &[]).await;
    let id = arrange::available(&world).await;
    let hide = json!({"volume_type": {"is_public": false}});
    world.admin().put(&format!("/types/{secret}"), hide).await.expect(200);
    for named in ["secret", &secret.to_string()] {
        act(&world.member(), id, to(named)).await.fault(404);
    }
    act(&world.admin(), id, to("secret")).await.expect(202);
}

#[tokio::test]
async fn is_for_members_of_its_project() {
    let world = World::new().await;
    world.add_type("gold", &[]).await;
    let id = arrange::available(&world).await;
    assert_eq!(
        act(&world.reader(), id, to("gold")).await.fault(403),
        "Policy doesn't allow volume:retype to be performed."
    );
    act(&world.stranger(), id, to("gold")).await.fault(404);
    act(&world.member(), VolumeId::random(), to("gold")).await.fault(404);
}
