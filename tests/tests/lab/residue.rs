//! What is left of volumes that nobody has any more, wherever a host or a storage node shows it.

use std::fs;

use crate::host::Host;
use crate::printed;
use crate::storage::{GROUP, Storage};

/// What is left of attachments; with `all`, of volumes too.
pub(crate) fn of(storage: &Storage, host: &Host, all: bool) -> Vec<String> {
    let mut left = Vec::new();
    let mut note = |what: &str, lines: Vec<String>| {
        let lines = lines.into_iter().filter(|line| !line.trim().is_empty());
        left.extend(lines.map(|line| format!("{what}: {line}")));
    };
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    note("target", storage.targets());
    note("session", lines(printed("iscsiadm", &["-m", "session"])));
    note("node", lines(printed("iscsiadm", &["-m", "node"])));
    note("multipath", lines(printed("multipath", &["-ll"])));
    let disks = fs::read_dir("/sys/block").unwrap().map(|entry| entry.unwrap().file_name());
    let disks = disks.map(|name| name.to_string_lossy().into_owned());
    note("disk", disks.filter(|name| name.starts_with("sd")).collect());
    for place in ["attachments", "locks", "served"] {
        let entries = fs::read_dir(host.state().join(place)).into_iter().flatten();
        note("file", entries.map(|entry| entry.unwrap().path().display().to_string()).collect());
    }
    if all {
        note("logical volume", storage.logical_volumes());
        let maps = lines(printed("dmsetup", &["ls"]));
        let pool = format!("{0}-{0}--pool", GROUP.replace('-', "--"));
        note(
            "map",
            maps.into_iter().filter(|map| map != "No devices found" && !map.starts_with(&pool)).collect(),
        );
    }
    left
}
