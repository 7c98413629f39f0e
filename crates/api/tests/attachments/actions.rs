//! The older way of attaching.

use std::time::{Duration, Instant};

use model::VolumeId;
use serde_json::{Value, json};

use crate::support::busy::{Busy, Site};
use crate::support::{Answer, PATIENCE, PROJECT, World};
use crate::{SERVER, available, volume};

async fn act(busy: &Busy, id: &str, action: &str, value: Value) -> Answer {
    busy.member().post(&format!("/volumes/{id}/action"), json!({action: value})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn step_by_step() {
    let busy = Busy::new().await;
    let id = available(&busy).await;
    let connector = json!({"connector": {"host": "c1", "initiator": "iqn.x"}});
    act(&busy, &id, "os-reserve", json!({})).await.expect(202);
    assert_eq!(
        act(&busy, &id, "os-reserve", json!({})).await.fault(400),
        "Invalid volume: Volume status must be available to reserve, but the status is attaching."
    );
    let answer = act(&busy, &id, "os-initialize_connection", connector.clone()).await.expect(200);
    let info = &answer["connection_info"];
    assert_eq!((&info["driver_volume_type"], &info["data"]["access_mode"]), (&json!("local"), &json!("rw")));
    assert_eq!(info["enforce_multipath"], false);
    let attach = json!({"instance_uuid": SERVER, "mountpoint": "/dev/vdc"});
    act(&busy, &id, "os-attach", attach.clone()).await.expect(202);
    act(&busy, &id, "os-attach", attach).await.expect(202);
    let seen = volume(&busy, &id).await;
    assert_eq!((&seen["status"], seen["attachments"].as_array().unwrap().len()), (&json!("in-use"), 1));
    assert_eq!(seen["metadata"], json!({"readonly": "False", "attached_mode": "rw"}));
    let other = json!({"host_name": "h", "mountpoint": "/dev/vdd"});
    assert_eq!(
        act(&busy, &id, "os-attach", other).await.fault(400),
        "Invalid volume: volume is already attached and multiple attachments are not enabled"
    );
    act(&busy, &id, "os-begin_detaching", json!({})).await.expect(202);
    act(&busy, &id, "os-roll_detaching", json!({})).await.expect(202);
    act(&busy, &id, "os-begin_detaching", json!({})).await.expect(202);
    assert_eq!(volume(&busy, &id).await["status"], "detaching");
    act(&busy, &id, "os-terminate_connection", connector).await.expect(202);
    act(&busy, &id, "os-detach", json!({})).await.expect(202);
    let seen = volume(&busy, &id).await;
    assert_eq!((&seen["status"], &seen["attachments"]), (&json!("available"), &json!([])));
    assert_eq!(seen["metadata"], json!({"readonly": "False"}));
    assert_eq!(
        act(&busy, &id, "os-begin_detaching", json!({})).await.fault(400),
        "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' \
         to detach."
    );
    act(&busy, &id, "os-reserve", json!({})).await.expect(202);
    act(&busy, &id, "os-unreserve", json!({})).await.expect(202);
    act(&busy, &id, "os-unreserve", json!({})).await.expect(202);
    assert_eq!(volume(&busy, &id).await["status"], "available");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_let_in_without_a_reservation_is_seen_by_a_migration() {
    let site = Site { another: true, ..Site::default() };
    let busy = Busy::on(World::patient(None).await, tempfile::tempdir().unwrap(), site).await;
    let id = available(&busy).await;
    let connector = json!({"connector": {"host": "c1", "initiator": "iqn.x"}});
    act(&busy, &id, "os-initialize_connection", connector.clone()).await.expect(200);
    assert_eq!(volume(&busy, &id).await["status"], "available");
    let path = format!("/volumes/{id}");
    let host = || async {
        busy.world.admin().get(&path).await.expect(200)["volume"]["os-vol-host-attr:host"].clone()
    };
    let at = host().await;
    let elsewhere = if at == "node@sim#pool" { "node@other#pool" } else { "node@sim#pool" };
    let elsewhere = json!({"os-migrate_volume": {"host": elsewhere}});
    busy.world.admin().post(&format!("{path}/action"), elsewhere).await.expect(202);
    let began = Instant::now();
    let told = loop {
        let told = busy.world.admin().at("3.71").get("/messages").await.expect(200);
        if told["messages"] != json!([]) || began.elapsed() > PATIENCE {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let why = "migrate volume:Without an attachment, c1 is let in to it.";
    assert_eq!(told["messages"][0]["user_message"], why);
    assert_eq!(host().await, at);
    act(&busy, &id, "os-terminate_connection", connector).await.expect(202);
    let known: VolumeId = id.parse().unwrap();
    let guests = busy.world.read(move |conn| store::guests::of_volume(conn, known)).await;
    assert_eq!(guests, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused() {
    let busy = Busy::new().await;
    let id = available(&busy).await;
    assert_eq!(
        act(&busy, &id, "os-initialize_connection", json!({"connector": {"ip": "192.0.2.1"}}))
            .await
            .fault(400),
        "Invalid input received: Connector doesn't have required information: host"
    );
    act(&busy, &id, "os-update_readonly_flag", json!({"readonly": true})).await.expect(202);
    let attach = json!({"host_name": "h", "mountpoint": "/dev/vdc"});
    assert_eq!(
        act(&busy, &id, "os-attach", attach).await.fault(400),
        format!("Invalid attaching mode 'rw' for volume {id}.")
    );
    let reader = busy.world.reader().at("3.71");
    let path = format!("/volumes/{id}/action");
    reader.post(&path, json!({"os-reserve": {}})).await.fault(403);
    busy.world.stranger().at("3.71").post(&path, json!({"os-reserve": {}})).await.fault(404);
    busy.member().post(&path, json!({"os-force_detach": {}})).await.fault(403);
    for version in ["3.0", "3.71"] {
        let admin = busy.world.admin().at(version);
        let completed =
            admin.post(&path, json!({"os-extend_volume_completion": {"error": false}})).await.fault(400);
        assert_eq!(completed, "Invalid volume: Volume is not being extended.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_detaches_by_force_and_resets() {
    let busy = Busy::new().await;
    let id = available(&busy).await;
    let (admin, path) = (busy.world.admin().at("3.71"), format!("/volumes/{id}/action"));
    let attach = json!({"host_name": "h", "mountpoint": "/dev/vdc", "mode": "ro"});
    act(&busy, &id, "os-attach", attach.clone()).await.expect(202);
    admin.post(&path, json!({"os-force_detach": {"connector": {"host": "h"}}})).await.expect(202);
    assert_eq!(volume(&busy, &id).await["status"], "available");
    let in_use = json!({"os-reset_status": {"status": "in-use"}});
    assert_eq!(
        admin.post(&path, in_use.clone()).await.fault(400),
        "Cannot reset-state to in-use because volume does not have any attachments."
    );
    act(&busy, &id, "os-attach", attach).await.expect(202);
    admin.post(&path, json!({"os-reset_status": {"status": "error"}})).await.expect(202);
    admin.post(&path, in_use).await.expect(202);
    let detached = json!({"os-reset_status": {"status": "available", "attach_status": "detached"}});
    admin.post(&path, detached).await.expect(202);
    let seen = volume(&busy, &id).await;
    assert_eq!((&seen["status"], &seen["attachments"]), (&json!("available"), &json!([])));
}

/// Nobody works here, so nobody answers in time. What was accepted is done all the same, as often as it is asked for.
#[tokio::test]
async fn a_backend_that_does_not_answer_in_time() {
    let world = World::new().await;
    let volume_type = world.add_type("plain", &[]).await;
    let id = world.add_volume(PROJECT, volume_type, 1, Some("node@sim#pool")).await;
    let (member, path) = (world.member().at("3.71"), format!("/volumes/{id}/action"));
    let connector = json!({"connector": {"host": "h"}});
    for asked in ["os-initialize_connection", "os-terminate_connection", "os-terminate_connection"] {
        let why = match asked {
            "os-initialize_connection" => "Unable to fetch connection information from backend.",
            _ => "Unable to terminate volume connection from backend.",
        };
        assert_eq!(member.post(&path, json!({asked: connector})).await.fault(500), why);
    }
    let open = world.read(|conn| store::operations::list(conn, false, 9)).await;
    let turns: Vec<_> = open.iter().rev().map(|it| (it.kind.as_str(), it.phase.as_str())).collect();
    let out = ("attachment.disconnect", "turn");
    assert_eq!(turns, [("attachment.connect", "connect"), out, out]);
}
