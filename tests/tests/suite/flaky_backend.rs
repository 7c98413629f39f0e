//! A backend that fails now and then, in the middle of what it does.

use blackbox::disk::files_below;
use blackbox::{Serve, Server, Session, people, wait};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A server with a simulated backend and these options of it; and the backend's directory.
fn server_with(options: &str) -> (Server, PathBuf) {
    let serve = Serve::new();
    let directory = serve.side_dir("sim");
    let conf = format!(
        "[DEFAULT]\nenabled_backends = flaky\n\n[flaky]\nvolume_driver = sim\nvolume_backend_name = flaky\n\
         mount_point = {}\n{options}\n",
        directory.display()
    );
    (serve.config(&conf).start(), directory)
}

fn is_at_rest(row: &Value) -> bool {
    ["available", "error", "error_deleting", "error_extending"].iter().any(|status| row["status"] == *status)
}

/// Waits until nothing is in the middle of something; every volume then.
#[track_caller]
fn settled(session: &Session) -> Vec<Value> {
    wait::until(wait::PATIENCE, "everything has come to rest", || {
        let rows: Vec<Value> = session.volumes().into_iter().chain(session.snapshots()).collect();
        rows.iter().all(is_at_rest).then(|| session.volumes())
    })
}

#[test]
fn failures_leave_nothing_stuck_and_nothing_behind() {
    let (server, directory) = server_with("sim_fail_every = 4");
    let (demo, admin) = (server.member(), server.admin());
    people::lift_quotas(&admin, &demo.project_id);
    let made: Vec<String> = (0..40).map(|_| demo.ask_volume(json!({"size": 1}))).collect();
    assert_eq!(settled(&demo).len(), made.len(), "a failed volume is shown, not lost");
    for volume in settled(&demo).iter().filter(|volume| volume["status"] == "available").take(20) {
        let snapshot = json!({"snapshot": {"volume_id": volume["id"]}});
        demo.post("/snapshots", &snapshot).expect(202);
        demo.post("/volumes", &json!({"volume": {"source_volid": volume["id"], "size": 2}})).expect(202);
    }
    settled(&demo);

    // Whatever failed, all of it can be deleted in the end.
    wait::until(wait::PATIENCE, "everything is deleted", || {
        settled(&demo);
        for snapshot in demo.snapshots() {
            admin.post(&action("snapshots", &snapshot), &json!({"os-force_delete": {}}));
        }
        for volume in demo.volumes() {
            admin.post(&action("volumes", &volume), &json!({"os-force_delete": {}}));
        }
        (demo.volumes().is_empty() && demo.snapshots().is_empty()).then_some(())
    });
    assert_eq!(files_below(&directory), Vec::<PathBuf>::new());
    let usage = demo.get(&format!("/os-quota-sets/{}?usage=True", demo.project_id));
    for resource in ["volumes", "snapshots", "gigabytes"] {
        assert_eq!(usage["quota_set"][resource]["in_use"], 0, "{resource} in use by nothing");
    }
}

fn action(collection: &str, row: &Value) -> String {
    format!("/{collection}/{}/action", row["id"].as_str().expect("an id"))
}

#[test]
fn a_slow_backend_holds_no_request_up() {
    let (server, _directory) = server_with("sim_delay_ms = 2000");
    let demo = server.member();
    let start = std::time::Instant::now();
    let disk = demo.ask_volume(json!({"size": 1}));
    assert_eq!(demo.get(&format!("/volumes/{disk}"))["volume"]["status"], "creating");
    demo.get("/volumes/detail");
    assert!(start.elapsed() < std::time::Duration::from_secs(1), "answers took {:?}", start.elapsed());
    demo.await_volume(&disk, "available");
}
