//! Many attachments at once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use blackbox::people;
use serde_json::json;

use crate::host::Host;
use crate::residue;
use crate::storage::{Kind, Storage};

const MANY: usize = 50;
/// How many commands run at the same time: each logs in with its password, and the guest has one processor.
const HANDS: usize = 10;

#[test]
fn fifty_volumes_are_attached_and_detached_at_once() {
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    people::lift_quotas(&storage.server.admin(), &demo.project_id);
    let volumes: Vec<String> = (0..MANY).map(|_| demo.ask_volume(json!({"size": 1}))).collect();
    for volume in &volumes {
        demo.await_volume(volume, "available");
    }
    let devices: BTreeSet<PathBuf> =
        by_many_hands("attach", &volumes, |volume| host.attach(volume)).into_iter().collect();
    assert_eq!(devices.len(), MANY);
    by_many_hands("detach", &volumes, |volume| host.detach(volume));
    assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new());
    for volume in &volumes {
        demo.remove(&format!("/volumes/{volume}"));
    }
    assert_eq!(residue::of(&storage, &host, true), Vec::<String>::new());
}

/// Does the same to all volumes, to [`HANDS`] of them at any time; what came of it.
fn by_many_hands<T: Send>(what: &str, volumes: &[String], work: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let (begun, left, done) = (Instant::now(), Mutex::new(volumes.iter()), Mutex::new(Vec::new()));
    let next = || left.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                while let Some(volume) = next() {
                    let one = work(volume);
                    done.lock().unwrap().push(one);
                }
            });
        }
    });
    println!("{what} of {MANY}, {HANDS} at any time: {:.1} s", begun.elapsed().as_secs_f64());
    done.into_inner().unwrap()
}
