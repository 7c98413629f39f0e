//! The one seam between us and the host: programs, files of the kernel, and time.

mod this;

pub use this::ThisMachine;
pub(crate) use this::{sync_directory_of, write_private};

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ports::ExecError;

use crate::hypervisor::Passphrase;

/// How long a program may take when nothing else is said.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// One run of a program. No argument is ever a secret: arguments are everybody's to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its name, or its absolute path.
    pub name: &'static str,
    /// Its arguments.
    pub args: Vec<String>,
    /// How long it may take.
    pub time_limit: Duration,
    /// What it reads from its standard input: where secrets go.
    pub input: Option<Passphrase>,
    /// Whether it is not ended with us, because one that is killed leaves something behind.
    pub is_left_to_end: bool,
}

impl Program {
    /// A run of `name`.
    #[must_use]
    pub fn new<S: AsRef<str>>(name: &'static str, args: &[S]) -> Self {
        let args = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
        Self { name, args, time_limit: TIME_LIMIT, input: None, is_left_to_end: false }
    }

    /// The same, which is told a secret.
    #[must_use]
    pub fn told(self, secret: &Passphrase) -> Self {
        Self { input: Some(secret.clone()), ..self }
    }
}

/// A host: what runs programs, holds the kernel's files, and lets time pass.
pub trait Machine: fmt::Debug + Send + Sync {
    /// Where its file system begins: `/`, but for tests.
    fn root(&self) -> &Path;

    /// Runs a program to its end; what it printed.
    ///
    /// # Errors
    /// It did not succeed.
    fn run(&self, program: &Program) -> Result<String, ExecError>;

    /// Writes to a file of the kernel, which takes it for an order.
    ///
    /// # Errors
    /// The kernel refuses.
    fn order(&self, path: &Path, text: &str) -> io::Result<()>;

    /// Writes a file that only its owner reads: whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Whether somebody holds a block device: a file system, a map, another process that wants it for itself.
    ///
    /// # Errors
    /// It cannot be asked.
    fn is_held(&self, device: &Path) -> io::Result<bool>;

    /// Asks a process to end, or ends it.
    ///
    /// # Errors
    /// It may not be ended. One that is gone is no error.
    fn end_process(&self, pid: i32, hard: bool) -> io::Result<()>;

    /// Lets time pass.
    fn pause(&self, time: Duration);

    /// A file below its root.
    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }
}
