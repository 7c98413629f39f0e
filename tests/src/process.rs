//! Processes as `/proc` shows them.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Memory of a process, in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Resident now (`VmRSS`).
    pub resident_kib: u64,
    /// The most that was ever resident (`VmHWM`).
    pub peak_kib: u64,
}

/// The memory of `pid` alone; nothing if it is gone.
pub fn memory(pid: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(Memory { resident_kib: field("VmRSS:")?, peak_kib: field("VmHWM:")? })
}

/// Has the peak of `pid` counted from now on (proc(5), `clear_refs`); whether that is allowed here.
pub fn forget_peak(pid: u32) -> bool {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok()
}

/// The CPU time that `pid` and the children it has waited for have used, user and system together.
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let fields = stat(pid)?;
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), counted here from the third.
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    let per_second = rustix::param::clock_ticks_per_second();
    Some(Duration::from_millis(ticks * 1000 / per_second.max(1)))
}

/// The processes that descend from `pid`, nearest first, without `pid` itself.
pub fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> =
        all().into_iter().filter_map(|child| Some((child, parent(child)?))).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&ancestor) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| *parent == ancestor).map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

/// Processes, other than this one and `except`, that work on something below `directory`: named in their arguments, their
/// working directory, or an open file. Each comes with its arguments.
pub fn working_below(directory: &Path, except: &[u32]) -> Vec<(u32, String)> {
    let me = std::process::id();
    let strangers = all().into_iter().filter(|pid| *pid != me && !except.contains(pid));
    strangers.filter(|pid| is_below(*pid, directory)).map(|pid| (pid, arguments(pid))).collect()
}

fn is_below(pid: u32, directory: &Path) -> bool {
    if is_zombie(pid) {
        return false;
    }
    let links =
        fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut links = links.chain([format!("/proc/{pid}/cwd").into()]);
    let named = arguments(pid).contains(&*directory.to_string_lossy());
    named || links.any(|link| fs::read_link(link).is_ok_and(|target| target.starts_with(directory)))
}

fn arguments(pid: u32) -> String {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&raw).replace('\0', " ").trim_end().to_owned()
}

fn is_zombie(pid: u32) -> bool {
    stat(pid).is_none_or(|fields| fields.first().is_some_and(|state| state == "Z"))
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1)?.parse().ok()
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The fields of `/proc/PID/stat` from the third on: the second, the name, may hold anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
