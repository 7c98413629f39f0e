//! How the run of a program can go wrong.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// Most characters of a program's last words in a message.
const MAX_SHOWN_CHARS: usize = 400;

/// A program that did not end well.
#[derive(Debug, Error)]
pub enum ExecError {
    /// There is no such program on this machine.
    #[error("{program} is not installed")]
    NotFound {
        /// Its name.
        program: String,
    },
    /// The system did not start it, or could not watch it.
    #[error("{program} could not be started")]
    Spawn {
        /// Its name.
        program: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// It did not end in time, and was ended.
    #[error("{program} did not end within {limit:?}")]
    TimedOut {
        /// Its name.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It printed more than anything that we ask for, and was ended.
    #[error("{program} printed more than {limit_bytes} bytes")]
    Flooded {
        /// Its name.
        program: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// It ended and said that it failed, or a signal ended it.
    #[error("{program} failed ({status}){}", last_words(stderr))]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The last of what it printed to standard error.
        stderr: String,
    },
    /// The work that it was for was called off, and it was ended.
    #[error("{program} was called off")]
    CalledOff {
        /// Its name.
        program: String,
    },
}

/// The end of `stderr` as part of one line: printable, bounded, lines joined.
fn last_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line: Vec<char> = lines.join("; ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.len() {
        0 => String::new(),
        len if len <= MAX_SHOWN_CHARS => format!(": {}", line.iter().collect::<String>()),
        len => format!(": …{}", line[len - MAX_SHOWN_CHARS..].iter().collect::<String>()),
    }
}
