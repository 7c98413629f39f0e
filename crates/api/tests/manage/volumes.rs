//! `POST /manageable_volumes`, `os-unmanage`.

use std::fs;

use serde_json::{Value, json};

use crate::support::busy::{Busy, id};

/// A stranger's file of so many simulated GiB.
pub(crate) fn stranger(busy: &Busy, name: &str, gib: u64) {
    let file = fs::File::create(busy.backend.path().join(name)).unwrap();
    file.set_len(gib << 20).unwrap();
}

pub(crate) fn body(name: &str) -> Value {
    json!({"volume": {"host": "node@sim", "ref": {"source-name": name}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_a_volume_and_is_let_go_again() {
    let busy = Busy::new().await;
    stranger(&busy, "lvol0", 2);
    fs::write(busy.backend.path().join("lvol0"), vec![7; (1 << 20) + 1]).unwrap();
    let admin = busy.world.admin().at("3.71");
    let mut asked = body("lvol0");
    asked["volume"]["name"] = json!("New Volume");
    asked["volume"]["bootable"] = json!(true);
    asked["volume"]["metadata"] = json!({"k": "v"});
    let made = admin.post("/manageable_volumes", asked).await.expect(202);
    assert_eq!(made["volume"]["status"], "creating");
    assert_eq!(made["volume"]["size"], 0);
    let path = format!("/volumes/{}", made["volume"]["id"].as_str().unwrap());
    let seen = busy.wait(&path, json!("available")).await;
    assert_eq!((&seen["size"], &seen["name"]), (&json!(2), &json!("New Volume")));
    assert_eq!((&seen["bootable"], &seen["metadata"]), (&json!("true"), &json!({"k": "v"})));
    assert_eq!(seen["os-vol-host-attr:host"], "node@sim#pool");
    assert!(!busy.backend.path().join("lvol0").exists());

    let limits = admin.get("/limits").await.expect(200);
    assert_eq!(limits["limits"]["absolute"]["totalGigabytesUsed"], 2);
    let action = format!("{path}/action");
    busy.member().post(&action, json!({"os-unmanage": {}})).await.fault(403);
    admin.post(&action, json!({"os-unmanage": {}})).await.expect(202);
    busy.wait(&path, Value::Null).await;
    let file = busy.backend.path().join(format!("volume-{}", id(&path)));
    assert_eq!(fs::read(&file).unwrap()[..=1 << 20], vec![7; (1 << 20) + 1]);
    let limits = admin.get("/limits").await.expect(200);
    assert_eq!(limits["limits"]["absolute"]["totalGigabytesUsed"], 0);
    busy.stop().await;
}

/// As openstackclient writes it, when nobody says that the volume is bootable.
#[tokio::test(flavor = "multi_thread")]
async fn null_says_nothing_about_booting() {
    let busy = Busy::new().await;
    stranger(&busy, "lvol0", 1);
    let mut asked = body("lvol0");
    asked["volume"]["bootable"] = Value::Null;
    let made = busy.world.admin().at("3.71").post("/manageable_volumes", asked).await.expect(202);
    let path = format!("/volumes/{}", made["volume"]["id"].as_str().unwrap());
    assert_eq!(busy.wait(&path, json!("available")).await["bootable"], "false");
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_over_ends_in_error_and_says_why() {
    let busy = Busy::new().await;
    let admin = busy.world.admin().at("3.71");
    stranger(&busy, "large", 3);
    let project = crate::support::PROJECT;
    admin.put(&format!("/os-quota-sets/{project}"), json!({"quota_set": {"gigabytes": 2}})).await.expect(200);
    for (reference, told) in [
        ("not-there", "not-there is not on the backend"),
        ("../etc/passwd", "is not the name of a file"),
        ("large", "Requested 3G, quota is 2G and 0G has been consumed"),
    ] {
        let made = admin.post("/os-volume-manage", body(reference)).await.expect(202);
        let path = format!("/volumes/{}", made["volume"]["id"].as_str().unwrap());
        let seen = busy.wait(&path, json!("error")).await;
        assert_eq!(seen["size"], 0);
        let query = format!("/messages?resource_uuid={}", id(&path));
        let messages = admin.get(&query).await.expect(200);
        let text = messages["messages"][0]["user_message"].as_str().unwrap().to_owned();
        assert!(text.contains(told), "{text}");
        admin.delete(&path).await.expect(202);
        busy.wait(&path, Value::Null).await;
    }
    assert!(busy.backend.path().join("large").exists(), "what was not taken over is still there");
    let drifts = busy.world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
    busy.stop().await;
}
