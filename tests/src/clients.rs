//! The real, unmodified OpenStack clients, run as their users run them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::cloud::Cloud;
use crate::server::{ADMIN_CLOUD, MEMBER_CLOUD, Server, target_dir};
use crate::session::NEWEST;

/// Names the Python virtual environment with the clients; `target/venv` if it is not set.
pub const VENV_VARIABLE: &str = "BESSER_VENV";
/// Says why there are no clients, when `cargo xtask test` could not install them.
pub const NO_CLIENTS_VARIABLE: &str = "BESSER_NO_CLIENTS";

/// The clients, set up for one user of one server.
#[derive(Clone, Debug)]
pub struct Clients {
    venv: PathBuf,
    clouds_yaml: PathBuf,
    cloud_name: String,
    home: PathBuf,
}

/// What a client said: success or not, and both its outputs.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whether it ended with 0.
    pub success: bool,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// A server and the clients of its two users; nothing, with the reason reported, where there are no clients.
pub fn world() -> Option<(Server, Clients, Clients)> {
    let venv = find_venv()?;
    let server = Server::start();
    let member = Clients::of(&server, &venv, MEMBER_CLOUD);
    let admin = Clients::of(&server, &venv, ADMIN_CLOUD);
    Some((server, member, admin))
}

/// The virtual environment with the clients; nothing, with the reason reported, if there is none.
pub fn find_venv() -> Option<PathBuf> {
    if let Ok(reason) = std::env::var(NO_CLIENTS_VARIABLE) {
        skips::report(&format!("no OpenStack clients: {reason}"));
        return None;
    }
    let venv = std::env::var_os(VENV_VARIABLE).map_or_else(|| target_dir().join("venv"), PathBuf::from);
    if venv.join("bin/openstack").is_file() {
        return Some(venv);
    }
    skips::report("no OpenStack clients: `cargo xtask test` installs them");
    None
}

impl Clients {
    /// The clients in `venv` for the user that `cloud_name` of the server's `clouds.yaml` describes.
    pub fn of(server: &Server, venv: &Path, cloud_name: &'static str) -> Self {
        Self {
            venv: venv.to_owned(),
            clouds_yaml: server.clouds_yaml(),
            cloud_name: cloud_name.to_owned(),
            home: server.side_dir("home"),
        }
    }

    /// The clients in `venv` for `cloud_name` of another `clouds.yaml`, in whose directory they are at home.
    ///
    /// # Panics
    /// If the file is in no directory.
    pub fn of_clouds(venv: &Path, clouds_yaml: &Path, cloud_name: &str) -> Self {
        Self {
            venv: venv.to_owned(),
            clouds_yaml: clouds_yaml.to_owned(),
            cloud_name: cloud_name.to_owned(),
            home: clouds_yaml.parent().expect("a directory of clouds.yaml").to_owned(),
        }
    }

    /// `openstack … -f json`, which must succeed; what it prints.
    ///
    /// # Panics
    /// If it fails or prints something else.
    #[track_caller]
    pub fn openstack(&self, arguments: &[&str]) -> Value {
        let said = self.openstack_says(&[arguments, &["-f", "json"]].concat());
        assert!(said.success, "openstack {arguments:?} failed: {}", said.err);
        serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("openstack {arguments:?} printed no JSON ({error}): {}", said.out))
    }

    /// An `openstack` command that prints nothing, which must succeed.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn openstack_does(&self, arguments: &[&str]) {
        let said = self.openstack_says(arguments);
        assert!(said.success, "openstack {arguments:?} failed: {}", said.err);
    }

    /// An `openstack` command that must fail; what it complains of.
    ///
    /// # Panics
    /// If it succeeds.
    #[track_caller]
    pub fn openstack_fails(&self, arguments: &[&str]) -> String {
        let said = self.openstack_says(arguments);
        assert!(!said.success, "openstack {arguments:?} should have failed: {}", said.out);
        said.err
    }

    /// An `openstack` command, however it ends.
    pub fn openstack_says(&self, arguments: &[&str]) -> Said {
        let mut command = self.command("openstack");
        command.env("OS_CLIENT_CONFIG_FILE", &self.clouds_yaml).env("OS_CLOUD", &self.cloud_name);
        said(command.args(arguments).output())
    }

    /// Commands that one `openstack` reads from its standard input, all of which must succeed: what it costs to start it
    /// is paid once.
    ///
    /// # Panics
    /// If one fails.
    #[track_caller]
    pub fn openstack_reads(&self, commands: &str) {
        let mut command = self.command("openstack");
        command.env("OS_CLIENT_CONFIG_FILE", &self.clouds_yaml).env("OS_CLOUD", &self.cloud_name);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a client that can be started");
        let mut input = child.stdin.take().expect("its standard input");
        input.write_all(commands.as_bytes()).expect("a client that reads");
        drop(input);
        let said = said(child.wait_with_output());
        // How it ends says nothing about the commands that it read.
        assert!(said.err.trim().is_empty(), "openstack failed: {}\n{}", said.err, said.out);
    }

    /// A `cinder` command, which must succeed; the table that it prints.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn cinder(&self, arguments: &[&str]) -> Table {
        let said = self.cinder_says(arguments);
        assert!(said.success, "cinder {arguments:?} failed: {}", said.err);
        Table::parse(&said.out)
    }

    /// A `cinder` command, however it ends. It reads no `clouds.yaml`, only its environment.
    pub fn cinder_says(&self, arguments: &[&str]) -> Said {
        let mut command = self.command("cinder");
        command.envs(self.settings());
        said(command.args(arguments).output())
    }

    /// What clients that read no `clouds.yaml` are told.
    fn settings(&self) -> [(&'static str, String); 8] {
        let cloud = Cloud::read(&self.clouds_yaml, &self.cloud_name);
        [
            ("OS_AUTH_URL", cloud.auth_url),
            ("OS_USERNAME", cloud.username),
            ("OS_PASSWORD", cloud.password),
            ("OS_PROJECT_NAME", cloud.project_name),
            ("OS_USER_DOMAIN_NAME", cloud.domain_name.clone()),
            ("OS_PROJECT_DOMAIN_NAME", cloud.domain_name),
            ("OS_REGION_NAME", cloud.region_name),
            ("OS_IDENTITY_API_VERSION", "3".to_owned()),
        ]
    }

    /// What a client, `openstack`, `cinder` or `glance`, has in its environment, at the newest revision.
    pub fn environment(&self, client: &str) -> BTreeMap<String, String> {
        let mut all: Vec<(&str, String)> = vec![
            ("HOME", self.home.display().to_string()),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("COLUMNS", "1000".to_owned()),
            ("OS_VOLUME_API_VERSION", NEWEST.to_owned()),
        ];
        if client != "openstack" {
            all.extend(self.settings());
        } else {
            all.push(("OS_CLIENT_CONFIG_FILE", self.clouds_yaml.display().to_string()));
            all.push(("OS_CLOUD", self.cloud_name.to_owned()));
        }
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A Python process of the clients' environment, to run the program in this file.
    pub fn python_with(&self, program: &Path) -> Command {
        let mut command = self.command("python");
        command.arg(program);
        command
    }

    /// Runs a Python program that uses the client libraries; it must succeed. What it prints.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn python(&self, program: &str) -> String {
        let mut command = self.command("python");
        command.env("OS_CLIENT_CONFIG_FILE", &self.clouds_yaml).env("OS_CLOUD", &self.cloud_name);
        let said = said(command.args(["-c", program]).output());
        assert!(said.success, "the Python program failed: {}{}", said.out, said.err);
        said.out
    }

    /// A client with nothing of this machine's own settings in its environment.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.venv.join("bin").join(name));
        command.env_clear().env("HOME", &self.home).env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir(&self.home);
        command
    }
}

fn said(output: std::io::Result<Output>) -> Said {
    let output = output.expect("a client that can be started");
    Said {
        success: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The table that `cinder` prints: column name to value, a map each row.
#[derive(Clone, Debug, Default)]
pub struct Table(pub Vec<BTreeMap<String, String>>);

impl Table {
    /// Reads the first table in `text`.
    pub fn parse(text: &str) -> Self {
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let mut lines = text.lines().map(str::trim).filter(|line| line.starts_with('|'));
        let Some(head) = lines.next().map(cells) else { return Self::default() };
        Self(lines.map(|line| head.iter().cloned().zip(cells(line)).collect()).collect())
    }

    /// A `Property | Value` table: the value of `property`.
    ///
    /// # Panics
    /// If there is no such property.
    #[track_caller]
    pub fn value(&self, property: &str) -> &str {
        let row = self.row("Property", property);
        row.get("Value").map_or("", String::as_str)
    }

    /// The first row whose `column` is `value`.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, column: &str, value: &str) -> &BTreeMap<String, String> {
        let found = self.0.iter().find(|row| row.get(column).is_some_and(|cell| cell == value));
        found.unwrap_or_else(|| panic!("no row with {column} = {value} in {:?}", self.0))
    }

    /// Every value of `column`.
    pub fn column(&self, column: &str) -> Vec<&str> {
        self.0.iter().filter_map(|row| row.get(column)).map(String::as_str).collect()
    }
}

/// The rows of a list that `openstack … -f json` printed whose `column` is `value`.
pub fn rows_where<'a>(list: &'a Value, column: &str, value: &str) -> Vec<&'a Value> {
    list.as_array().into_iter().flatten().filter(|row| row[column] == value).collect()
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn tables_of_cinder_are_read() {
        let text =
            "+----+------+\n| Property | Value |\n+----+------+\n| id | 7 |\n| name | a b |\n+----+------+\n";
        let table = Table::parse(text);
        assert_eq!(table.value("id"), "7");
        assert_eq!(table.column("Value"), ["7", "a b"]);
        assert!(Table::parse("nothing at all").0.is_empty());
    }
}
