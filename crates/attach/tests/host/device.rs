//! What is looked at from outside: bytes of a device, and what is left of an attachment.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

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

/// What is left below `dir`, or of what was: loop devices, processes, mounts, files.
pub(crate) fn residue(dir: &Path) -> Vec<String> {
    let dir = dir.display().to_string();
    let mut left = Vec::new();
    for entry in fs::read_dir("/sys/block").unwrap().filter_map(Result::ok) {
        let backing = fs::read_to_string(entry.path().join("loop/backing_file")).unwrap_or_default();
        if backing.contains(&dir) {
            left.push(format!("loop {backing}"));
        }
    }
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.starts_with("qemu-storage-daemon") && line.contains(&dir) {
            left.push(format!("process {line}"));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    left.extend(mounts.lines().filter(|line| line.contains(&dir)).map(str::to_owned));
    for place in ["state/attachments", "state/locks", "served"] {
        let entries = fs::read_dir(Path::new(&dir).join(place)).into_iter().flatten();
        left.extend(entries.filter_map(Result::ok).map(|entry| entry.path().display().to_string()));
    }
    left
}
