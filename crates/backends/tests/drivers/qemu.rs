//! The bytes of qcow2 volumes, reached through QEMU's own programs.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ports::VolumeDriver;
use ports::volume::VolumeRef;
use ports::volume::conformance::Subject;

use crate::fixture::Fixture;

/// The grain of `qemu-img dd` as it is used here.
const BLOCK_BYTES: u64 = 4096;

/// The program that is not there, if one is not.
pub(crate) fn missing() -> Option<&'static str> {
    let there = |program: &&str| Command::new(program).arg("--version").output().is_ok();
    ["qemu-img", "qemu-io"].into_iter().find(|program| !there(program))
}

fn run(program: &str, args: &[&str]) -> io::Result<String> {
    let output = Command::new(program).args(args).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// A backend whose volumes are qcow2 files.
pub(crate) struct Qcow2Fixture(pub(crate) Fixture);

impl Qcow2Fixture {
    fn file(&self, volume: &VolumeRef) -> PathBuf {
        self.0.path().join(format!("volume-{}", volume.id))
    }
}

impl Subject for Qcow2Fixture {
    fn driver(&self) -> &dyn VolumeDriver {
        self.0.driver()
    }

    fn driver_of_next_process(&self) -> Box<dyn VolumeDriver> {
        self.0.driver_of_next_process()
    }

    fn directory(&self) -> Option<&Path> {
        self.0.directory()
    }

    fn write_at(&self, volume: &VolumeRef, bytes: &[u8], offset: u64) -> io::Result<()> {
        let data = tempfile::NamedTempFile::new()?;
        data.as_file().write_all_at(bytes, 0)?;
        let write = format!("write -q -s {} {offset} {}", data.path().display(), bytes.len());
        run("qemu-io", &["-f", "qcow2", "-c", &write, self.file(volume).to_str().unwrap()]).map(drop)
    }

    fn read_at(&self, volume: &VolumeRef, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        assert!(offset.is_multiple_of(BLOCK_BYTES) && len <= BLOCK_BYTES as usize);
        let data = tempfile::NamedTempFile::new()?;
        let from = format!("if={}", self.file(volume).display());
        let to = format!("of={}", data.path().display());
        let (block, skip) = (format!("bs={BLOCK_BYTES}"), offset / BLOCK_BYTES);
        // `count` includes what is skipped.
        let (skip, count) = (format!("skip={skip}"), format!("count={}", skip + 1));
        run("qemu-img", &["dd", "-f", "qcow2", "-O", "raw", &block, &skip, &count, &from, &to])?;
        let mut bytes = vec![0xa5; len];
        data.as_file().read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    fn len(&self, volume: &VolumeRef) -> io::Result<u64> {
        let info =
            run("qemu-img", &["info", "-f", "qcow2", "--output=json", self.file(volume).to_str().unwrap()])?;
        let info: serde_json::Value = serde_json::from_str(&info)?;
        info["virtual-size"].as_u64().ok_or_else(|| io::Error::other("no size"))
    }
}
