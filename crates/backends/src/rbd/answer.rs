//! What Ceph's programs say when something failed: the number of an error of the system, in brackets or as their own exit
//! status.

use std::io;

use ports::DriverError;
use ports::exec::{ExecError, guard};
use rustix::io::Errno;

/// The failure of a call that was about `what`.
pub(super) fn told(error: ExecError, what: &dyn Fn() -> String) -> DriverError {
    let number = match &error {
        // `rbd` ends with the number, `rados` with 1 whatever it was.
        ExecError::Failed { stderr, status, .. } => {
            number(stderr).or(status.code().filter(|code| (2..guard::EXIT_STATUS.into()).contains(code)))
        }
        _ => None,
    };
    let Some(number) = number else { return error.into() };
    match Errno::from_raw_os_error(number) {
        Errno::NOENT => DriverError::Missing { what: what() },
        Errno::BUSY | Errno::NOTEMPTY => {
            DriverError::Busy { what: what(), by: "another client of Ceph".to_owned() }
        }
        Errno::PERM | Errno::ACCESS | Errno::ROFS => DriverError::Refused(error.to_string()),
        Errno::NOSPC | Errno::DQUOT => {
            DriverError::Io { what: what(), source: io::ErrorKind::StorageFull.into() }
        }
        errno => DriverError::Io { what: error.to_string(), source: errno.into() },
    }
}

/// The last number in brackets before a word.
fn number(stderr: &str) -> Option<i32> {
    stderr.rsplit('(').find_map(|rest| {
        let (number, behind) = rest.split_once(") ")?;
        let number: i32 = number.parse().ok()?;
        (number > 0 && behind.starts_with(|first: char| first.is_ascii_uppercase())).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_error_is_found() {
        for (stderr, expected) in [
            (" error stat-ing volumes/nope: (2) No such file or directory\n", Some(2)),
            (
                "2026-11-21T17:59 7f -1 asok(0x56) failed (17) File exists\nerror putting a: (90) Message too long",
                Some(90),
            ),
            ("rbd: error opening image x: (2) No such file or directory", Some(2)),
            ("asok(0x56303a8c01c0) AdminSocketConfigObs::init", None),
            ("", None),
            ("(-5) Odd", None),
            ("(99999999999) Odd", None),
        ] {
            assert_eq!(number(stderr), expected, "{stderr}");
        }
    }
}
