//! The guard: the first moments of every external program.
//!
//! Between its birth and its first instruction a program must be tied to us (it dies when we die), limited, and
//! recorded. None of that can be done from outside without a moment in which it is forgotten, or from inside without
//! code that runs between `fork` and `exec`. So our own executable is started first, does it, and becomes the program.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};

use super::Call;
use super::record::Record;

/// The hidden sub-command under which the executable must call [`main`].
pub const SUBCOMMAND: &str = "exec-guard";
/// The exit status of a guard that could not become its program.
pub const EXIT_STATUS: u8 = 125;

/// What stands before the program's own arguments.
pub(super) fn arguments(call: &Call, program: &Path, record: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![SUBCOMMAND.into(), "--record".into(), record.into()];
    let mut number = |option: &str, value: u64| {
        arguments.extend([option.into(), value.to_string().into()]);
    };
    number("--parent", std::process::id().into());
    if let Some(bytes) = call.address_space_bytes {
        number("--limit-as", bytes);
    }
    if let Some(seconds) = call.cpu_seconds {
        number("--limit-cpu", seconds);
    }
    arguments.extend(["--".into(), program.into()]);
    arguments
}

/// Becomes the program that `arguments` (those after [`SUBCOMMAND`]) name. Returns only when that fails, with the
/// exit code to end with; the reason is on standard error.
#[must_use]
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let failure = match Orders::parse(arguments) {
        Ok(orders) => orders.follow(),
        Err(failure) => failure,
    };
    eprintln!("{SUBCOMMAND}: {failure}");
    ExitCode::from(EXIT_STATUS)
}

/// Why a guard did not become its program.
enum Failure {
    Usage(&'static str),
    ParentGone,
    System(&'static str, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(f, "not started by the service: {what}"),
            Self::ParentGone => f.write_str("the service that wanted the program is gone"),
            Self::System(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

/// The guard's arguments.
struct Orders {
    record: PathBuf,
    parent: Pid,
    address_space_bytes: Option<u64>,
    cpu_seconds: Option<u64>,
    program: PathBuf,
    args: Vec<OsString>,
}

impl Orders {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, Failure> {
        let (mut record, mut parent, mut address_space_bytes, mut cpu_seconds) = (None, None, None, None);
        loop {
            let option = arguments.next().ok_or(Failure::Usage("no program"))?;
            if option == "--" {
                break;
            }
            let value = arguments.next().ok_or(Failure::Usage("an option without a value"))?;
            let number = value.to_str().and_then(|text| text.parse::<u64>().ok());
            match option.to_str() {
                Some("--record") => record = Some(PathBuf::from(value)),
                Some("--parent") => parent = number,
                Some("--limit-as") => address_space_bytes = number,
                Some("--limit-cpu") => cpu_seconds = number,
                _ => return Err(Failure::Usage("an unknown option")),
            }
        }
        let parent = parent.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        Ok(Self {
            record: record.ok_or(Failure::Usage("no --record"))?,
            parent: parent.ok_or(Failure::Usage("no --parent"))?,
            address_space_bytes,
            cpu_seconds,
            program: arguments.next().ok_or(Failure::Usage("no program"))?.into(),
            args: arguments.collect(),
        })
    }

    /// Becomes the program; returns why not.
    fn follow(self) -> Failure {
        match self.prepare() {
            Ok(()) => Failure::System("exec", self.become_program()),
            Err(failure) => failure,
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "the other half of the one place where programs are started"
    )]
    fn become_program(&self) -> io::Error {
        Command::new(&self.program).args(&self.args).exec()
    }

    fn prepare(&self) -> Result<(), Failure> {
        let system = |what| move |errno: rustix::io::Errno| Failure::System(what, errno.into());
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(system("prctl"))?;
        // The parent may have died before the line above: then no signal will ever come.
        if getppid() != Some(self.parent) {
            return Err(Failure::ParentGone);
        }
        // A dump would be a copy of someone's data.
        limit(Resource::Core, 0).map_err(system("limit of core dumps"))?;
        if let Some(bytes) = self.address_space_bytes {
            limit(Resource::As, bytes).map_err(system("limit of address space"))?;
        }
        if let Some(seconds) = self.cpu_seconds {
            limit(Resource::Cpu, seconds).map_err(system("limit of processor time"))?;
        }
        Record::of_self(&self.program)
            .and_then(|record| record.write(&self.record))
            .map_err(|error| Failure::System("record", error))
    }
}

fn limit(resource: Resource, value: u64) -> rustix::io::Result<()> {
    setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
}
