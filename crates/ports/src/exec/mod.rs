//! External programs: an argument list, never a shell; an empty environment; limits on time, output, memory and
//! processor; and a guard that lets no program outlive the process that wanted it.

mod error;
pub mod guard;
mod orphans;
mod record;
mod running;
mod socket;
mod supervise;

pub use error::ExecError;
pub use orphans::Ended;
pub use running::Running;
pub use socket::SocketPlace;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{self, Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Work;

/// Most bytes of standard output that are kept; a program that prints more is ended.
pub const MAX_STDOUT_BYTES: usize = 8 << 20;
/// Most bytes of standard error that are kept, the last ones.
pub const MAX_STDERR_BYTES: usize = 64 << 10;
/// How long a program may take when the call does not say.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);
/// Where programs that are named without a directory are looked for, whatever our own environment says.
pub const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// One run of a program.
#[derive(Debug, Clone)]
pub struct Call {
    program: OsString,
    args: Vec<OsString>,
    stdin: Vec<u8>,
    time_limit: Duration,
    address_space_bytes: Option<u64>,
    cpu_seconds: Option<u64>,
    environment: Vec<(OsString, OsString)>,
}

impl Call {
    /// A run of `program`: an absolute path, or a name that is looked for in [`SEARCH_PATH`].
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            stdin: Vec::new(),
            time_limit: DEFAULT_TIME_LIMIT,
            address_space_bytes: None,
            cpu_seconds: None,
            environment: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds to the environment, which is nearly empty.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What the program reads; nothing unless this is called.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long it may take.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How much address space it may have. The guard sets it; a direct run has none.
    #[must_use]
    pub fn address_space_bytes(mut self, bytes: u64) -> Self {
        self.address_space_bytes = Some(bytes);
        self
    }

    /// How much processor time it may use. The guard sets it; a direct run has none.
    #[must_use]
    pub fn cpu_seconds(mut self, seconds: u64) -> Self {
        self.cpu_seconds = Some(seconds);
        self
    }

    /// The program's file.
    fn find(&self) -> Result<PathBuf, ExecError> {
        find(&self.program).ok_or_else(|| ExecError::NotFound { program: self.name() })
    }

    /// The program without its directory, for messages.
    fn name(&self) -> String {
        let name = Path::new(&self.program).file_name().unwrap_or(&self.program);
        name.to_string_lossy().into_owned()
    }
}

/// What a program that succeeded printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output, all of it.
    pub stdout: Vec<u8>,
    /// Standard error, the last [`MAX_STDERR_BYTES`] of it.
    pub stderr: Vec<u8>,
}

/// Runs external programs. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Exec {
    guard: Option<Arc<Guard>>,
}

/// How the guard is reached.
#[derive(Debug)]
struct Guard {
    exe: PathBuf,
    records_dir: PathBuf,
    started: AtomicU64,
}

impl Exec {
    /// Runs programs without a guard: they get no memory or processor limit, and may outlive a killed process.
    #[must_use]
    pub fn direct() -> Self {
        Self::default()
    }

    /// Starts every program through `guard_exe exec-guard …`, which must reach [`guard::main`]; `/proc/self/exe` is
    /// our own executable even after an upgrade has replaced its file. What runs is recorded in `records_dir`, which
    /// must exist and belong to this process alone.
    #[must_use]
    pub fn guarded(guard_exe: PathBuf, records_dir: PathBuf) -> Self {
        // Programs run elsewhere. Only an empty path cannot be made absolute, and it leads nowhere either way.
        let absolute = |path: PathBuf| path::absolute(&path).unwrap_or(path);
        let guard = Guard {
            exe: absolute(guard_exe),
            records_dir: absolute(records_dir),
            started: AtomicU64::new(0),
        };
        Self { guard: Some(Arc::new(guard)) }
    }

    /// Runs `call` and waits for its end on this thread. The program ends with the thread.
    ///
    /// # Errors
    /// It could not be started, was ended by a limit or because `work` was called off, or did not succeed.
    pub fn run(&self, work: &Work, call: &Call) -> Result<Output, ExecError> {
        self.carry_out(work, call, &call.find()?)
    }

    fn carry_out(&self, work: &Work, call: &Call, program: &Path) -> Result<Output, ExecError> {
        let _span = tracing::debug_span!("exec", program = %call.name()).entered();
        tracing::debug!(args = ?call.args, "starting");
        let record = self.guard.as_ref().map(|guard| guard.next_record());
        let child = self.command(call, program, record.as_deref()).spawn();
        let child = child.map_err(|source| ExecError::Spawn { program: call.name(), source })?;
        let result = supervise::supervise(child, call, work);
        if let Some(record) = record {
            record::remove(&record);
        }
        result
    }

    /// Ends what a dead process left running, as far as `records_dir` knows, and forgets it. Nothing that this
    /// process runs may be recorded there yet.
    ///
    /// # Errors
    /// The records cannot be read.
    pub fn end_orphans(records_dir: &Path) -> std::io::Result<Vec<Ended>> {
        orphans::end_all(records_dir)
    }

    #[allow(clippy::disallowed_methods, reason = "the one place where programs are started")]
    fn command(&self, call: &Call, program: &Path, record: Option<&Path>) -> Command {
        let mut command = match (&self.guard, record) {
            (Some(guard), Some(record)) => {
                let mut command = Command::new(&guard.exe);
                command.args(guard::arguments(call, program, record));
                command
            }
            _ => Command::new(program),
        };
        command
            .args(&call.args)
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", SEARCH_PATH)
            .envs(call.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(if call.stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Guard {
    fn next_record(&self) -> PathBuf {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        self.records_dir.join(format!("{}-{number}", process::id()))
    }
}

/// The file behind `program`, if there is one that can be executed.
fn find(program: &OsStr) -> Option<PathBuf> {
    let named = Path::new(program);
    let executable =
        |path: &Path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    if named.is_absolute() {
        return executable(named).then(|| named.to_owned());
    }
    if named.components().count() != 1 {
        return None;
    }
    SEARCH_PATH.split(':').map(|dir| Path::new(dir).join(named)).find(|path| executable(path))
}

#[cfg(test)]
mod tests;
