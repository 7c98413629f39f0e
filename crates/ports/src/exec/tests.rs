#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use super::*;

fn sh(script: &str) -> Call {
    Call::new("sh").arg("-c").arg(script)
}

fn run(call: &Call) -> Result<Output, ExecError> {
    Exec::direct().run(&Work::new(), call)
}

#[test]
fn captures_what_is_printed_and_feeds_what_is_read() {
    let text = "x".repeat(1 << 20);
    let output = run(&sh("cat; echo done >&2").stdin(text.clone())).unwrap();
    assert_eq!(output.stdout, text.as_bytes());
    assert_eq!(output.stderr, b"done\n");
    assert_eq!(run(&sh("cat")).unwrap().stdout, b"");
}

#[test]
fn arguments_are_not_interpreted() {
    let output = run(&Call::new("printf").args(["%s|", "a b", "$HOME; id", "*"])).unwrap();
    assert_eq!(output.stdout, b"a b|$HOME; id|*|");
}

#[test]
fn the_environment_is_ours() {
    let output = String::from_utf8(run(&Call::new("env")).unwrap().stdout).unwrap();
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["LC_ALL=C", &format!("PATH={SEARCH_PATH}")]);
}

#[test]
fn a_program_that_is_not_there_is_named() {
    for program in ["no-such-program", "/no/such/program", "./sh", "bin/sh", "", "/etc/passwd"] {
        let error = run(&Call::new(program)).unwrap_err();
        assert!(matches!(error, ExecError::NotFound { .. }), "{program}: {error}");
    }
    let error = run(&Call::new("no-such-program")).unwrap_err();
    assert_eq!(error.to_string(), "no-such-program is not installed");
}

#[test]
fn a_failure_is_one_line_with_the_last_words() {
    let error = run(&sh("echo first >&2; printf 'last\\033[1m\\n\\n' >&2; exit 3")).unwrap_err();
    assert_eq!(error.to_string(), "sh failed (exit status: 3): first; last [1m");
    let error = run(&sh("kill -9 $$")).unwrap_err();
    assert_eq!(error.to_string(), "sh failed (signal: 9 (SIGKILL))");
}

#[test]
fn time_is_limited_for_the_whole_family() {
    let started = Instant::now();
    let call = sh("sleep 30 & sleep 30").time_limit(Duration::from_millis(200));
    let error = run(&call).unwrap_err();
    assert!(matches!(error, ExecError::TimedOut { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_a_program_leaves_running_does_not_hold_us_up() {
    let started = Instant::now();
    let pid = run(&sh("sleep 30 & echo $!")).unwrap().stdout;
    assert!(started.elapsed() < Duration::from_secs(5));
    let pid: i32 = String::from_utf8(pid).unwrap().trim().parse().unwrap();
    while record::start_ticks(pid).is_some() {
        assert!(started.elapsed() < Duration::from_secs(5), "{pid} still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn work_that_is_called_off_ends_the_program() {
    let work = Work::new();
    let theirs = work.clone();
    let caller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        theirs.call_off();
    });
    let started = Instant::now();
    let error = Exec::direct().run(&work, &Call::new("sleep").arg("30")).unwrap_err();
    caller.join().unwrap();
    assert!(matches!(error, ExecError::CalledOff { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn output_is_limited() {
    let error = run(&Call::new("cat").arg("/dev/zero")).unwrap_err();
    assert!(matches!(error, ExecError::Flooded { .. }), "{error}");
    let noisy = run(&sh("head -c 1000000 /dev/zero >&2; printf end >&2")).unwrap();
    assert_eq!(noisy.stderr.len(), MAX_STDERR_BYTES);
    assert!(noisy.stderr.ends_with(b"\0end"));
}
