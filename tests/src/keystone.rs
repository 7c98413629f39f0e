//! A real Keystone, from its own packages, for a test that needs one.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::companion::Companion;
use crate::ports;
use crate::server::target_dir;

/// Names the Python virtual environment with Keystone; `target/venvs/keystone` if it is not set.
pub const VENV_VARIABLE: &str = "BESSER_KEYSTONE_VENV";
/// Says why there is none, when `cargo xtask test` could not install it.
pub const NO_KEYSTONE_VARIABLE: &str = "BESSER_NO_KEYSTONE";

/// How long tokens count unless a test says otherwise, in seconds: longer than any clock is wrong in a test.
const TOKEN_LIFE_S: u32 = 86_400;

/// A Keystone with the user `admin` (password `secret`), running or between two runs. It ends with this value.
#[derive(Debug)]
pub struct Keystone {
    venv: PathBuf,
    home: TempDir,
    scheme: &'static str,
    address: Ipv4Addr,
    port: u16,
    running: Option<Companion>,
}

/// The virtual environment with Keystone, Barbican and `oslo.messaging`; nothing, with the reason reported, if there is none.
pub fn find_venv() -> Option<PathBuf> {
    if let Ok(reason) = std::env::var(NO_KEYSTONE_VARIABLE) {
        skips::report(&format!("no Keystone: {reason}"));
        return None;
    }
    let named = std::env::var_os(VENV_VARIABLE);
    let venv = named.map_or_else(|| target_dir().join("venvs/keystone"), PathBuf::from);
    if venv.join("bin/keystone-manage").is_file() {
        return Some(venv);
    }
    skips::report("no Keystone: `cargo xtask test` installs it");
    None
}

impl Keystone {
    /// A new one on loopback, with TLS, whose tokens count for a day; nothing, with the reason reported, where it is
    /// not installed.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub fn start() -> Option<Self> {
        find_venv().map(|venv| Self::start_at(venv, "https", Ipv4Addr::LOCALHOST))
    }

    /// A new one of this virtual environment for who asks without TLS at this address; its tokens count for a day.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub fn start_plain(venv: PathBuf, address: Ipv4Addr) -> Self {
        Self::start_at(venv, "http", address)
    }

    fn start_at(venv: PathBuf, scheme: &'static str, address: Ipv4Addr) -> Self {
        let home = tempfile::Builder::new().prefix("keystone-").tempdir().expect("a scratch directory");
        let [port, ..] = ports::three_free();
        let mut keystone = Self { venv, home, scheme, address, port, running: None };
        let mut setup = keystone.command("setup");
        let done = setup.output().expect("Python can be started");
        assert!(done.status.success(), "Keystone's setup: {}", String::from_utf8_lossy(&done.stderr));
        keystone.serve(TOKEN_LIFE_S);
        keystone
    }

    /// Serves with tokens that count for `life_s` seconds, and waits until it is there.
    ///
    /// # Panics
    /// If it does not come.
    pub fn serve(&mut self, life_s: u32) {
        self.stop();
        let mut command = self.command("serve");
        command.arg(life_s.to_string());
        let log = self.home.path().join("keystone.log");
        self.running = Some(Companion::start("Keystone", command, log, (self.address, self.port)));
    }

    /// Ends it. Its database stays.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Its address, ending in `/v3`.
    pub fn url(&self) -> String {
        format!("{}/v3", self.root())
    }

    fn root(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.address, self.port)
    }

    /// The certificate to trust.
    pub fn cafile(&self) -> PathBuf {
        self.home.path().join("cert.pem")
    }

    /// A `clouds.yaml` with one cloud for each of `people`: user, password and project.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn clouds_yaml(&self, people: &[(&str, &str, &str)]) -> PathBuf {
        let (url, cafile) = (self.url(), self.cafile());
        let cloud = |(user, password, project): &(&str, &str, &str)| {
            format!(
                "  {user}:\n    auth: {{auth_url: {url}, username: {user}, password: {password}, project_name: {project}, \
                 user_domain_name: Default, project_domain_name: Default}}\n    region_name: RegionOne\n    \
                 identity_api_version: 3\n    cacert: {}\n",
                cafile.display()
            )
        };
        let text: String = people.iter().map(cloud).collect();
        let path = self.home.path().join("clouds.yaml");
        fs::write(&path, format!("clouds:\n{text}")).expect("a written clouds.yaml");
        path
    }

    fn command(&self, what: &str) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/keystone/real_keystone.py");
        let mut command = Command::new(self.venv.join("bin/python"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command.arg(script).arg(what).arg(self.home.path()).arg(self.root());
        command
    }
}
