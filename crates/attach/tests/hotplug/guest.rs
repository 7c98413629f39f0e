//! A guest that runs, with a shell.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use attach::hypervisor::{Disk, Hypervisor, Options, Plugged, Qemu, Vm};
use blackbox::wait::poll;
use model::VolumeId;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::machine::{Machine, Running};

/// How long anything may take. Everything is emulated, on a machine with much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The length of a serial number of virtio disks.
const SERIAL_CHARS: usize = 20;

/// A running guest with one small disk of its own.
pub(crate) struct Guest {
    _child: Running,
    dir: TempDir,
    serial: UnixStream,
    heard: String,
    orders: u32,
}

impl Guest {
    pub(crate) fn boot(machine: &Machine) -> Self {
        Self::boot_as(machine, "pc", &[])
    }

    /// A guest on a machine of type `kind`, with further arguments.
    pub(crate) fn boot_as(machine: &Machine, kind: &str, further: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let socket = |name: &str| format!("path={},server=on,wait=off", dir.path().join(name).display());
        let mut command = machine.program("qemu-system-x86_64");
        command.args(["-M", &format!("{kind},accel=tcg"), "-cpu", "max", "-m", "128", "-display", "none"]);
        command.args(["-nodefaults", "-no-reboot", "-append", "console=ttyS0 quiet"]);
        command.arg("-L").arg(machine.root().join("usr/share/qemu"));
        command.arg("-L").arg(machine.root().join("usr/share/seabios"));
        command.arg("-kernel").arg(machine.kernel()).arg("-initrd").arg(machine.initrd());
        command.args([
            "-blockdev",
            "null-co,node-name=own,size=1048576",
            "-device",
            "virtio-blk-pci,drive=own",
        ]);
        command.args(["-chardev", &format!("socket,id=s,{}", socket("serial")), "-serial", "chardev:s"]);
        for monitor in ["monitor", "witness"] {
            command.args(["-chardev", &format!("socket,id={monitor},{}", socket(monitor))]);
            command.args(["-mon", &format!("chardev={monitor},mode=control")]);
        }
        command.args(further).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = Running::start(&mut command);
        let serial = poll(PATIENCE, || {
            assert!(child.is_running(), "QEMU does not start");
            UnixStream::connect(dir.path().join("serial")).ok()
        });
        let serial = serial.expect("a serial port");
        let mut guest = Self { _child: child, dir, serial, heard: String::new(), orders: 0 };
        guest.hear("GUEST-READY");
        guest.sh("true");
        guest
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

    /// Reads until `sign`; what came before it.
    fn hear(&mut self, sign: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some((before, after)) = self.heard.split_once(sign) {
                let before = before.to_owned();
                self.heard = after.to_owned();
                return before;
            }
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.serial.set_read_timeout(Some(left)).unwrap();
            let mut bytes = [0; 4096];
            let count = self.serial.read(&mut bytes).unwrap_or_default();
            assert!(count > 0, "the guest did not say {sign}: {}", self.heard);
            self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    /// Has the guest run a command; what it prints.
    pub(crate) fn sh(&mut self, command: &str) -> String {
        self.orders += 1;
        let sign = format!("@{}@", self.orders);
        // The sign is written in two parts, so that an echo of the order is not taken for the answer.
        writeln!(self.serial, "{command}; echo @\"{}\"@", self.orders).unwrap();
        self.hear(&sign).trim().to_owned()
    }

    /// Where the guest has `volume`, as soon as it has.
    pub(crate) fn disk(&mut self, volume: VolumeId) -> String {
        let found = poll(PATIENCE, || Some(self.look(volume)).filter(|name| !name.is_empty()));
        found.expect("the guest sees the disk")
    }

    /// Where the guest has `volume`; empty if it has not.
    pub(crate) fn look(&mut self, volume: VolumeId) -> String {
        let serial: String = volume.to_string().chars().take(SERIAL_CHARS).collect();
        let name = self.sh(&format!("grep -l {serial} /sys/block/vd*/serial 2> /dev/null"));
        name.split('/').nth(3).map(|name| format!("/dev/{name}")).unwrap_or_default()
    }

    /// The length of a disk in bytes, as the guest sees it.
    pub(crate) fn size(&mut self, disk: &str) -> u64 {
        let name = disk.trim_start_matches("/dev/");
        self.sh(&format!("cat /sys/block/{name}/size")).parse::<u64>().unwrap() * 512
    }

    /// Writes a MiB of lines of `mark`, at `mib`.
    pub(crate) fn write(&mut self, disk: &str, mark: &str, mib: u32) {
        let (line, to) =
            (line_of(mark), format!("of={disk} bs=1048576 iflag=fullblock seek={mib} conv=fsync"));
        let done = self.sh(&format!("yes {line} | head -c 1048576 | dd {to} 2> /dev/null && echo good"));
        assert_eq!(done, "good", "writing to {disk}");
    }

    /// The sum of the MiB at `mib`.
    pub(crate) fn sum(&mut self, disk: &str, mib: u32) -> String {
        self.sh("echo 3 > /proc/sys/vm/drop_caches");
        let sum = self.sh(&format!("dd if={disk} bs=1048576 skip={mib} count=1 2> /dev/null | sha256sum"));
        sum.split_whitespace().next().unwrap_or_default().to_owned()
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

/// A line of a KiB, without its end.
fn line_of(mark: &str) -> String {
    mark.chars().cycle().take(1023).collect()
}

/// What a MiB of lines of `mark` sums up to.
pub(crate) fn sum_of(mark: &str) -> String {
    sum(format!("{}\n", line_of(mark)).repeat(1024).as_bytes())
}

/// The sum of the MiB at `mib` of a file of this host.
pub(crate) fn sum_at(file: &Path, mib: u64) -> String {
    let mut bytes = vec![0; 1 << 20];
    fs::File::open(file).unwrap().read_exact_at(&mut bytes, mib << 20).unwrap();
    sum(&bytes)
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
