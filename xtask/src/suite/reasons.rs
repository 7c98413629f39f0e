//! Why tests failed, in their own words, so that the end of a run says it too.

/// The line of a test's output that a panic begins with; its message follows.
const PANICKED: &str = " panicked at ";
/// Most lines of a panic's message that are repeated.
const MAX_LINES: usize = 12;

/// The tests that failed, each with what it said in its panic. Understands libtest and nextest.
pub(crate) fn of(lines: &[String]) -> Vec<String> {
    let mut told = Vec::new();
    for name in failed(lines) {
        let line = match message(lines, name) {
            Some(why) => format!("{name}: {why}"),
            None => name.to_owned(),
        };
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

/// The names in libtest's lists of failures, and after nextest's summary.
fn failed(lines: &[String]) -> Vec<&str> {
    let mut names = Vec::new();
    let (mut in_list, mut after_summary) = (false, false);
    for line in lines {
        after_summary |= line.trim_start().starts_with("Summary [");
        match line.strip_prefix("    ") {
            Some(name) if in_list && !name.contains(' ') => names.push(name),
            Some(status) if after_summary => names.extend(of_status(status)),
            _ => in_list = line == "failures:" || (in_list && line.is_empty()),
        }
    }
    names
}

/// The test in `    FAIL [   0.286s] (68/72) blackbox::suite policies::a_reader`.
fn of_status(line: &str) -> Option<&str> {
    let (status, rest) = line.trim_start().split_once(" [")?;
    let is_failure = status != "Summary" && !status.starts_with("FLAKY");
    rest.contains(']').then(|| rest.rsplit(' ').next()).flatten().filter(|_| is_failure)
}

/// What the test said when it panicked: `thread 'name' (7) panicked at place:`, the message, and a note or an empty line.
fn message(lines: &[String], name: &str) -> Option<String> {
    let thread = format!("thread '{name}'");
    let is_panic = |line: &String| line.trim_start().starts_with(&thread) && line.contains(PANICKED);
    let begin = lines.iter().position(is_panic)?;
    let of_message = lines[begin + 1..].iter().map(|line| line.trim());
    let is_over =
        |line: &str| line.is_empty() || line.starts_with("note: ") || line.starts_with("test result: ");
    let message: Vec<_> = of_message.take_while(|line| !is_over(line)).take(MAX_LINES).collect();
    Some(message.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_libtest_says_is_found() {
        let printed = lines(
            "test lvm::thick ...   1.21 s  a check
thread 'lvm::thick' (838) panicked at crates/backends/tests/lab/lvm.rs:55:5:
one: remove_volume: the device is busy
two: 3 swept of 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
FAILED
test lvm::thin ... ok

failures:

failures:
    lvm::thick
    lvm::silent

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        );
        let told = ["lvm::thick: one: remove_volume: the device is busy; two: 3 swept of 4", "lvm::silent"];
        assert_eq!(of(&printed), told);
    }

    #[test]
    fn what_nextest_says_is_found() {
        let printed = lines(
            "        FAIL [   0.286s] (1/2) api::volumes show::a_reader
  stderr ───

    thread 'show::a_reader' (7) panicked at crates/api/tests/volumes/show.rs:9:5:
    assertion `left == right` failed
      left: 200
     right: 404
    note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

        PASS [   0.100s] (2/2) api::volumes show::another
────────────
     Summary [   0.400s] 2 tests run: 1 passed, 1 failed, 0 skipped
        FAIL [   0.286s] (1/2) api::volumes show::a_reader
error: test run failed",
        );
        let told = ["show::a_reader: assertion `left == right` failed; left: 200; right: 404"];
        assert_eq!(of(&printed), told);
        assert_eq!(of(&lines("test result: ok. 3 passed; 0 failed")), Vec::<String>::new());
    }
}
