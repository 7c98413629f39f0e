//! A machine that is played: as much of QEMU's monitor as plugging a disk asks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use attach::hypervisor::Vm;
use serde_json::{Value, json};

use crate::host::BYTES;

const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#;

/// A machine, until its socket is removed.
pub(crate) struct PlayedMachine {
    socket: PathBuf,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    /// Nodes, and the file that each is on.
    nodes: BTreeMap<String, (PathBuf, bool)>,
    /// Disks, and the node that each is made of.
    disks: BTreeMap<String, String>,
    objects: Vec<String>,
}

impl PlayedMachine {
    /// One whose monitor is at `socket`.
    pub(crate) fn start(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let theirs = Arc::clone(&inside);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &theirs);
            }
        });
        Self { socket: socket.to_owned(), inside }
    }

    pub(crate) fn vm(&self) -> Vm {
        Vm::Qmp(self.socket.clone())
    }

    /// The file that its one disk is on, if it has one that is still there.
    pub(crate) fn disk(&self) -> Option<PathBuf> {
        let inside = self.inside.lock().unwrap();
        assert!(inside.disks.len() <= 1 && inside.nodes.len() <= 1 && inside.objects.is_empty());
        let (file, _) = inside.nodes.get(inside.disks.values().next()?)?;
        Some(file.clone()).filter(|file| file.exists())
    }

    /// Takes its disk away behind everybody's back.
    pub(crate) fn lose_disk(&self) {
        *self.inside.lock().unwrap() = Inside::default();
    }
}

fn serve(stream: &UnixStream, inside: &Mutex<Inside>) {
    let say = |line: String| {
        let mut stream = stream;
        let _ = stream.write_all(format!("{line}\r\n").as_bytes());
    };
    say(GREETING.to_owned());
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let order: Value = serde_json::from_str(&line).unwrap();
        let (command, asked) = (order["execute"].as_str().unwrap(), &order["arguments"]);
        match inside.lock().unwrap().answer(command, asked) {
            Ok(answer) => say(json!({"return": answer, "id": order["id"]}).to_string()),
            Err(why) => {
                say(json!({"error": {"class": "GenericError", "desc": why}, "id": order["id"]}).to_string());
            }
        }
        if command == "device_del" {
            say(json!({"event": "DEVICE_DELETED", "data": {"device": asked["id"]}}).to_string());
        }
    }
}

impl Inside {
    fn answer(&mut self, command: &str, asked: &Value) -> Result<Value, String> {
        let text = |key: &str| asked[key].as_str().unwrap().to_owned();
        let named = |key: &str, names: Vec<&String>| {
            names.into_iter().map(|name| json!({ key: name })).collect::<Vec<_>>()
        };
        Ok(match command {
            "qom-list" if text("path") == "/objects" => json!(named("name", self.objects.iter().collect())),
            "qom-list" => json!(named("name", self.disks.keys().collect())),
            "query-named-block-nodes" => json!(named("node-name", self.nodes.keys().collect())),
            "query-pci" | "query-jobs" => json!([]),
            "query-block" => self
                .disks
                .iter()
                .map(|(disk, node)| {
                    let read_only = self.nodes[node].1;
                    json!({
                        "qdev": format!("/machine/peripheral/{disk}/virtio-backend"),
                        "inserted": {"ro": read_only, "image": {"virtual-size": BYTES}},
                    })
                })
                .collect(),
            "blockdev-add" => {
                let file = PathBuf::from(asked["file"]["filename"].as_str().unwrap());
                if !file.exists() {
                    return Err(format!("Could not open {file:?}"));
                }
                let read_only = asked["read-only"].as_bool().unwrap();
                self.nodes.insert(text("node-name"), (file, read_only));
                json!({})
            }
            "blockdev-del" => {
                self.nodes.remove(&text("node-name")).ok_or("no such node")?;
                json!({})
            }
            "device_add" => {
                self.disks.insert(text("id"), text("drive"));
                json!({})
            }
            "device_del" => {
                self.disks.remove(&text("id")).ok_or("Device not found")?;
                json!({})
            }
            "qmp_capabilities" | "block_resize" => json!({}),
            other => panic!("{other}"),
        })
    }
}
