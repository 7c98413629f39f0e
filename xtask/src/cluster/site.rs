//! Everything that runs: the database, the broker, the members.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackbox::cloud::Cloud;
use blackbox::rabbitmq::RabbitMq;
use blackbox::server::MEMBER_CLOUD;
use tempfile::TempDir;

use super::balancer;
use super::identity::Identity;
use super::member::{Member, Part};
use super::network::{Network, Service};
use crate::commands::output_of;
use crate::databases::{self, Engine, Server};
use crate::{packages, python};

/// The storage that two members look after together, and the one of a member alone.
pub(super) const BACKENDS: [&str; 2] = ["shared", "own"];

/// The one of them that is a disk of its own where there are hosts, with room for so much: more than all volumes of a
/// run take, and few enough files to use up.
const DISK: (&str, &str) = ("own", "size=256g,nr_inodes=4096");
/// What takes the room of the others.
const BALLAST: &str = ".ballast";

/// Who plays what. The first makes the database's first rows and the key that all share.
const PARTS: [Part; 9] = [
    Part { name: "api-1", roles: "identity,api", backends: "" },
    Part { name: "api-2", roles: "api", backends: "" },
    Part { name: "scheduler-1", roles: "scheduler", backends: "" },
    Part { name: "scheduler-2", roles: "scheduler", backends: "" },
    Part { name: "volume-1", roles: "volume", backends: "shared" },
    Part { name: "volume-2", roles: "volume", backends: "shared" },
    Part { name: "volume-3", roles: "volume", backends: "own" },
    Part { name: "backup-1", roles: "backup", backends: "shared,own" },
    Part { name: "image-1", roles: "image", backends: "" },
];

/// The cluster; it ends with this, in the order of its fields.
pub(crate) struct Site {
    pub(super) members: Vec<Member>,
    identity: Option<Identity>,
    pub(super) broker: Option<RabbitMq>,
    pub(super) database: Server,
    binary: PathBuf,
    /// The version that comes after that one, when there is to be one.
    pub(super) newer: Option<PathBuf>,
    home: TempDir,
    /// That disk, as it is seen from here.
    disk: Option<PathBuf>,
    pub(super) network: Network,
}

impl Site {
    /// Starts all of it, one after the other.
    pub(crate) fn start(engine: Engine, binary: &Path) -> io::Result<Self> {
        packages::message_broker();
        packages::networks();
        let keystone = python::keystone().map_err(|why| println!("without Keystone: {why}")).ok();
        let network = Network::enter()?;
        let database = databases::start_at(engine, network.database())?;
        let broker =
            RabbitMq::start_at(network.address(Service::Broker), |_| "loopback_users = none\n".to_owned());
        let front = network.address(Service::Front);
        let identity = keystone.map(|venv| Identity::start(venv, front));
        let home = tempfile::Builder::new().prefix("besser-cluster-").tempdir()?;
        // Hosts have no working directory.
        let (members, binary) = (Vec::new(), fs::canonicalize(binary)?);
        let mut site =
            Self { members, identity, broker, database, binary, newer: None, home, disk: None, network };
        for name in BACKENDS {
            fs::create_dir_all(site.storage(name))?;
        }
        site.disk = site.network.mount(&site.storage(DISK.0), DISK.1)?;
        for (part, number) in PARTS.into_iter().zip(0..) {
            let (config, host) = (site.config(&part), site.network.host(number)?);
            site.members.push(Member::new(part, host, (site.home.path(), &site.binary), &config)?);
        }
        // The catalog names one address, whoever is up.
        let apis = site.members.iter().filter(|member| member.is_api()).map(Member::volume_address);
        let front = balancer::before(front.into(), apis.collect())?;
        let front = format!("http://{front}");
        if let Some(identity) = &site.identity {
            identity.introduce(&front, &site.images())?;
        }
        let endpoint = format!("[DEFAULT]\npublic_endpoint = {front}\n");
        for member in &site.members {
            let config = fs::read_to_string(member.config())?;
            fs::write(member.config(), format!("{endpoint}{config}"))?;
        }
        site.besser(&["db", "sync"])?;
        for number in 0..site.members.len() {
            if number > 0 {
                let key = site.members[0].data_dir().join("master-key");
                fs::copy(key, site.members[number].data_dir().join("master-key"))?;
            }
            site.members[number].start()?;
        }
        Ok(site)
    }

    /// Tells how it is used.
    pub(super) fn explain(&self) {
        if let Some(way) = self.network.way_in() {
            println!("each on a host of its own; to get to them: {way}");
        }
        println!("{} at {}", self.engine().name(), self.database.socket().display());
        match &self.broker {
            Some(broker) => {
                println!("RabbitMQ at {}:{}", self.network.address(Service::Broker), broker.port())
            }
            None => println!("without a broker"),
        }
        if let Some(identity) = &self.identity {
            println!("Keystone at {}", identity.url());
        }
        for member in &self.members {
            let root = match member.part.roles {
                roles if roles.contains("api") => member.volume_root(),
                "image" => member.image_root(),
                _ => String::new(),
            };
            println!("{:12} {:14} {}", member.part.name, member.part.roles, root);
        }
        let (file, cloud) = match &self.identity {
            Some(identity) => (identity.clouds_yaml(), "admin"),
            None => (self.clouds(), MEMBER_CLOUD),
        };
        println!("export OS_CLIENT_CONFIG_FILE={} OS_CLOUD={cloud}", file.display());
        println!("Enter ends it");
    }

    pub(super) fn has_keystone(&self) -> bool {
        self.identity.is_some()
    }

    pub(super) fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// How to log in.
    pub(super) fn cloud(&self, name: &str) -> Cloud {
        match &self.identity {
            Some(identity) => identity.cloud(name),
            None => Cloud::read(&self.clouds(), name),
        }
    }

    /// Where the Image API is.
    pub(super) fn images(&self) -> String {
        let found = self.members.iter().find(|member| member.part.roles == "image");
        found.map(Member::image_root).unwrap_or_default()
    }

    /// Where the two APIs are.
    pub(super) fn apis(&self) -> Vec<String> {
        self.members.iter().filter(|member| member.is_api()).map(Member::volume_root).collect()
    }

    pub(super) fn member(&mut self, name: &str) -> io::Result<&mut Member> {
        let found = self.members.iter_mut().find(|member| member.part.name == name);
        found.ok_or_else(|| io::Error::other(format!("there is no {name}")))
    }

    /// Every file of every storage.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let places = BACKENDS.map(|name| match &self.disk {
            Some(disk) if name == DISK.0 => disk.clone(),
            _ => self.storage(name),
        });
        places.iter().flat_map(|place| blackbox::disk::files_below(place)).collect()
    }

    /// Brings the schema to what the newer binary knows. The older one has to say that it goes on with it.
    pub(super) fn migrate(&mut self) -> io::Result<()> {
        let Some(newer) = self.newer.clone() else { return Ok(()) };
        let older = std::mem::replace(&mut self.binary, newer);
        println!("{}", self.besser(&["db", "sync"])?.trim_end());
        let newer = std::mem::replace(&mut self.binary, older);
        println!("the older version: {}", self.besser(&["db", "check"])?.trim_end());
        self.binary = newer;
        Ok(())
    }

    /// Ends a member and starts it again as the newer version.
    pub(super) fn upgrade(&mut self, name: &str) -> io::Result<()> {
        let Some(newer) = self.newer.clone() else { return Ok(()) };
        let member = self.member(name)?;
        member.end()?;
        member.replace(newer);
        member.start()
    }

    /// Whether a storage can be filled.
    pub(super) fn has_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// Leaves no room for another file on the storage that is a disk of its own, or makes room again.
    pub(super) fn fill_storage(&self, full: bool) -> io::Result<()> {
        let Some(ballast) = self.disk.as_ref().map(|disk| disk.join(BALLAST)) else { return Ok(()) };
        if !full {
            return fs::remove_dir_all(ballast);
        }
        fs::create_dir(&ballast)?;
        for number in 0_u64.. {
            match fs::File::create(ballast.join(number.to_string())) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Runs the binary's own tools on the database; what they print.
    pub(super) fn besser(&self, arguments: &[&str]) -> io::Result<String> {
        let config = self.members[0].config();
        output_of(Command::new(&self.binary).args(arguments).arg("--config").arg(config))
    }

    fn clouds(&self) -> PathBuf {
        self.members[0].data_dir().join("clouds.yaml")
    }

    fn storage(&self, name: &str) -> PathBuf {
        self.home.path().join("storage").join(name)
    }

    fn config(&self, part: &Part) -> String {
        let database = self.database.url();
        let mut text = format!("host = {}\n", part.name);
        if let Some(broker) = &self.broker {
            let (address, port) = (self.network.address(Service::Broker), broker.port());
            text.push_str(&format!("transport_url = rabbit://guest:guest@{address}:{port}/\n"));
        }
        if part.backends.contains("shared") {
            text.push_str("cluster = pair\n");
        }
        let backups = self.home.path().join("backups");
        text.push_str(&format!("backup_posix_path = {}\n", backups.display()));
        // Who looks after no backend is not asked about any.
        let (names, backends) = if part.backends.is_empty() {
            (BACKENDS.join(","), BACKENDS.to_vec())
        } else {
            (part.backends.to_owned(), part.backends.split(',').collect())
        };
        text.push_str(&format!("enabled_backends = {names}\n"));
        for name in backends {
            text.push_str(&format!(
                "[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\n\
                 volume_backend_name = {name}\nimage_format = raw\nmount_point = {}\n",
                self.storage(name).display()
            ));
        }
        let images = self.home.path().join("images");
        text.push_str(&format!("[glance_store]\nfilesystem_store_datadir = {}\n", images.display()));
        text.push_str(&self.identity.as_ref().map(Identity::config).unwrap_or_default());
        format!("{text}[database]\nconnection = {database}\n")
    }
}
