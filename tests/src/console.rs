//! The shell of a guest, and what can be learned by it.

use std::fmt::Display;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::wait::poll;

/// How long anything may take. Everything is emulated, on a machine with much else to do.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// The length of a serial number of virtio disks.
const SERIAL_CHARS: usize = 20;

/// A shell on the serial port of a guest.
#[derive(Debug)]
pub struct Console {
    serial: UnixStream,
    heard: String,
    orders: u32,
}

impl Console {
    /// The shell behind `socket`, as soon as the guest is up; `look` is called while it is waited for.
    ///
    /// # Panics
    /// If there is none, or it says nothing.
    pub fn of(socket: &Path, mut look: impl FnMut()) -> Self {
        let serial = poll(PATIENCE, || {
            look();
            UnixStream::connect(socket).ok()
        });
        let mut console = Self { serial: serial.expect("a serial port"), heard: String::new(), orders: 0 };
        console.hear("GUEST-READY");
        console.sh("true");
        console
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
    ///
    /// # Panics
    /// If the guest does not answer.
    pub fn sh(&mut self, command: &str) -> String {
        self.orders += 1;
        let sign = format!("@{}@", self.orders);
        // The sign is written in two parts, so that an echo of the order is not taken for the answer.
        writeln!(self.serial, "{command}; echo @\"{}\"@", self.orders).unwrap();
        self.hear(&sign).trim().to_owned()
    }

    /// Has the guest run a command that it does not come back from.
    ///
    /// # Panics
    /// If the guest is gone.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.serial, "{command}").unwrap();
    }

    /// Where the guest has `volume`, as soon as it has.
    ///
    /// # Panics
    /// If it never has.
    pub fn disk(&mut self, volume: impl Display) -> String {
        let found = poll(PATIENCE, || Some(self.look(&volume)).filter(|name| !name.is_empty()));
        found.expect("the guest sees the disk")
    }

    /// Where the guest has `volume`; empty if it has not.
    ///
    /// # Panics
    /// If the guest does not answer.
    pub fn look(&mut self, volume: impl Display) -> String {
        let serial: String = volume.to_string().chars().take(SERIAL_CHARS).collect();
        let name = self.sh(&format!("grep -l {serial} /sys/block/vd*/serial 2> /dev/null"));
        name.split('/').nth(3).map(|name| format!("/dev/{name}")).unwrap_or_default()
    }

    /// The length of a disk in bytes, as the guest sees it.
    ///
    /// # Panics
    /// If the guest has no such disk.
    pub fn size(&mut self, disk: &str) -> u64 {
        let name = disk.trim_start_matches("/dev/");
        self.sh(&format!("cat /sys/block/{name}/size")).parse::<u64>().unwrap() * 512
    }

    /// Writes a MiB of lines of `mark`, at `mib`.
    ///
    /// # Panics
    /// If the guest cannot.
    pub fn write(&mut self, disk: &str, mark: &str, mib: u32) {
        let (line, to) =
            (line_of(mark), format!("of={disk} bs=1048576 iflag=fullblock seek={mib} conv=fsync"));
        let done = self.sh(&format!("yes {line} | head -c 1048576 | dd {to} 2> /dev/null && echo good"));
        assert_eq!(done, "good", "writing to {disk}");
    }

    /// The sum of the MiB at `mib`.
    ///
    /// # Panics
    /// If the guest does not answer.
    pub fn sum(&mut self, disk: &str, mib: u32) -> String {
        self.sh("echo 3 > /proc/sys/vm/drop_caches");
        let sum = self.sh(&format!("dd if={disk} bs=1048576 skip={mib} count=1 2> /dev/null | sha256sum"));
        sum.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

/// A line of a KiB, without its end.
fn line_of(mark: &str) -> String {
    mark.chars().cycle().take(1023).collect()
}

/// What a MiB of lines of `mark` sums up to.
pub fn sum_of(mark: &str) -> String {
    sum(format!("{}\n", line_of(mark)).repeat(1024).as_bytes())
}

/// The sum of the MiB at `mib` of a file of this host.
///
/// # Panics
/// If it cannot be read.
pub fn sum_at(file: &Path, mib: u64) -> String {
    let mut bytes = vec![0; 1 << 20];
    fs::File::open(file).unwrap().read_exact_at(&mut bytes, mib << 20).unwrap();
    sum(&bytes)
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
