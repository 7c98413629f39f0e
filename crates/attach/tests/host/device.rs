//! What is looked at from outside: bytes of a device, and what is left of an attachment.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

/// Writes a pattern that tells its place.
pub(crate) fn write(device: &Path, offset: u64, length: usize) {
    let file = fs::OpenOptions::new().write(true).open(device).unwrap();
    file.write_all_at(&pattern(offset, length), offset).unwrap();
    file.sync_all().unwrap();
}

/// Whether the pattern is there.
pub(crate) fn has(device: &Path, offset: u64, length: usize) -> bool {
    let mut bytes = vec![0; length];
    fs::File::open(device).unwrap().read_exact_at(&mut bytes, offset).unwrap();
    bytes == pattern(offset, length)
}

fn pattern(offset: u64, length: usize) -> Vec<u8> {
    (0..length as u64).map(|place| ((offset + place) * 31 % 251) as u8).collect()
}

/// The daemons that serve something below `dir`: their identifiers, and how they were started.
fn daemons(dir: &str) -> Vec<(i32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let program = line.split(' ').next().unwrap_or_default();
        if program.rsplit('/').next() == Some("qemu-storage-daemon") && line.contains(dir) {
            found.push((pid, line));
        }
    }
    found
}

/// Ends what a test that failed has left below `dir`: the loop devices, and the daemons under them.
pub(crate) fn end_all(dir: &Path) {
    let dir = dir.display().to_string();
    for name in loops(&dir).keys() {
        let _ = Command::new("losetup").args(["--detach", &format!("/dev/{name}")]).output();
    }
    for (pid, _) in daemons(&dir) {
        let _ = Command::new("kill").arg(pid.to_string()).output();
    }
}

/// The loop devices over files below `dir`, and their files.
fn loops(dir: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir("/sys/block").unwrap().filter_map(Result::ok);
    let over = entries.filter_map(|entry| {
        let file = fs::read_to_string(entry.path().join("loop/backing_file")).ok()?;
        file.contains(dir).then(|| (entry.file_name().to_string_lossy().into_owned(), file))
    });
    over.collect()
}

/// What is left below `dir`, or of what was: loop devices, processes, mounts, files.
pub(crate) fn residue(dir: &Path) -> Vec<String> {
    let dir = dir.display().to_string();
    let mut left: Vec<String> = loops(&dir).into_values().map(|file| format!("loop {file}")).collect();
    left.extend(daemons(&dir).into_iter().map(|(pid, line)| format!("process {pid}: {line}")));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    left.extend(mounts.lines().filter(|line| line.contains(&dir)).map(str::to_owned));
    for place in ["state/attachments", "state/locks", "served"] {
        let entries = fs::read_dir(Path::new(&dir).join(place)).into_iter().flatten();
        left.extend(entries.filter_map(Result::ok).map(|entry| entry.path().display().to_string()));
    }
    left
}
