//! A real Barbican, from its own package, for a test that needs one.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::cloud::Cloud;
use crate::companion::Companion;
use crate::{keystone, ports};

/// A Barbican on loopback. It ends with this value.
#[derive(Debug)]
pub struct Barbican {
    port: u16,
    _running: Companion,
    _home: TempDir,
}

impl Barbican {
    /// One that asks the identity service of `validator`, as that user, about tokens; nothing, with the reason reported,
    /// where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(validator: &Cloud) -> Option<Self> {
        let venv = keystone::find_venv()?;
        if !venv.join("bin/barbican").exists() {
            skips::report("no Barbican: `cargo xtask test` installs it");
            return None;
        }
        let home = tempfile::Builder::new().prefix("barbican-").tempdir().expect("a scratch directory");
        let [port, ..] = ports::three_free();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/barbican/real_barbican.py");
        let mut command = Command::new(venv.join("bin/python"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.arg(script).arg(home.path()).arg(port.to_string()).arg(&validator.auth_url);
        command.args([&validator.username, &validator.password, &validator.project_name]);
        let log = home.path().join("barbican.log");
        let running = Companion::start("Barbican", command, log, (Ipv4Addr::LOCALHOST, port));
        Some(Self { port, _running: running, _home: home })
    }

    /// Its address, without a version.
    pub fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
