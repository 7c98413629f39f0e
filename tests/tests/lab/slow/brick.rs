//! Attaching beside os-brick, where it lies in the share: `pip install --target target/lab-share/os-brick os-brick`, for the
//! guest's Python.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::figures::{ROUNDS, say, timed};
use crate::host::{Host, INITIATOR};
use crate::storage::{Kind, Storage};

/// Where it lies.
const PLACE: &str = "/share/os-brick";
/// Connects once as Nova does, in a process that runs already. Reads how, prints how long each way took, in seconds.
const PROGRAM: &str = r"
import json, sys, time
from os_brick import privileged
from os_brick.initiator import connector
privileged.default.set_client_mode(False)
info = json.load(sys.stdin)
it = connector.InitiatorConnector.factory(info['driver_volume_type'].upper(), None, use_multipath=False)
begun = time.monotonic()
device = it.connect_volume(info)
there = time.monotonic()
open(device['path'], 'rb').read(512)
done = time.monotonic()
it.disconnect_volume(info, device)
print(json.dumps([there - begun, time.monotonic() - done]))
";

#[test]
fn os_brick_on_the_same_volume() {
    if !Path::new(PLACE).exists() {
        println!("skipped: there is no os-brick in the share");
        return;
    }
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member().at(Some("3.54")), Host::new(&storage.server));
    let volume = demo.make_volume(json!({"size": 1}));
    let mut figures = [const { Vec::new() }; 4];
    let [ours, ours_off, theirs, theirs_off] = &mut figures;
    let connector =
        json!({"connector": {"initiator": INITIATOR, "host": "lab", "ip": "127.0.0.1", "multipath": false}});
    for _ in 0..ROUNDS {
        timed(ours, || host.attach(&volume));
        timed(ours_off, || host.detach(&volume));

        let asked = json!({"attachment": {"volume_uuid": volume, "mode": "rw"}});
        let made = demo.post("/attachments", &asked).expect(200).json();
        let path = format!("/attachments/{}", made["attachment"]["id"].as_str().unwrap());
        let offered = demo.put(&path, &json!({ "attachment": connector })).expect(200).json();
        let [on, off] = by_os_brick(&offered["attachment"]["connection_info"]);
        theirs.push(on);
        theirs_off.push(off);
        demo.delete(&path).expect(200);
        demo.await_volume(&volume, "available");
    }
    demo.remove(&format!("/volumes/{volume}"));
    let names = [
        "besser attach",
        "besser detach",
        "os-brick, connect_volume alone",
        "os-brick, disconnect_volume alone",
    ];
    names.into_iter().zip(figures).for_each(|(name, taken_s)| say(name, taken_s));
}

fn by_os_brick(info: &Value) -> [f64; 2] {
    let mut command = Command::new("python3");
    command.args(["-c", PROGRAM]).env("PYTHONPATH", PLACE).env("OSLO_LOCK_PATH", "/tmp");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(info.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
