//! Who may detach what a server uses (CVE-2023-2088), and tokens of services.

use std::sync::{Arc, Mutex};

use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde_json::json;

use crate::support::World;
use crate::support::busy::Busy;
use crate::{SERVER, available, body, volume};

/// A compute service that answers this.
struct Says(Arc<Mutex<Result<Option<String>, ComputeError>>>);

impl Compute for Says {
    fn attachment_of(&self, _: &str, _: &str) -> Result<Option<String>, ComputeError> {
        self.0.lock().unwrap().clone()
    }

    fn whereabouts_of(&self, _server: &str) -> Result<Whereabouts, ComputeError> {
        Ok(Whereabouts::Hidden)
    }

    fn swap_volume(&self, _server: &str, _old: &str, _new: &str) -> Result<(), ComputeError> {
        Ok(())
    }

    fn tell(&self, _: ComputeEvent, _: &[String], _: &str) -> Result<(), ComputeError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nova_decides_when_it_is_there() {
    let answer = Arc::new(Mutex::new(Err(ComputeError::Unavailable("nobody listens".to_owned()))));
    let nova: Arc<dyn Compute> = Arc::new(Says(Arc::clone(&answer)));
    let busy = Busy::within(World::patient(Some(nova)).await, tempfile::tempdir().unwrap()).await;
    let (member, id) = (busy.member(), available(&busy).await);
    let asked = body(&id, json!({"instance_uuid": SERVER, "connector": {"host": "c1"}}));
    let made = member.post("/attachments", asked).await.expect(200);
    let attachment = made["attachment"]["id"].as_str().unwrap().to_owned();
    let path = format!("/attachments/{attachment}");
    let down = member.delete(&path).await.expect(503);
    assert!(down.to_string().contains("nobody listens"), "{down}");
    *answer.lock().unwrap() = Ok(Some(attachment));
    member.delete(&path).await.fault(409);
    let action = format!("/volumes/{id}/action");
    for body in [json!({"os-detach": {}}), json!({"os-terminate_connection": {"connector": null}})] {
        member.post(&action, body).await.fault(409);
    }
    assert_eq!(volume(&busy, &id).await["status"], "attaching");
    *answer.lock().unwrap() = Ok(None);
    member.delete(&path).await.expect(200);
    assert_eq!(volume(&busy, &id).await["status"], "available");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_services_must_be_those_of_services() {
    let busy = Busy::new().await;
    let forwarded = |token: &'static str| busy.member().with_header("x-service-token", token);
    forwarded("service").get("/volumes").await.expect(200);
    for token in ["member", "unknown", ""] {
        assert_eq!(forwarded(token).get("/volumes").await.status, 401, "{token:?}");
    }
    busy.world.service().at("3.71").get("/volumes").await.fault(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_server_uses_may_always_be_detached() {
    let busy = Busy::new().await;
    let (member, id) = (busy.member(), available(&busy).await);
    for fields in [json!({"instance_uuid": SERVER}), json!({"connector": {"host": "c1"}})] {
        let made = member.post("/attachments", body(&id, fields)).await.expect(200);
        let path = format!("/attachments/{}", made["attachment"]["id"].as_str().unwrap());
        member.delete(&path).await.expect(200);
        assert_eq!(volume(&busy, &id).await["status"], "available");
    }
    let unknown = json!({"os-detach": {"attachment_id": SERVER}});
    member.post(&format!("/volumes/{id}/action"), unknown).await.fault(409);
}
