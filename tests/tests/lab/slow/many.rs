//! Many attachments at once.

use std::collections::BTreeSet;
use std::thread;
use std::time::Instant;

use serde_json::json;

use crate::host::Host;
use crate::residue;
use crate::storage::{Kind, Storage};

const MANY: usize = 50;
/// How often who finds the service too busy asks again: each has to log in first, and the guest has one processor.
const TRIES: usize = 5;

#[test]
fn fifty_volumes_are_attached_and_detached_at_once() {
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    let volumes: Vec<String> = (0..MANY).map(|_| demo.ask_volume(json!({"size": 1}))).collect();
    for volume in &volumes {
        demo.await_volume(volume, "available");
    }
    all_at_once(&host, "attach", &volumes);
    let devices: BTreeSet<_> = volumes.iter().map(|volume| host.attach(volume)).collect();
    assert_eq!(devices.len(), MANY);
    all_at_once(&host, "detach", &volumes);
    assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new());
    for volume in &volumes {
        demo.remove(&format!("/volumes/{volume}"));
    }
    assert_eq!(residue::of(&storage, &host, true), Vec::<String>::new());
}

/// Does the same to all volumes at the same time. Nobody is refused; who got no answer in time is nowhere in between, and
/// asks again.
fn all_at_once(host: &Host, verb: &str, volumes: &[String]) {
    let (begun, mut left) = (Instant::now(), volumes.to_vec());
    for _ in 0..TRIES {
        left = thread::scope(|scope| {
            let agents: Vec<_> =
                left.iter().map(|id| (id, scope.spawn(move || host.ends(&[verb, id])))).collect();
            let ended = agents.into_iter().map(|(id, agent)| (id, agent.join().unwrap()));
            let late = ended.filter(|(_, (done, _))| !done).inspect(|(_, (_, said))| {
                assert!(said.contains("timeout"), "{verb}: {said}");
            });
            late.map(|(id, _)| id.clone()).collect()
        });
        if left.is_empty() {
            println!("{verb} of {MANY} at once: {:.1} s", begun.elapsed().as_secs_f64());
            return;
        }
    }
    panic!("{verb}: {} of {MANY} found the service too busy {TRIES} times", left.len());
}
