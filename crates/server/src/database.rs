//! The database that the configuration names, or the file in the data directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use config::Config;
use config::database::{self, Database as Section, DatabaseEngine, DatabaseServer, DatabaseUrl};
use store::engine::{Dialect, Server, Tls, Verify};
use store::{Database, Options, Store, StoreError};

use crate::cli::{Failure, chain};
use crate::data_dir::{self, DataDir};

/// Where the database is, and what to call it.
pub(crate) struct Chosen {
    section: Section,
    options: Options,
    name: String,
}

impl Chosen {
    /// What the configuration says, with its file in `data_dir` when it says nothing.
    pub(crate) fn of(config: &Config, data_dir: &Path) -> Result<Self, Failure> {
        let section = Section::read(config).map_err(|error| chain(&error))?;
        let database = match &section.place {
            None => Database::File(data_dir.join(data_dir::DATABASE)),
            Some(DatabaseUrl::File(path)) => Database::File(path.clone()),
            Some(DatabaseUrl::Server(server)) => Database::Server(Box::new(reached(server, &section))),
        };
        let name = match (&section.place, &database) {
            (Some(url), _) => url.to_string(),
            (None, Database::File(path)) => path.display().to_string(),
            (None, Database::Server(server)) => server.database.clone(),
        };
        Ok(Self { section, options: Options::of(database), name })
    }

    /// The same, from files of the configuration.
    pub(crate) fn load(configs: &[PathBuf], data_dir: &Path) -> Result<Self, Failure> {
        Self::of(&Config::load(configs).map_err(|error| chain(&error))?, data_dir)
    }

    /// How it is opened.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Where it is, without who asks.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a file that nobody has made yet.
    pub(crate) fn is_to_be_made(&self) -> bool {
        matches!(&self.options.database, Database::File(path) if !path.exists())
    }

    /// Opens it for the service. A file is made and brought to the newest version; a server's database is looked after by
    /// `besser db sync`, and waited for while it does not answer.
    pub(crate) async fn open(&self, data_dir: &DataDir) -> Result<Store, Failure> {
        if let Database::File(path) = &self.options.database {
            data_dir::close_database(path)
                .map_err(|error| format!("cannot keep {} private: {error}", path.display()))?;
            return Store::open(self.options.clone()).map_err(|error| self.unusable(&error));
        }
        tracing::debug!(data_dir = %data_dir.path().display(), database = self.name, "opening the database");
        let mut tries = 0;
        loop {
            match Store::open_beside(self.options.clone()) {
                Err(error @ StoreError::Unreachable { .. })
                    if self.section.max_retries.is_none_or(|most| tries < most) =>
                {
                    tries += 1;
                    let seconds = self.section.retry_interval_s;
                    tracing::warn!(
                        error = error.chain(),
                        seconds,
                        "the database does not answer; trying again"
                    );
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                opened => return opened.map_err(|error| self.unusable(&error)),
            }
        }
    }

    /// Opens it beside the processes that serve.
    pub(crate) fn open_beside(&self) -> Result<Store, Failure> {
        if let Database::File(path) = &self.options.database
            && !path.exists()
        {
            let directory = path.parent().unwrap_or(path).display();
            return Err(format!(
                "there is no database in {directory}: give the right --data-dir or --config"
            ));
        }
        Store::open_beside(self.options.clone()).map_err(|error| self.unusable(&error))
    }

    /// Why it cannot be used, in one line.
    pub(crate) fn unusable(&self, error: &StoreError) -> Failure {
        format!("cannot use the database {}: {}", self.name, error.chain())
    }
}

fn reached(server: &DatabaseServer, section: &Section) -> Server {
    Server {
        dialect: match server.engine {
            DatabaseEngine::MariaDb => Dialect::MariaDb,
            DatabaseEngine::PostgreSql => Dialect::PostgreSql,
        },
        host: server.host.clone(),
        port: server.port,
        socket: server.socket.clone(),
        user: server.user.clone(),
        password: server.password.clone(),
        database: server.database.clone(),
        tls: match &server.tls {
            database::Tls::Off => Tls::Off,
            database::Tls::IfOffered => Tls::IfOffered,
            database::Tls::On { authorities, identity, verify } => Tls::On {
                authorities: authorities.clone(),
                identity: identity.clone(),
                verify: match verify {
                    database::Verify::Nothing => Verify::Nothing,
                    database::Verify::Authority => Verify::Authority,
                    database::Verify::Name => Verify::Name,
                },
            },
        },
        connections: usize::try_from(section.max_pool_size).unwrap_or(usize::MAX),
        recycle_after: section.connection_recycle_s.map(Duration::from_secs),
        max_retries: u32::try_from(section.db_max_retries).unwrap_or(u32::MAX),
    }
}
