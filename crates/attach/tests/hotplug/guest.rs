//! A guest that runs, with a shell.

use std::io::{Read, Write};
use std::ops::{Deref, DerefMut};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;

use attach::hypervisor::{Disk, Hypervisor, Options, Plugged, Qemu, Vm};
use model::VolumeId;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apart::Apart;
use blackbox::console::{Console, PATIENCE};
use blackbox::machine::{Machine, Running};

/// A running guest with one small disk of its own.
pub(crate) struct Guest {
    _child: Running,
    dir: TempDir,
    console: Console,
}

impl Guest {
    pub(crate) fn boot(machine: &Machine) -> Self {
        Self::boot_as(machine, "pc", &[])
    }

    /// A guest on a machine of type `kind`, with further arguments.
    pub(crate) fn boot_as(machine: &Machine, kind: &str, further: &[&str]) -> Self {
        Self::boot_by(machine, kind, |command| {
            command.args(further);
        })
    }

    /// A guest whose QEMU is in the network of a service.
    pub(crate) fn boot_beside(machine: &Machine, service: &Apart) -> Self {
        Self::boot_by(machine, "pc", |command| *command = service.in_network(command))
    }

    /// A guest on a machine of type `kind`, started by the command that `change` makes of the usual one.
    fn boot_by(machine: &Machine, kind: &str, change: impl FnOnce(&mut Command)) -> Self {
        let dir = TempDir::new().unwrap();
        let socket = |name: &str| format!("path={},server=on,wait=off", dir.path().join(name).display());
        let mut command = machine.qemu(kind, &dir.path().join("serial"));
        command.args(["-m", "128", "-append", "console=ttyS0 quiet no_timer_check"]);
        command.arg("-kernel").arg(machine.kernel()).arg("-initrd").arg(machine.initrd());
        command.args([
            "-blockdev",
            "null-co,node-name=own,size=1048576",
            "-device",
            "virtio-blk-pci,drive=own",
        ]);
        for monitor in ["monitor", "witness"] {
            command.args(["-chardev", &format!("socket,id={monitor},{}", socket(monitor))]);
            command.args(["-mon", &format!("chardev={monitor},mode=control")]);
        }
        change(&mut command);
        let mut child = Running::start(&mut command);
        let console = Console::of(&dir.path().join("serial"), || {
            assert!(child.is_running(), "QEMU does not start");
        });
        Self { _child: child, dir, console }
    }

    pub(crate) fn monitor(&self) -> PathBuf {
        self.dir.path().join("monitor")
    }

    pub(crate) fn vm(&self) -> Vm {
        Vm::Qmp(self.monitor())
    }

    pub(crate) fn hypervisor(&self) -> Qemu {
        Qemu::connect(&self.monitor()).unwrap()
    }

    /// Asks QEMU behind the back of what is tested.
    pub(crate) fn ask(&self, command: &str, arguments: &Value) -> Value {
        let mut witness = Witness::of(self);
        witness.ask(command, arguments)
    }

    /// What is in the hypervisor of any volume.
    pub(crate) fn residue(&self) -> Vec<String> {
        let mut witness = Witness::of(self);
        let mut found = Vec::new();
        let of = |list: &Value, key: &str| -> Vec<String> {
            list.as_array().unwrap().iter().filter_map(|item| item[key].as_str().map(str::to_owned)).collect()
        };
        for path in ["/machine/peripheral", "/objects"] {
            found.extend(of(&witness.ask("qom-list", &json!({"path": path})), "name"));
        }
        found.extend(of(&witness.ask("query-named-block-nodes", &json!({"flat": true})), "node-name"));
        found.extend(of(&witness.ask("query-block", &json!({})), "qdev"));
        let ours = |name: &String| {
            !matches!(name.as_str(), "type" | "own" | "pc.ram" | "p1" | "p2" | "s" | "monitor" | "witness")
        };
        found.retain(|name| ours(name) && !name.starts_with("/machine/peripheral-anon/"));
        found
    }

    pub(crate) fn assert_clean(&self, when: &str) {
        assert_eq!(self.residue(), Vec::<String>::new(), "{when}");
    }

    pub(crate) fn plug(&self, disk: &Disk, options: &Options) -> Plugged {
        self.hypervisor().ensure_plugged(disk, options).unwrap()
    }

    pub(crate) fn unplug(&self, volume: VolumeId) {
        self.hypervisor().ensure_unplugged(volume, PATIENCE).unwrap();
    }
}

impl Deref for Guest {
    type Target = Console;

    fn deref(&self) -> &Console {
        &self.console
    }
}

impl DerefMut for Guest {
    fn deref_mut(&mut self) -> &mut Console {
        &mut self.console
    }
}

/// A second session, by the simplest means.
struct Witness {
    stream: UnixStream,
    heard: Vec<u8>,
}

impl Witness {
    fn of(guest: &Guest) -> Self {
        let stream = UnixStream::connect(guest.dir.path().join("witness")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut witness = Self { stream, heard: Vec::new() };
        assert!(witness.line()["QMP"].is_object());
        witness.ask("qmp_capabilities", &json!({}));
        witness
    }

    fn ask(&mut self, command: &str, arguments: &Value) -> Value {
        let order = json!({"execute": command, "arguments": arguments});
        self.stream.write_all(order.to_string().as_bytes()).unwrap();
        loop {
            let mut line = self.line();
            assert!(line.get("error").is_none(), "{command}: {line}");
            if line.get("return").is_some() {
                return line["return"].take();
            }
        }
    }

    fn line(&mut self) -> Value {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let rest = self.heard.split_off(end + 1);
                let line = std::mem::replace(&mut self.heard, rest);
                return serde_json::from_slice(&line).unwrap();
            }
            let mut bytes = [0; 65536];
            let count = self.stream.read(&mut bytes).unwrap();
            assert!(count > 0, "QEMU has gone");
            self.heard.extend_from_slice(&bytes[..count]);
        }
    }
}
