//! Hashing borrows 19 MiB and gives them back. Alone in its process, as it measures the process.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![cfg(target_os = "linux")]

use auth::password;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn hashing_leaves_nothing_resident() {
    let before = resident_kib();
    let stored = password::hash("warm up").unwrap();
    for _ in 0..4 {
        assert!(password::verify("warm up", Some(&stored)));
        assert!(!password::verify("warm up", None));
    }
    let kept = resident_kib().saturating_sub(before);
    assert!(kept < 4 * 1024, "{kept} KiB stayed resident");
}
