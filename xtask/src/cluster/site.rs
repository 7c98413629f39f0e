//! Everything that runs: the database, the broker, the members.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackbox::cloud::Cloud;
use blackbox::rabbitmq::RabbitMq;
use tempfile::TempDir;

use super::member::{Member, Part};
use crate::commands::output_of;
use crate::databases::{self, Engine, Server};

/// The storage that two members look after together, and the one of a member alone.
pub(super) const BACKENDS: [&str; 2] = ["shared", "own"];

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
    pub(super) broker: Option<RabbitMq>,
    pub(super) database: Server,
    binary: PathBuf,
    home: TempDir,
}

impl Site {
    /// Starts all of it, one after the other.
    pub(crate) fn start(engine: Engine, binary: &Path) -> io::Result<Self> {
        let database = databases::start(engine)?;
        let broker = RabbitMq::start(|_| String::new());
        let home = tempfile::Builder::new().prefix("besser-cluster-").tempdir()?;
        let mut site = Self { members: Vec::new(), broker, database, binary: binary.to_owned(), home };
        for name in BACKENDS {
            fs::create_dir_all(site.storage(name))?;
        }
        for part in PARTS {
            let config = site.config(&part);
            site.members.push(Member::new(part, site.home.path(), binary, &config)?);
        }
        // The catalog names one address, whoever is up.
        let endpoint = format!("[DEFAULT]\npublic_endpoint = {}\n", site.members[0].volume_root());
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
        println!("{} at {}", self.engine().name(), self.database.socket().display());
        match &self.broker {
            Some(broker) => println!("RabbitMQ at 127.0.0.1:{}", broker.port()),
            None => println!("without a broker"),
        }
        for member in &self.members {
            let root = match member.part.roles {
                roles if roles.contains("api") => member.volume_root(),
                "image" => member.image_root(),
                _ => String::new(),
            };
            println!("{:12} {:14} {}", member.part.name, member.part.roles, root);
        }
        println!("export OS_CLIENT_CONFIG_FILE={} OS_CLOUD=besser", self.clouds().display());
        println!("Enter ends it");
    }

    pub(super) fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// How to log in.
    pub(super) fn cloud(&self, name: &str) -> Cloud {
        Cloud::read(&self.clouds(), name)
    }

    /// Where the two APIs are.
    pub(super) fn apis(&self) -> Vec<String> {
        let apis = self.members.iter().filter(|member| member.part.roles.contains("api"));
        apis.map(Member::volume_root).collect()
    }

    pub(super) fn member(&mut self, name: &str) -> io::Result<&mut Member> {
        let found = self.members.iter_mut().find(|member| member.part.name == name);
        found.ok_or_else(|| io::Error::other(format!("there is no {name}")))
    }

    /// Every file of every storage.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        BACKENDS.iter().flat_map(|name| blackbox::disk::files_below(&self.storage(name))).collect()
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
        let socket = self.database.socket().display();
        let database = match self.engine() {
            Engine::Mariadb => {
                format!("mysql+pymysql://besser@/shared?charset=utf8&unix_socket={socket}")
            }
            Engine::Postgresql => format!("postgresql+psycopg2://besser@/postgres?host={socket}"),
        };
        let mut text = format!("host = {}\n", part.name);
        if let Some(broker) = &self.broker {
            text.push_str(&format!("transport_url = rabbit://guest:guest@127.0.0.1:{}/\n", broker.port()));
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
        format!("{text}[database]\nconnection = {database}\n")
    }
}
