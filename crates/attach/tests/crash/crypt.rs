//! cryptsetup, as far as it is asked: a container on a disk, and its content as a map.

use std::fs;

use attach::machine::{Machine, Program};
use serde_json::{Value, json};

use crate::host::{BYTES, PlayedHost};
use crate::support::PASSPHRASE;

/// Where the content shows.
const MAP: [&str; 2] = ["sys/block/dm-1", "sys/class/block/dm-1"];
/// Where it is noted that there is a container.
const CONTAINER: &str = "container";
const HEADER_BYTES: u64 = 2 << 20;

/// What a service says of an encrypted volume.
pub(crate) fn offer() -> Value {
    let mut offer = PlayedHost::iscsi(&["192.0.2.1:3260"]);
    offer["encrypted"] = json!(true);
    offer
}

/// What cryptsetup answers.
pub(crate) fn cryptsetup(host: &PlayedHost, program: &Program, args: &[&str]) -> i32 {
    assert!(!program.args.iter().any(|arg| arg.contains(PASSPHRASE)), "{program:?}");
    let is_told = program.input == Some(attach::hypervisor::Passphrase::new(PASSPHRASE.into()));
    let node = format!("dev/mapper/{}", args.last().unwrap());
    match args[0] {
        "isLuks" => i32::from(!host.at(CONTAINER).exists()),
        "luksFormat" if is_told => {
            host.write(CONTAINER, "");
            0
        }
        "open" if is_told && host.at(CONTAINER).exists() && !host.at(MAP[0]).exists() => {
            host.write(&format!("{}/dm/name", MAP[0]), args.last().unwrap());
            host.write(&format!("{}/size", MAP[1]), &((BYTES - HEADER_BYTES) / 512).to_string());
            host.write(&node, "");
            0
        }
        "close" if host.at(&node).exists() => {
            MAP.iter().for_each(|dir| fs::remove_dir_all(host.at(dir)).unwrap());
            fs::remove_dir_all(host.at("dev/mapper")).unwrap();
            0
        }
        _ => 2,
    }
}
