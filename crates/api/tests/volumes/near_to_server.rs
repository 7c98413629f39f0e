//! The scheduler hint `local_to_instance`.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use operations::Settings;
use placement::Filter;
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde_json::{Value, json};

use crate::support::busy::Busy;
use crate::support::{PATIENCE, World};

const SERVER: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";

/// A compute service that answers this, and remembers about which servers it was asked.
struct Says {
    answer: Result<Whereabouts, ComputeError>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Where the first question waits for the second, if it shall.
    second: Option<Condvar>,
}

impl Compute for Says {
    fn attachment_of(&self, _: &str, _: &str) -> Result<Option<String>, ComputeError> {
        Ok(None)
    }

    fn whereabouts_of(&self, server: &str) -> Result<Whereabouts, ComputeError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(server.to_owned());
        if let Some(second) = &self.second {
            second.notify_all();
            drop(second.wait_timeout_while(asked, PATIENCE, |asked| asked.len() < 2));
        }
        self.answer.clone()
    }

    fn swap_volume(&self, _server: &str, _old: &str, _new: &str) -> Result<(), ComputeError> {
        Ok(())
    }

    fn tell(&self, _: ComputeEvent, _: &[String], _: &str) -> Result<(), ComputeError> {
        Ok(())
    }
}

fn near(settings: &mut Settings) {
    Arc::make_mut(&mut settings.placement).filters.push(Filter::InstanceLocality);
}

/// The volume that becomes so of a request with the hint, what its owner is told, and about which servers Nova was asked.
async fn made(
    configure: impl FnOnce(&mut Settings),
    answer: Option<Result<Whereabouts, ComputeError>>,
    becomes: &str,
) -> (Value, String, Vec<String>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let says = |answer| Says { answer, asked: Arc::clone(&asked), second: None };
    let nova = answer.map(|answer| Arc::new(says(answer)) as Arc<dyn Compute>);
    let (volume, told) = made_near(SERVER, configure, nova, becomes).await;
    let asked = asked.lock().unwrap().clone();
    (volume, told, asked)
}

/// The volume that becomes so of a request to be near to `server`, and what its owner is told.
async fn made_near(
    server: &str,
    configure: impl FnOnce(&mut Settings),
    nova: Option<Arc<dyn Compute>>,
    becomes: &str,
) -> (Value, String) {
    let busy = Busy::within(World::patient_with(configure, nova).await, tempfile::tempdir().unwrap()).await;
    let body = json!({"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": {"local_to_instance": server}});
    let id =
        busy.member().post("/volumes", body).await.expect(202)["volume"]["id"].as_str().unwrap().to_owned();
    let path = format!("/volumes/{id}");
    busy.wait(&path, json!(becomes)).await;
    let volume = busy.world.admin().get(&path).await.expect(200)["volume"].clone();
    let messages = busy.member().at("3.5").get(&format!("/messages?resource_uuid={id}")).await.expect(200);
    let told = messages["messages"][0]["user_message"].as_str().unwrap_or_default().to_owned();
    (volume, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_volume_is_made_on_the_host_of_the_server() {
    let on = |host: &str| Some(Ok(Whereabouts::On(host.to_owned())));
    let (volume, _, asked) = made(near, on("node"), "available").await;
    assert_eq!(
        (&volume["status"], &volume["os-vol-host-attr:host"]),
        (&json!("available"), &json!("node@sim#pool"))
    );
    assert_eq!(asked, [SERVER], "Nova is asked once");
    let (_, told, _) = made(near, on("elsewhere"), "error").await;
    assert!(told.contains("not on elsewhere, the server's host"), "{told}");
    let (volume, _, asked) = made(|_| {}, on("elsewhere"), "available").await;
    assert_eq!((&volume["status"], asked.len()), (&json!("available"), 0), "no filter, no question");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_being_known_is_told() {
    let refused = |status| Some(Err(ComputeError::Refused { status }));
    for (answer, why) in [
        (None, "Hint \"local_to_instance\" not supported.".to_owned()),
        (Some(Ok(Whereabouts::Hidden)), "Hint \"local_to_instance\" not supported.".to_owned()),
        (Some(Ok(Whereabouts::Nowhere)), format!("the server {SERVER} is on no host")),
        (refused(404), format!("Instance {SERVER} could not be found.")),
        (refused(403), "the compute service answers 403".to_owned()),
        (Some(Err(ComputeError::Unavailable("away".to_owned()))), "cannot be asked: away".to_owned()),
    ] {
        let (_, told, _) = made(near, answer, "error").await;
        assert!(told.contains(&why), "{told} / {why}");
    }
}

/// The first question is only answered once there is a second one, which comes when the first was given up.
#[tokio::test(flavor = "multi_thread")]
async fn a_compute_service_that_does_not_answer_is_asked_again_after_five_seconds() {
    let (asked, began) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
    let answer = Ok(Whereabouts::On("node".to_owned()));
    let nova = Says { answer, asked: Arc::clone(&asked), second: Some(Condvar::new()) };
    let (volume, _) = made_near(SERVER, near, Some(Arc::new(nova)), "available").await;
    assert_eq!(volume["os-vol-host-attr:host"], "node@sim#pool");
    assert_eq!(*asked.lock().unwrap(), [SERVER, SERVER]);
    assert!(began.elapsed() >= Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Digits with hyphens anywhere are let through by the API, as by Cinder's; Nova has no such server.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_identifier_is_not_asked_about() {
    let odd = "462dcc2d130d46548db1-da0df2da6a0d";
    let asked = Arc::new(Mutex::new(Vec::new()));
    let nova = Says { answer: Ok(Whereabouts::Nowhere), asked: Arc::clone(&asked), second: None };
    let (_, told) = made_near(odd, near, Some(Arc::new(nova)), "error").await;
    assert!(told.contains(&format!("Expected a uuid but received {odd}.")), "{told}");
    assert!(asked.lock().unwrap().is_empty());
}
