//! Starting, killing and looking at a real `besser serve`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::cloud::Cloud;
use crate::http::Request;
use crate::session::Session;
use crate::{ports, wait};

/// Names the binary under test.
pub const BINARY_VARIABLE: &str = "BESSER_BIN";

/// The cloud of `clouds.yaml` for daily work: user `demo`, a member.
pub const MEMBER_CLOUD: &str = "besser";
/// The cloud of `clouds.yaml` for administration.
pub const ADMIN_CLOUD: &str = "besser-admin";

/// Longer than any start may take, on any machine.
const START_LIMIT: Duration = Duration::from_secs(15);
/// Longer than a drain may take.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
/// A chosen port may be taken by a stranger before the server gets it.
const START_ATTEMPTS: u32 = 3;

/// What to start: `besser serve` with these options.
#[derive(Debug)]
pub struct Serve {
    home: Home,
    binary: PathBuf,
    ports: Option<[u16; 3]>,
    arguments: Vec<String>,
    environment: Vec<(String, OsString)>,
}

#[derive(Debug)]
enum Home {
    /// A directory that goes away with the server.
    Scratch(TempDir),
    Given(PathBuf),
}

impl Home {
    fn path(&self) -> &Path {
        match self {
            Self::Scratch(directory) => directory.path(),
            Self::Given(path) => path,
        }
    }
}

impl Default for Serve {
    fn default() -> Self {
        Self::new()
    }
}

impl Serve {
    /// A server in a new scratch directory, with its own free ports.
    ///
    /// # Panics
    /// If there is no scratch directory or no binary.
    pub fn new() -> Self {
        let scratch = tempfile::Builder::new().prefix("besser-").tempdir();
        Self::with(Home::Scratch(scratch.expect("a scratch directory")))
    }

    /// A server whose files lie in `home` and stay there.
    pub fn in_directory(home: &Path) -> Self {
        Self::with(Home::Given(home.to_owned()))
    }

    fn with(home: Home) -> Self {
        Self { home, binary: binary(), ports: None, arguments: Vec::new(), environment: Vec::new() }
    }

    /// Where the server keeps everything.
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A directory beside the data directory, for what a test brings along; it is made here.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn side_dir(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::create_dir_all(&path).expect("a directory beside the data directory");
        path
    }

    /// Tests another binary than the usual one.
    pub fn binary(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.binary);
        self
    }

    /// Identity, volume and image port.
    pub fn ports(mut self, ports: [u16; 3]) -> Self {
        self.ports = Some(ports);
        self
    }

    /// One more command-line argument.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// One more variable of its environment.
    pub fn environment(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Passes `text` as a `cinder.conf`.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn config(self, text: &str) -> Self {
        let path = self.side_dir("etc").join("cinder.conf");
        fs::write(&path, text).expect("a written cinder.conf");
        let path = path.display().to_string();
        self.argument("--config").argument(&path)
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// If it ends or is not ready in time; its log is printed.
    pub fn start(self) -> Server {
        let chosen = self.ports;
        let mut server = Server {
            child: None,
            ports: chosen.unwrap_or_else(ports::three_free),
            serve: self,
            ready_after: Duration::ZERO,
        };
        for attempt in 1..=START_ATTEMPTS {
            match server.try_start() {
                Ok(()) => return server,
                Err(error) if attempt == START_ATTEMPTS || chosen.is_some() => {
                    panic!("besser does not start: {error}\n{}", server.log())
                }
                Err(_) => server.ports = ports::three_free(),
            }
        }
        unreachable!("the last attempt returns or panics")
    }

    /// Runs it in expectation of its refusal: waits until it ends.
    ///
    /// # Panics
    /// If it goes on to serve instead.
    pub fn refuse(self) -> Output {
        let ports = self.ports.unwrap_or_else(ports::three_free);
        let mut command = self.command(ports);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("besser can be started");
        let ended = wait::poll(START_LIMIT, || child.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = child.kill();
            let _ = child.wait();
            panic!("besser serves where it should have refused: {:?}", self.arguments);
        }
        child.wait_with_output().expect("the output of besser")
    }

    fn command(&self, [identity, volume, image]: [u16; 3]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data-dir").arg(self.data_dir());
        command.args(["--identity-port", &identity.to_string()]);
        command.args(["--volume-port", &volume.to_string()]);
        command.args(["--image-port", &image.to_string()]);
        command.args(&self.arguments).envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("serve.log")
    }
}

/// A server, running or between two runs. It is killed when this value goes away.
#[derive(Debug)]
pub struct Server {
    serve: Serve,
    child: Option<Child>,
    ports: [u16; 3],
    ready_after: Duration,
}

impl Server {
    /// A server with nothing configured.
    pub fn start() -> Self {
        Serve::new().start()
    }

    /// Starts it again on the same directory and ports.
    ///
    /// # Panics
    /// If it runs already or does not become ready.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        if let Err(error) = self.try_start() {
            panic!("besser does not start again: {error}\n{}", self.log());
        }
    }

    fn try_start(&mut self) -> io::Result<()> {
        fs::create_dir_all(self.serve.home.path())?;
        let log = File::options().create(true).append(true).open(self.serve.log_path())?;
        let mut command = self.serve.command(self.ports);
        command.stdout(log.try_clone()?).stderr(log);
        let start = Instant::now();
        let mut child = command.spawn()?;
        let url = format!("{}/healthcheck", self.volume_root());
        let outcome = wait::poll(START_LIMIT, || match child.try_wait() {
            Ok(None) => {
                Request::new("GET", &url).send().is_ok_and(|reply| reply.status == 200).then_some(Ok(()))
            }
            Ok(Some(status)) => Some(Err(io::Error::other(format!("it ended with {status}")))),
            Err(error) => Some(Err(error)),
        });
        self.ready_after = start.elapsed();
        self.child = Some(child);
        outcome
            .unwrap_or_else(|| Err(io::Error::new(io::ErrorKind::TimedOut, "not ready in time")))
            .inspect_err(|_| {
                self.kill();
            })
    }

    /// How long the last start took, from the spawn to the first healthy answer.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Its process id.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    /// Identity, volume and image port.
    pub fn ports(&self) -> [u16; 3] {
        self.ports
    }

    /// The identity service without a version: `http://127.0.0.1:PORT`.
    pub fn identity_root(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// The volume service without a version.
    pub fn volume_root(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    /// Where the server keeps everything.
    pub fn data_dir(&self) -> PathBuf {
        self.serve.data_dir()
    }

    /// The directory of the default backend.
    pub fn volumes_dir(&self) -> PathBuf {
        self.data_dir().join("volumes")
    }

    /// See [`Serve::side_dir`].
    pub fn side_dir(&self, name: &str) -> PathBuf {
        self.serve.side_dir(name)
    }

    /// The file that clients read.
    pub fn clouds_yaml(&self) -> PathBuf {
        self.data_dir().join("clouds.yaml")
    }

    /// A cloud of that file.
    pub fn cloud(&self, name: &str) -> Cloud {
        Cloud::read(&self.clouds_yaml(), name)
    }

    /// Logged in as the member `demo`.
    pub fn member(&self) -> Session {
        Session::login(&self.cloud(MEMBER_CLOUD))
    }

    /// Logged in as the administrator.
    pub fn admin(&self) -> Session {
        Session::login(&self.cloud(ADMIN_CLOUD))
    }

    /// Everything it has printed, of all its runs.
    pub fn log(&self) -> String {
        fs::read(self.serve.log_path())
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// Whether it still runs; one that has ended by itself can be started again.
    pub fn is_running(&mut self) -> bool {
        let runs = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if !runs {
            self.child = None;
        }
        runs
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// If it does not run.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("a signal that can be sent");
    }

    /// SIGKILL, and its end seen.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, and its end awaited.
    ///
    /// # Panics
    /// If it does not end in time.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let mut child = self.child.take().expect("a running server");
        let ended = wait::poll(DRAIN_LIMIT, || child.try_wait().ok().flatten());
        ended.unwrap_or_else(|| {
            let _ = child.kill();
            let _ = child.wait();
            panic!("besser did not end after SIGTERM:\n{}", self.log())
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(LOG_TAIL_LINES)..).unwrap_or_default();
            eprintln!("---- the server's last words ----\n{}", tail.join("\n"));
        }
    }
}

/// How much of the log a failed test shows.
const LOG_TAIL_LINES: usize = 40;

/// The binary under test: `$BESSER_BIN`, else the newest of the release and the debug build.
///
/// # Panics
/// If there is none.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os(BINARY_VARIABLE) {
        return path.into();
    }
    let built = ["release", "debug"].map(|profile| target_dir().join(profile).join("besser"));
    let newest = built.into_iter().filter(|path| path.is_file()).max_by_key(|path| {
        let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
        modified.unwrap_or(std::time::UNIX_EPOCH)
    });
    newest.expect("no besser to test: run `cargo build --release` first, or name one in BESSER_BIN")
}

/// Cargo's target directory, found from the running test's own place in it.
///
/// # Panics
/// If the test runs from somewhere else.
pub fn target_dir() -> PathBuf {
    let me = std::env::current_exe().expect("a path of the running test");
    let target = me.ancestors().find(|path| path.join("CACHEDIR.TAG").is_file());
    target.expect("a test that runs from cargo's target directory").to_owned()
}
