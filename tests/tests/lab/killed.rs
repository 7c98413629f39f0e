//! `kill -9` of the service and of the agent in the middle of attaching and of detaching: it ends attached or detached,
//! what was written is there, and nothing is left.

use std::path::Path;
use std::thread;
use std::time::Duration;

use blackbox::wait;
use serde_json::json;

use crate::host::Host;
use crate::storage::{Kind, Storage};
use crate::{hash, residue, run};

/// After how many milliseconds somebody is killed.
const MOMENTS_MS: [u64; 4] = [60, 200, 500, 1100];
/// How long the two may take to agree after that.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, Debug)]
enum Victim {
    Service,
    Agent,
    Both,
}

#[test]
fn whoever_is_killed_it_ends_attached_or_detached() {
    let Some(mut storage) = Storage::new(Kind::ThinLio) else { return };
    let host = Host::new(&storage.server);
    let demo = storage.server.member();
    let volume = demo.make_volume(json!({"size": 1}));
    let device = host.attach(&volume);
    run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
    let written = host.mounted(&device, |place| {
        let file = place.join("data");
        run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
        hash(&file)
    });
    host.detach(&volume);
    for victim in [Victim::Service, Victim::Agent, Victim::Both] {
        for (verb, moment_ms) in MOMENTS_MS.iter().flat_map(|ms| [("attach", *ms), ("detach", *ms)]) {
            let about = format!("{verb}, {victim:?} killed after {moment_ms} ms");
            if verb == "detach" && !is_attached(&host, &volume) {
                host.attach(&volume);
            }
            cut_off(&mut storage, &host, victim, &[verb, &volume], moment_ms);
            let attached = settled(&storage, &host, &volume, &about);
            println!("{about}: {}", if attached { "attached" } else { "detached" });
            if attached {
                let device = host.attach(&volume);
                let read = host.mounted(&device, |place: &Path| hash(&place.join("data")));
                assert_eq!(read, written, "{about}");
            } else {
                assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new(), "{about}");
            }
            if attached && verb == "detach" {
                host.detach(&volume);
                assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new(), "{about}");
            }
        }
    }
    if is_attached(&host, &volume) {
        host.detach(&volume);
    }
    storage.server.member().remove(&format!("/volumes/{volume}"));
    assert_eq!(residue::of(&storage, &host, true), Vec::<String>::new());
}

fn is_attached(host: &Host, volume: &str) -> bool {
    host.state().join(format!("attachments/{volume}.json")).exists()
}

/// Begins something, and kills who does it before it is done; a service is started again.
fn cut_off(storage: &mut Storage, host: &Host, victim: Victim, words: &[&str], moment_ms: u64) {
    let mut agent = host.begin(words);
    thread::sleep(Duration::from_millis(moment_ms));
    if !matches!(victim, Victim::Service) {
        let _ = agent.kill();
    }
    if !matches!(victim, Victim::Agent) {
        storage.server.kill();
        storage.server.start_again();
        storage.await_backend();
    }
    agent.wait().unwrap();
}

/// Has the agent repair what was cut off until it and the service agree; whether the volume is attached then.
fn settled(storage: &Storage, host: &Host, volume: &str, about: &str) -> bool {
    let demo = storage.server.member();
    let mut last = String::new();
    let agreed = wait::poll(SETTLES_WITHIN, || {
        let checked = host.order(&["attach", "check", "--apply"]);
        let status = demo.get(&format!("/volumes/{volume}"))["volume"]["status"].clone();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        last = format!("{status}: {said}{}", String::from_utf8_lossy(&checked.stderr));
        match (status.as_str(), is_attached(host, volume)) {
            (Some("in-use"), true) => Some(true),
            (Some("available"), false) => Some(false),
            _ => None,
        }
    });
    agreed.unwrap_or_else(|| panic!("{about}: service and agent do not agree: {last}"))
}
