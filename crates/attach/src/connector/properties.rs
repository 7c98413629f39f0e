//! The connector properties of a host, as os-brick's `get_connector_properties` gives them to Cinder.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use model::connector::{Connector, ConnectorError, MAX_NAMES, MAX_TEXT_CHARS};
use serde_json::{Map, json};

/// Most bytes of a file in which a name is looked for.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// Where the iSCSI initiator's name is kept (open-iscsi).
const INITIATOR_NAME: &str = "etc/iscsi/initiatorname.iscsi";
/// An address of nobody (RFC 5737). Nothing is sent: the system only says from where it would be.
const ANYWHERE: ([u8; 4], u16) = ([192, 0, 2, 1], 9);

/// A host, by what its system says about it.
#[derive(Debug, Clone)]
pub struct Host {
    root: PathBuf,
}

/// What whoever connects wants of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Several paths where there are several.
    pub multipath: bool,
    /// Several paths, or no connection.
    pub enforce_multipath: bool,
    /// Under which name the host is known; its own if none is given.
    pub host: Option<String>,
    /// Its address on the storage's network; the one towards the rest of the world if none is given.
    pub ip: Option<IpAddr>,
}

impl Default for Host {
    fn default() -> Self {
        Self::at("/")
    }
}

impl Host {
    /// A host whose files are below `root`: `/` for the one that this process runs on.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// What it says about itself. Keys that it has nothing to say under are left out, as a service takes a key that is
    /// there for something that the host can do.
    ///
    /// # Errors
    /// A name that it has is none that a service takes.
    pub fn connector(&self, wishes: &Wishes) -> Result<Connector, ConnectorError> {
        let uname = rustix::system::uname();
        let mut all = Map::new();
        all.insert("platform".to_owned(), json!(uname.machine().to_string_lossy()));
        all.insert("os_type".to_owned(), json!("linux"));
        let ip = wishes.ip.or_else(outgoing_address);
        all.insert("ip".to_owned(), json!(ip.map(|ip| ip.to_string())));
        let name = wishes.host.clone().unwrap_or_else(|| uname.nodename().to_string_lossy().into_owned());
        all.insert("host".to_owned(), json!(name));
        all.insert("multipath".to_owned(), json!(wishes.multipath));
        all.insert("enforce_multipath".to_owned(), json!(wishes.enforce_multipath));
        all.insert("do_local_attach".to_owned(), json!(false));
        all.insert("initiator".to_owned(), json!(self.initiator()));
        for (key, file) in [("wwpns", "port_name"), ("wwnns", "node_name")] {
            let names = self.fibre_channel_names(file);
            if !names.is_empty() {
                all.insert(key.to_owned(), json!(names));
            }
        }
        all.insert("nqn".to_owned(), json!(self.first_line("etc/nvme/hostnqn")));
        all.insert("nvme_hostid".to_owned(), json!(self.first_line("etc/nvme/hostid")));
        all.insert("nvme_native_multipath".to_owned(), json!(self.nvme_multipath()));
        all.insert("system uuid".to_owned(), json!(self.system_uuid()));
        Connector::new(all)
    }

    /// The name of the iSCSI initiator (`InitiatorName=` in open-iscsi's file); none where there is no initiator.
    #[must_use]
    pub fn initiator(&self) -> Option<String> {
        let text = self.read(INITIATOR_NAME)?;
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("InitiatorName="));
        names.map(|name| name.trim().to_owned()).find(|name| !name.is_empty())
    }

    /// What every Fibre Channel port that is up says in `file`, without the leading `0x`.
    fn fibre_channel_names(&self, file: &str) -> Vec<String> {
        let hosts = "sys/class/fc_host";
        let Ok(entries) = fs::read_dir(self.root.join(hosts)) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .take(MAX_NAMES)
            .filter(|host| {
                self.first_line(&format!("{hosts}/{host}/port_state")).is_some_and(|state| state == "Online")
            })
            .filter_map(|host| self.first_line(&format!("{hosts}/{host}/{file}")))
            .map(|name| name.trim_start_matches("0x").to_owned())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn nvme_multipath(&self) -> bool {
        self.first_line("sys/module/nvme_core/parameters/multipath").is_some_and(|answer| answer == "Y")
    }

    /// What the firmware calls the machine; containers and guests without firmware have none.
    fn system_uuid(&self) -> Option<String> {
        self.first_line("sys/class/dmi/id/product_uuid").map(|uuid| uuid.to_ascii_lowercase())
    }

    fn first_line(&self, path: &str) -> Option<String> {
        let text = self.read(path)?;
        let line = text.lines().next()?.trim();
        (!line.is_empty() && line.chars().count() <= MAX_TEXT_CHARS).then(|| line.to_owned())
    }

    fn read(&self, path: &str) -> Option<String> {
        read_small(&self.root.join(path))
    }
}

/// A file that is text and not large; none where there is none such.
fn read_small(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut text = String::new();
    fs::File::open(path).ok()?.take(MAX_FILE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The address from which this host would speak to the rest of the world.
fn outgoing_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    let local = socket.connect(SocketAddr::from(ANYWHERE)).and_then(|()| socket.local_addr());
    local.ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests;
