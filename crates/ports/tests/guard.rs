//! The guard, in processes that are really killed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "what is tested here cannot be started through itself")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ports::exec::{Call, Exec, ExecError, guard};
use ports::work::Work;

/// The example `guarded`, which is built along with this test.
fn host() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own.parent().and_then(Path::parent).unwrap();
    target.join("examples/guarded")
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Whether process `pid` still executes something.
fn runs(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(')').map(|(_, rest)| rest.trim_start().starts_with(['Z', 'X'])))
        .is_some_and(|dead| !dead)
}

fn recorded_pid(record: &Path) -> Option<i32> {
    let text = fs::read_to_string(record).ok()?;
    text.ends_with('\n').then(|| text.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn a_guarded_program_runs_like_any_other_and_leaves_no_record() {
    let records = tempfile::tempdir().unwrap();
    let exec = Exec::guarded(host(), records.path().to_owned());
    let call = Call::new("sh").args(["-c", "cat; echo \"$0\" $#; exit 0", "a b", "--", "c"]).stdin("in ");
    let output = exec.run(&Work::new(), &call).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "in a b 2\n");
    let error = exec.run(&Work::new(), &Call::new("false")).unwrap_err();
    assert_eq!(error.to_string(), "false failed (exit status: 1)");
    assert_eq!(entries(records.path()), Vec::<PathBuf>::new());
}

#[test]
fn the_record_is_there_while_the_program_runs() {
    let records = tempfile::tempdir().unwrap();
    let exec = Exec::guarded(host(), records.path().to_owned());
    let call = Call::new("sh").args(["-c", "cat \"$0\"/*; echo $$", records.path().to_str().unwrap()]);
    let output = String::from_utf8(exec.run(&Work::new(), &call).unwrap().stdout).unwrap();
    let (record, pid) = output.trim().split_once('\n').unwrap();
    assert_eq!(record.split(' ').next().unwrap(), pid);
}

#[test]
fn limits_bite() {
    let records = tempfile::tempdir().unwrap();
    let exec = Exec::guarded(host(), records.path().to_owned());
    let limits = Call::new("sh").args(["-c", "ulimit -v; ulimit -t; ulimit -c"]);
    let output = exec.run(&Work::new(), &limits.address_space_bytes(1 << 30).cpu_seconds(7)).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1048576\n7\n0\n");
    let busy = Call::new("sh").args(["-c", "while :; do :; done"]).cpu_seconds(1);
    let error = exec.run(&Work::new(), &busy).unwrap_err();
    assert!(matches!(error, ExecError::Failed { .. }), "{error}");
}

#[test]
fn a_guarded_program_dies_with_the_one_who_wanted_it() {
    let records = tempfile::tempdir().unwrap();
    let mut parent = Command::new(host()).arg(records.path()).args(["sleep", "300"]).spawn().unwrap();
    let pid = || entries(records.path()).first().and_then(|record| recorded_pid(record));
    wait_until("a record", || pid().is_some());
    let pid = pid().unwrap();
    assert!(runs(pid));
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the program ends", || !runs(pid));
    // What the dead one could not tidy away is tidied by the next start, without harm to anyone.
    assert_eq!(Exec::end_orphans(records.path()).unwrap(), []);
    assert_eq!(entries(records.path()), Vec::<PathBuf>::new());
}

fn start_time(pid: i32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(19).unwrap().to_owned()
}

fn sleeper() -> Child {
    Command::new("sleep").arg("300").stdin(Stdio::null()).spawn().unwrap()
}

#[test]
fn an_orphan_is_ended_and_a_namesake_is_not() {
    let records = tempfile::tempdir().unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let boot = boot.trim();
    let (mut orphan, mut later, mut other_boot) = (sleeper(), sleeper(), sleeper());
    let pid = |child: &Child| i32::try_from(child.id()).unwrap();
    let record = |name: &str, text: String| fs::write(records.path().join(name), text).unwrap();
    record("1", format!("{} {} {boot} /bin/sleep\n", pid(&orphan), start_time(pid(&orphan))));
    record("2", format!("{} 1 {boot} /bin/sleep\n", pid(&later)));
    record("3", format!("{} {} not-{boot} sleep\n", pid(&other_boot), start_time(pid(&other_boot))));
    record("4", format!("{} {}", pid(&later), start_time(pid(&later))));
    record("5", String::from("1 1 1 1\n"));

    let ended = Exec::end_orphans(records.path()).unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].pid, ended[0].program.as_str(), ended[0].gone), (pid(&orphan), "/bin/sleep", true));
    assert!(!runs(pid(&orphan)));
    assert!(runs(pid(&later)) && runs(pid(&other_boot)));
    assert_eq!(entries(records.path()), Vec::<PathBuf>::new());
    for child in [&mut orphan, &mut later, &mut other_boot] {
        let _ = child.kill();
        child.wait().unwrap();
    }
}

#[test]
fn a_guard_without_its_parent_does_nothing() {
    let records = tempfile::tempdir().unwrap();
    let record = records.path().join("r");
    let marker = records.path().join("ran");
    let status = Command::new(host())
        .args([guard::SUBCOMMAND, "--parent", "1", "--record"])
        .arg(&record)
        .args(["--", "/usr/bin/touch"])
        .arg(&marker)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(guard::EXIT_STATUS.into()));
    assert!(!record.exists() && !marker.exists());
}
