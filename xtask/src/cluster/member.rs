//! One process of the cluster.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use blackbox::{ports, wait};

use crate::commands::output_of;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(60);
/// What it prints when it serves.
const READY: &str = "besser is ready";

/// What tells a member from the others.
pub(super) struct Part {
    /// Its name, and that of its host.
    pub(super) name: &'static str,
    /// The roles that it plays.
    pub(super) roles: &'static str,
    /// The backends that it looks after; those of all for who only reads and writes volumes.
    pub(super) backends: &'static str,
}

/// A process, running or between two lives. It is killed when this goes.
pub(super) struct Member {
    pub(super) part: Part,
    home: PathBuf,
    binary: PathBuf,
    ports: [u16; 3],
    child: Option<Child>,
}

impl Member {
    /// One that does not run yet, with its files below `home` and this configuration.
    pub(super) fn new(part: Part, home: &Path, binary: &Path, config: &str) -> io::Result<Self> {
        let home = home.join(part.name);
        fs::create_dir_all(home.join("data"))?;
        fs::write(home.join("cinder.conf"), config)?;
        Ok(Self { part, home, binary: binary.to_owned(), ports: ports::three_free(), child: None })
    }

    /// Where it keeps its own files.
    pub(super) fn data_dir(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Its configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.home.join("cinder.conf")
    }

    /// Where its Block Storage API would be.
    pub(super) fn volume_root(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    /// Where its Image API would be.
    pub(super) fn image_root(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[2])
    }

    /// Starts it and waits until it serves.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let path = self.home.join("log");
        let log = File::options().create(true).append(true).open(&path)?;
        let before = log.metadata()?.len();
        // It ends with the thread that has started it, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(&self.binary);
        command.arg("serve").arg("--data-dir").arg(self.data_dir()).arg("--config").arg(self.config());
        let [identity, volume, image] = self.ports.map(|port| port.to_string());
        command.args(["--identity-port", &identity, "--volume-port", &volume, "--image-port", &image]);
        command.args(["--roles", self.part.roles]).process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let since = usize::try_from(before).unwrap_or(0);
        let ready = wait::poll(START_LIMIT, || {
            let log = fs::read(&path).unwrap_or_default();
            let log = String::from_utf8_lossy(log.get(since..).unwrap_or_default()).into_owned();
            match child.try_wait() {
                Ok(None) => log.contains(READY).then_some(Ok(())),
                _ => Some(Err(log.lines().last().unwrap_or("it says nothing").to_owned())),
            }
        });
        self.child = Some(child);
        let ready = ready.unwrap_or_else(|| Err("it is not ready in time".to_owned()));
        ready.map_err(|why| io::Error::other(format!("{} does not start: {why}", self.part.name)))
    }

    /// SIGKILL, and its end seen.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Has it stand still (`STOP`), or go on (`CONT`).
    pub(super) fn signal(&self, name: &str) -> io::Result<()> {
        let Some(child) = &self.child else { return Ok(()) };
        output_of(Command::new("kill").args(["-s", name, &child.id().to_string()])).map(drop)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.kill();
    }
}
