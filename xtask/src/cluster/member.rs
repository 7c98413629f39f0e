//! One process of the cluster.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use blackbox::{ports, wait};

use super::network::Host;
use crate::commands::output_of;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(60);
/// The size of the disk that has its log and its files.
const DISK_BYTES: u64 = 64 << 20;
/// The library by which a process has a clock of its own; where it is missing, clocks are right.
pub(crate) const CLOCKS: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
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

/// A process, running or between two lives, on a host of its own where there are hosts. It is killed when this goes.
pub(super) struct Member {
    pub(super) part: Part,
    pub(super) host: Option<Host>,
    /// Its files, as it sees them, and as others do.
    home: PathBuf,
    outside: PathBuf,
    binary: PathBuf,
    ports: [u16; 3],
    child: Option<Child>,
}

impl Member {
    /// One that does not run yet, with its files below `home` and this configuration.
    pub(super) fn new(
        part: Part,
        host: Option<Host>,
        (home, binary): (&Path, &Path),
        config: &str,
    ) -> io::Result<Self> {
        let home = home.join(part.name);
        fs::create_dir_all(&home)?;
        let outside = host.as_ref().map_or_else(|| home.clone(), |host| host.outside(&home));
        if let Some(host) = &host {
            host.mount(&home, DISK_BYTES)?;
        }
        fs::create_dir_all(outside.join("data"))?;
        fs::write(outside.join("cinder.conf"), config)?;
        fs::write(outside.join("clock"), "+0")?;
        let (binary, ports) = (binary.to_owned(), ports::three_free());
        Ok(Self { part, host, home, outside, binary, ports, child: None })
    }

    /// Where it keeps its own files.
    pub(super) fn data_dir(&self) -> PathBuf {
        self.outside.join("data")
    }

    /// Its configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.outside.join("cinder.conf")
    }

    /// Sets its clock wrong by so many seconds.
    pub(super) fn set_clock(&self, wrong_by_s: i64) -> io::Result<()> {
        fs::write(self.outside.join("clock"), format!("{wrong_by_s:+}"))
    }

    /// Fills the disk with its log and its files to the last byte, or makes room again.
    pub(super) fn fill_disk(&self, full: bool) -> io::Result<()> {
        let ballast = self.outside.join("ballast");
        if !full {
            return fs::remove_file(ballast);
        }
        let mut file = File::create(ballast)?;
        let block = vec![0; 64 << 10];
        while file.write_all(&block).is_ok() {}
        Ok(())
    }

    /// Whether it has a Block Storage API.
    pub(super) fn is_api(&self) -> bool {
        self.part.roles.contains("api")
    }

    /// Where its Block Storage API would be.
    pub(super) fn volume_root(&self) -> String {
        format!("http://{}", self.volume_address())
    }

    /// The same, to connect to.
    pub(super) fn volume_address(&self) -> SocketAddr {
        (self.address(), self.ports[1]).into()
    }

    /// Where its Image API would be.
    pub(super) fn image_root(&self) -> String {
        format!("http://{}:{}", self.address(), self.ports[2])
    }

    fn address(&self) -> Ipv4Addr {
        self.host.as_ref().map_or(Ipv4Addr::LOCALHOST, |host| host.address)
    }

    /// Starts it and waits until it serves.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let path = self.outside.join("log");
        let log = File::options().create(true).append(true).open(&path)?;
        let before = log.metadata()?.len();
        // It ends with the thread that has started it, however that ends.
        let mut command = match &self.host {
            Some(host) => host.command("setpriv"),
            None => Command::new("setpriv"),
        };
        command.args(["--pdeathsig", "KILL", "env"]).args(self.clock()).arg(&self.binary);
        command.arg("serve").arg("--data-dir").arg(self.home.join("data"));
        command.arg("--config").arg(self.home.join("cinder.conf"));
        command.args(["--listen", &self.address().to_string()]);
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

    /// What lets its clock be set: that of days, not that of intervals, nor the times of files.
    fn clock(&self) -> Vec<String> {
        if self.host.is_none() || !Path::new(CLOCKS).exists() {
            return Vec::new();
        }
        let file = self.home.join("clock");
        let file = format!("FAKETIME_TIMESTAMP_FILE={}", file.display());
        let preload = format!("LD_PRELOAD={CLOCKS}");
        let fixed = ["FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"];
        fixed.map(str::to_owned).into_iter().chain([preload, file]).collect()
    }

    /// Has it end in good order.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.signal("TERM")?;
        let Some(child) = &mut self.child else { return Ok(()) };
        let ended = wait::poll(START_LIMIT, || child.try_wait().ok().flatten());
        let name = self.part.name;
        ended.map(drop).ok_or_else(|| io::Error::other(format!("{name} does not end when it is told to")))
    }

    /// Of which binary its next life is.
    pub(super) fn replace(&mut self, binary: PathBuf) {
        self.binary = binary;
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
