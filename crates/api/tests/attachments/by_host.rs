//! Growing a volume that the host of a server has to grow: `os-extend_volume_completion`.

use std::sync::Arc;

use model::{VolumeId, VolumeStatus};
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde_json::{Value, json};

use crate::support::busy::{Busy, Site};
use crate::support::{PROJECT, World};
use crate::{SERVER, available, body, volume};

/// A compute service that takes everything and says nothing.
struct Silent;

impl Compute for Silent {
    fn attachment_of(&self, _server: &str, _volume: &str) -> Result<Option<String>, ComputeError> {
        Ok(None)
    }

    fn whereabouts_of(&self, _server: &str) -> Result<Whereabouts, ComputeError> {
        Ok(Whereabouts::Hidden)
    }

    fn swap_volume(&self, _server: &str, _old: &str, _new: &str) -> Result<(), ComputeError> {
        Ok(())
    }

    fn tell(&self, _event: ComputeEvent, _servers: &[String], _volume: &str) -> Result<(), ComputeError> {
        Ok(())
    }
}

/// A backend that leaves growing to hosts, whose word is waited for so long.
async fn patient_for(timeout_s: i64) -> Busy {
    let world = World::patient_with(
        move |settings| settings.extend_completion_timeout_s = timeout_s,
        Some(Arc::new(Silent)),
    );
    let site = Site { grown_by_host: true, ..Site::default() };
    Busy::on(world.await, tempfile::tempdir().unwrap(), site).await
}

/// A volume of 1 GiB that a server has, and that is to grow to 3.
async fn growing(busy: &Busy, server: Option<&str>) -> String {
    let id = available(busy).await;
    let mut fields = json!({"connector": {"host": "c1"}});
    if let Some(server) = server {
        fields["instance_uuid"] = json!(server);
    }
    let asked = body(&id, fields);
    let made = busy.member().post("/attachments", asked).await.expect(200);
    let path = format!("/attachments/{}/action", made["attachment"]["id"].as_str().unwrap());
    busy.member().post(&path, json!({"os-complete": {}})).await.expect(204);
    let path = format!("/volumes/{id}/action");
    busy.member().post(&path, json!({"os-extend": {"new_size": 3}})).await.expect(202);
    id
}

/// Waits until the host is asked.
async fn asked(busy: &Busy, id: &str) -> Value {
    loop {
        let seen = volume(busy, id).await;
        assert_eq!(seen["status"], "extending", "{seen}");
        if seen["metadata"].get("extend_new_size").is_some() {
            return seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn ended(busy: &Busy, id: &str, status: &str) -> Value {
    busy.wait(&format!("/volumes/{id}"), json!(status)).await
}

/// The gigabytes that are charged, and why it failed if it did.
async fn accounts(busy: &Busy) -> (Value, Vec<String>) {
    let used = busy.world.admin().get(&format!("/os-quota-sets/{PROJECT}?usage=True")).await.expect(200);
    let told = busy.member().get("/messages").await.expect(200);
    let words = |it: &Value| it["user_message"].as_str().unwrap().to_owned();
    (
        used["quota_set"]["gigabytes"]["in_use"].clone(),
        told["messages"].as_array().unwrap().iter().map(words).collect(),
    )
}

fn word(error: bool) -> Value {
    json!({"os-extend_volume_completion": {"error": error}})
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_grown_when_the_server_says_so() {
    let busy = patient_for(60).await;
    let id = growing(&busy, Some(SERVER)).await;
    let (admin, path) = (busy.world.admin().at("3.71"), format!("/volumes/{id}/action"));
    let seen = asked(&busy, &id).await;
    assert_eq!((&seen["size"], &seen["metadata"]["extend_new_size"]), (&json!(1), &json!("3")));
    let listed = busy.member().get("/volumes/detail").await.expect(200);
    assert_eq!(listed["volumes"][0]["metadata"]["extend_new_size"], "3");
    assert_eq!(accounts(&busy).await, (json!(3), vec![]));

    assert_eq!(
        busy.member().post(&path, word(false)).await.fault(403),
        "Policy doesn't allow volume_extension:volume_admin_actions:extend_volume_completion to be performed."
    );
    busy.world.stranger().at("3.71").post(&path, word(false)).await.fault(404);
    admin.post(&path, json!({"os-extend_volume_completion": {"error": 7}})).await.fault(400);
    asked(&busy, &id).await;

    admin.post(&path, word(false)).await.expect(202);
    let seen = ended(&busy, &id, "in-use").await;
    assert_eq!((&seen["size"], &seen["metadata"]), (&json!(3), &json!({})));
    assert_eq!(accounts(&busy).await, (json!(3), vec![]));
    assert_eq!(
        admin.post(&path, word(false)).await.fault(400),
        "Invalid volume: Volume is not being extended."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_not_grown_when_the_server_says_so() {
    let busy = patient_for(60).await;
    let id = growing(&busy, Some(SERVER)).await;
    asked(&busy, &id).await;
    let path = format!("/volumes/{id}/action");
    busy.world.admin().at("3.71").post(&path, word(true)).await.expect(202);
    let seen = ended(&busy, &id, "error_extending").await;
    assert_eq!((&seen["size"], &seen["metadata"]), (&json!(1), &json!({})));
    let why = "extend volume:the server that has it could not grow it from 1 to 3 GiB";
    assert_eq!(accounts(&busy).await, (json!(1), vec![why.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    let busy = patient_for(1).await;
    let id = growing(&busy, Some(SERVER)).await;
    assert_eq!(ended(&busy, &id, "error_extending").await["size"], 1);
    let why = "extend volume:the compute service has not said within 1 s that the server has grown it from 1 to 3 GiB";
    assert_eq!(accounts(&busy).await, (json!(1), vec![why.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_server_has_nobody_can_grow() {
    let busy = patient_for(60).await;
    let id = growing(&busy, None).await;
    assert_eq!(ended(&busy, &id, "error_extending").await["size"], 1);
    let (charged, told) = accounts(&busy).await;
    assert_eq!(charged, 1);
    assert!(told[0].ends_with("to grow what is attached, and no server has it"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_the_wait() {
    let busy = patient_for(60).await;
    let id = growing(&busy, Some(SERVER)).await;
    asked(&busy, &id).await;
    let (admin, path) = (busy.world.admin().at("3.71"), format!("/volumes/{id}/action"));
    admin.post(&path, json!({"os-reset_status": {"status": "in-use"}})).await.expect(202);
    let key = format!("volume/{id}");
    loop {
        let key = key.clone();
        if !busy.world.read(move |conn| store::operations::is_pending(conn, &key)).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(volume(&busy, &id).await["status"], "in-use");
    assert_eq!(accounts(&busy).await, (json!(1), vec!["extend volume:given up on request".to_owned()]));
}

/// Nobody works here: what is said is only noted, and once.
#[tokio::test]
async fn what_is_not_waited_for_is_refused() {
    let world = World::new().await;
    let volume_type = world.add_type("plain", &[]).await;
    let id: VolumeId = world.add_volume(PROJECT, volume_type, 1, Some("node@sim#pool")).await;
    let (admin, path) = (world.admin().at("3.71"), format!("/volumes/{id}/action"));
    let refused = admin.post(&path, word(false)).await.fault(400);
    assert_eq!(refused, "Invalid volume: Volume is not being extended.");
    world.write(move |conn| store::volumes::set_status(conn, id, VolumeStatus::Extending)).await;
    let unknown = "Invalid volume: Required volume admin metadata is malformed or missing.";
    assert_eq!(admin.post(&path, word(false)).await.fault(400), unknown);
    world.write(move |conn| store::host_growths::begin(conn, id, 3, 60)).await;
    admin.post(&path, word(true)).await.expect(202);
    assert_eq!(admin.post(&path, word(false)).await.fault(400), unknown);
    let growth = world.read(move |conn| store::host_growths::get(conn, id)).await.unwrap();
    assert_eq!((growth.new_size_gib, growth.has_grown), (3, Some(false)));
}
