//! `/attachments`.

use serde_json::json;

use crate::support::arrange::NOBODY;
use crate::support::busy::Busy;
use crate::{SERVER, available, body, volume};

#[tokio::test(flavor = "multi_thread")]
async fn from_promise_to_deletion() {
    let busy = Busy::new().await;
    let (member, id) = (busy.member(), available(&busy).await);
    let asked = body(&id, json!({"instance_uuid": SERVER}));
    let made = member.post("/attachments", asked).await.expect(200)["attachment"].clone();
    assert_eq!((&made["status"], &made["connection_info"]), (&json!("reserved"), &json!({})));
    assert_eq!((&made["attached_at"], &made["attach_mode"]), (&json!(""), &json!("null")));
    assert_eq!(volume(&busy, &id).await["status"], "reserved");

    let path = format!("/attachments/{}", made["id"].as_str().unwrap());
    let connector =
        json!({"host": "c1", "ip": "192.0.2.1", "mountpoint": "/dev/vdb", "enforce_multipath": true});
    let asked = json!({"attachment": {"connector": connector}});
    let connected = member.put(&path, asked).await.expect(200)["attachment"].clone();
    let info = &connected["connection_info"];
    assert_eq!(info["driver_volume_type"], "local");
    assert!(info["device_path"].as_str().unwrap().ends_with(&format!("volume-{id}")), "{info}");
    assert_eq!(
        (&info["access_mode"], &info["encrypted"], &info["qos_specs"]),
        (&json!("rw"), &json!(false), &json!(null))
    );
    assert_eq!((&info["enforce_multipath"], &info["attachment_id"]), (&json!(true), &made["id"]));
    assert_eq!((&connected["status"], &connected["attach_mode"]), (&json!("attaching"), &json!("rw")));
    assert_eq!(volume(&busy, &id).await["status"], "attaching");

    member.post(&format!("{path}/action"), json!({"os-complete": {}})).await.expect(204);
    let seen = volume(&busy, &id).await;
    assert_eq!(seen["status"], "in-use");
    let attached = &seen["attachments"][0];
    assert_eq!((&attached["server_id"], &attached["device"]), (&json!(SERVER), &json!("/dev/vdb")));
    assert_eq!((&attached["attachment_id"], &attached["host_name"]), (&made["id"], &json!("c1")));
    let listed = member.get("/volumes/detail").await.expect(200);
    assert_eq!(listed["volumes"][0]["attachments"][0]["host_name"], json!(null), "members see no hosts");

    let refused = member.delete(&path).await.fault(409);
    assert_eq!(
        refused,
        format!("ConflictNovaUsingAttachment: Detach volume from instance {SERVER} using the Compute API")
    );
    let by_service = busy.member().with_header("x-service-token", "service");
    assert_eq!(by_service.delete(&path).await.expect(200), json!({"attachments": []}));
    assert_eq!(volume(&busy, &id).await["status"], "available");
    let message = member.get(&path).await.fault(404);
    let gone = made["id"].as_str().unwrap();
    assert_eq!(message, format!("Volume attachment could not be found with filter: attachment_id = {gone}."));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_and_for_reading_only() {
    let busy = Busy::new().await;
    let (member, id) = (busy.member(), available(&busy).await);
    let asked = body(&id, json!({"connector": {"host": "c1"}, "mode": "ro"}));
    let made = member.post("/attachments", asked.clone()).await.expect(200)["attachment"].clone();
    assert_eq!((&made["status"], &made["attach_mode"]), (&json!("attaching"), &json!("ro")));
    assert_eq!(made["connection_info"]["access_mode"], "ro");
    assert_eq!(
        member.post("/attachments", body(&id, json!({}))).await.fault(400),
        format!(
            "Invalid volume: Volume {id} status must be available or downloading to reserve, but the current status \
             is attaching."
        )
    );
    let old = busy.world.member().at("3.53").post("/attachments", asked).await.fault(400);
    assert!(old.contains("'mode' was unexpected"), "{old}");
}

/// The flag says how a volume is attached when nobody asks for a mode, whatever it was before.
#[tokio::test(flavor = "multi_thread")]
async fn the_flag_of_a_volume_says_how_it_is_attached() {
    let busy = Busy::new().await;
    let (member, id) = (busy.member(), available(&busy).await);
    for (readonly, mode) in [(None, "rw"), (Some(true), "ro"), (Some(false), "rw")] {
        if let Some(readonly) = readonly {
            let flag = json!({"os-update_readonly_flag": {"readonly": readonly}});
            member.post(&format!("/volumes/{id}/action"), flag).await.expect(202);
        }
        let made =
            member.post("/attachments", body(&id, json!({"connector": {"host": "c1"}}))).await.expect(200);
        let made = &made["attachment"];
        assert_eq!(made["attach_mode"], mode, "{readonly:?}");
        assert_eq!(made["connection_info"]["access_mode"], mode, "{readonly:?}");
        member.delete(&format!("/attachments/{}", made["id"].as_str().unwrap())).await.expect(200);
    }
}

/// The limits of the type, where the compute service is to keep to them, by either way of attaching.
#[tokio::test(flavor = "multi_thread")]
async fn hosts_learn_the_limits_that_they_have_to_enforce() {
    let busy = Busy::new().await;
    let (member, admin) = (busy.member(), busy.world.admin().at("3.71"));
    let types = admin.get("/types").await.expect(200);
    let volume_type = types["volume_types"][0]["id"].as_str().unwrap().to_owned();
    let specs = json!({
        "name": "limits", "consumer": "front-end", "total_iops_sec": "500", "read_iops_sec_per_gb": "3000",
    });
    let made = admin.post("/qos-specs", json!({"qos_specs": specs})).await.expect(200);
    let path = format!("/qos-specs/{}", made["qos_specs"]["id"].as_str().unwrap());
    admin.get(&format!("{path}/associate?vol_type_id={volume_type}")).await.expect(202);
    let limits = json!({"total_iops_sec": "500", "read_iops_sec": "3000"});
    for (consumer, told) in [("front-end", &limits), ("both", &limits), ("back-end", &json!(null))] {
        admin.put(&path, json!({"qos_specs": {"consumer": consumer}})).await.expect(200);
        let id = available(&busy).await;
        let asked = body(&id, json!({"connector": {"host": "c1"}}));
        let attached = member.post("/attachments", asked).await.expect(200);
        assert_eq!(attached["attachment"]["connection_info"]["qos_specs"], *told, "{consumer}");
        let action = format!("/volumes/{}/action", available(&busy).await);
        let asked = json!({"os-initialize_connection": {"connector": {"host": "c1"}}});
        let initialized = member.post(&action, asked).await.expect(200);
        assert_eq!(initialized["connection_info"]["data"]["qos_specs"], *told, "{consumer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_fails_says_why() {
    let busy = Busy::new().await;
    let (member, id) = (busy.member(), available(&busy).await);
    let asked = body(&id, json!({"connector": {"ip": "192.0.2.1"}}));
    assert_eq!(
        member.post("/attachments", asked).await.fault(500),
        "Unable to create attachment for volume (Invalid input received: Connector doesn't have required information: \
         host)."
    );
    let listed = member.get("/attachments?status=error_attaching").await.expect(200);
    let path = format!("/attachments/{}", listed["attachments"][0]["id"].as_str().unwrap());
    assert_eq!(volume(&busy, &id).await["status"], "available");
    let told = member.get("/messages").await.expect(200);
    let message = told["messages"][0]["user_message"].as_str().unwrap();
    assert!(message.contains("Connector doesn't have required information"), "{message}");
    member.delete(&path).await.expect(200);
    assert_eq!(volume(&busy, &id).await["status"], "available");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_of_the_project_and_come_in_pages() {
    let busy = Busy::new().await;
    let member = busy.member();
    let mut ids = Vec::new();
    for server in [SERVER, NOBODY] {
        let volume = available(&busy).await;
        let asked = body(&volume, json!({"instance_uuid": server}));
        let made = member.post("/attachments", asked).await.expect(200);
        ids.push(made["attachment"]["id"].as_str().unwrap().to_owned());
    }
    let found = |list: serde_json::Value| -> Vec<String> {
        let items = list["attachments"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let newest_first = vec![ids[1].clone(), ids[0].clone()];
    assert_eq!(found(member.get("/attachments").await.expect(200)), newest_first);
    let page = member.get("/attachments/detail?limit=1").await.expect(200);
    assert!(page["attachments"][0].get("connection_info").is_some(), "{page}");
    assert_eq!(found(page), newest_first[..1]);
    let rest = format!("/attachments?limit=1&marker={}", ids[1]);
    assert_eq!(found(member.get(&rest).await.expect(200)), newest_first[1..]);
    let of_server = format!("/attachments?instance_id={SERVER}");
    assert_eq!(found(member.get(&of_server).await.expect(200)), newest_first[1..]);
    let stranger = busy.world.stranger().at("3.71");
    assert!(found(stranger.get("/attachments").await.expect(200)).is_empty());
    stranger.get(&format!("/attachments/{}", ids[0])).await.fault(404);
    assert_eq!(
        found(busy.world.admin().at("3.71").get("/attachments?all_tenants=1").await.expect(200)).len(),
        2
    );
    busy.world.member().at("3.26").get("/attachments").await.fault(404);
    member.get(&format!("/attachments?marker={NOBODY}")).await.fault(404);
    member.get("/attachments/nonsense").await.fault(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may() {
    let busy = Busy::new().await;
    let id = available(&busy).await;
    let reader = busy.world.reader().at("3.71");
    let refused = reader.post("/attachments", body(&id, json!({}))).await.fault(403);
    assert_eq!(refused, "Policy doesn't allow volume:attachment_create to be performed.");
    busy.world.stranger().at("3.71").post("/attachments", body(&id, json!({}))).await.fault(404);
    let made = busy.member().post("/attachments", body(&id, json!({}))).await.expect(200);
    let path = format!("/attachments/{}", made["attachment"]["id"].as_str().unwrap());
    reader.get(&path).await.expect(200);
    reader.delete(&path).await.fault(403);
    reader.put(&path, json!({"attachment": {"connector": {"host": "h"}}})).await.fault(403);
    reader.post(&format!("{path}/action"), json!({"os-complete": {}})).await.fault(403);
    busy.member().delete(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_for_several() {
    let busy = Busy::new().await;
    busy.world.add_type("several", &[("multiattach", "<is> True")]).await;
    let path = busy.create("volumes", json!({"volume": {"size": 1, "volume_type": "several"}})).await;
    busy.wait(&path, json!("available")).await;
    let (member, id) = (busy.member(), crate::support::busy::id(&path).to_owned());
    let mut paths = Vec::new();
    for host in ["a", "b"] {
        let made =
            member.post("/attachments", body(&id, json!({"connector": {"host": host}}))).await.expect(200);
        let path = format!("/attachments/{}", made["attachment"]["id"].as_str().unwrap());
        member.post(&format!("{path}/action"), json!({"os-complete": {}})).await.expect(204);
        paths.push(path);
    }
    assert_eq!(volume(&busy, &id).await["attachments"].as_array().unwrap().len(), 2);
    let left = member.delete(&paths[0]).await.expect(200);
    assert_eq!(left["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(volume(&busy, &id).await["status"], "in-use");
    let deleted = member.delete(&format!("/volumes/{id}")).await.fault(400);
    assert!(deleted.contains("attached"), "{deleted}");
    member.delete(&paths[1]).await.expect(200);
    assert_eq!(volume(&busy, &id).await["status"], "available");
}
