//! The compute host: open-iscsi, and the agent's commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use blackbox::server::binary;
use blackbox::{Server, wait};

use crate::{printed, run};

/// How the guest is known to targets.
pub(crate) const INITIATOR: &str = "iqn.1993-08.org.example:story";

/// How long it may take until something is done, or it is clear that it cannot be.
const ENDS_WITHIN: Duration = Duration::from_secs(240);

/// A host whose agent speaks to a service.
pub(crate) struct Host {
    clouds: PathBuf,
    state: PathBuf,
    mount: PathBuf,
}

impl Host {
    pub(crate) fn new(server: &Server) -> Self {
        fs::write("/etc/iscsi/initiatorname.iscsi", format!("InitiatorName={INITIATOR}\n")).unwrap();
        run("modprobe", &["iscsi_tcp"]);
        if printed("pidof", &["iscsid"]).trim().is_empty() {
            run("iscsid", &[]);
        }
        let (state, mount) = (server.side_dir("agent"), server.side_dir("mnt"));
        Self { clouds: server.clouds_yaml(), state, mount }
    }

    /// The agent's state below the given place.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Where its journal has the volume.
    pub(crate) fn entry(&self, volume: &str) -> PathBuf {
        self.state.join(format!("attachments/{volume}.json"))
    }

    /// Whether its journal has the volume.
    pub(crate) fn has(&self, volume: &str) -> bool {
        self.entry(volume).exists()
    }

    /// `besser` with these words, and the agent's options.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(words).arg("--state-dir").arg(&self.state);
        command.env("OS_CLIENT_CONFIG_FILE", &self.clouds).env("OS_CLOUD", "besser");
        command
    }

    /// Runs it to its end.
    pub(crate) fn order(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs it to its end, which has to come in time, with a reason if it did not succeed; whether it did, and what it said.
    #[track_caller]
    pub(crate) fn ends(&self, words: &[&str]) -> (bool, String) {
        let begun = Instant::now();
        let mut command = self.command(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let ended = wait::poll(ENDS_WITHIN, || child.try_wait().unwrap());
        assert!(ended.is_some(), "besser {words:?} takes more than {ENDS_WITHIN:?}");
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let (verb, took_s) = (words[0], begun.elapsed().as_secs_f64());
        println!("besser {verb} ends after {took_s:.1} s, {}: {said}", output.status);
        assert!(output.status.success() || !said.is_empty(), "besser {words:?} says nothing");
        (output.status.success(), said)
    }

    /// Runs what cannot succeed now; what it says of that.
    #[track_caller]
    pub(crate) fn fails(&self, words: &[&str]) -> String {
        let (done, said) = self.ends(words);
        assert!(!done, "besser {words:?} succeeded");
        said
    }

    /// Starts it; what it prints is nobody's business.
    pub(crate) fn begin(&self, words: &[&str]) -> Child {
        let mut command = self.command(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs what must succeed; the last line that it printed.
    #[track_caller]
    fn must(&self, words: &[&str]) -> String {
        let output = self.order(words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "besser {words:?}: {out}{err}");
        out.lines().last().unwrap_or_default().to_owned()
    }

    /// The device of the volume, from now on.
    #[track_caller]
    pub(crate) fn attach(&self, volume: &str) -> PathBuf {
        PathBuf::from(self.must(&["attach", volume]))
    }

    #[track_caller]
    pub(crate) fn detach(&self, volume: &str) {
        self.must(&["detach", volume]);
    }

    #[track_caller]
    pub(crate) fn resize(&self, volume: &str) {
        self.must(&["attach", "resize", volume]);
    }

    /// Mounts the device's file system while `work` is done in it.
    #[track_caller]
    pub(crate) fn mounted<T>(&self, device: &Path, work: impl FnOnce(&Path) -> T) -> T {
        run("mount", &[device.to_str().unwrap(), self.mount.to_str().unwrap()]);
        let done = work(&self.mount);
        run("umount", &[self.mount.to_str().unwrap()]);
        done
    }
}

/// How large a block device is, in bytes.
pub(crate) fn size_bytes(device: &Path) -> u64 {
    run("blockdev", &["--getsize64", device.to_str().unwrap()]).trim().parse().unwrap()
}
