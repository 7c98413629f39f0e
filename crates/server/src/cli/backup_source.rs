//! What backups were made from, where it is still there: `besser backup verify --deep` compares them with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ::backends::registry;
use ::backup::chunked::Layer;
use ::backup::{BackupError, Engine};
use config::Config;
use ports::volume::SnapshotRef;
use ports::{Exec, VolumeDriver, Work};

use super::Failure;
use crate::serve::complete_backends;

/// The backends of the configuration that can be opened here, by the names of their sections.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<String, Arc<dyn VolumeDriver>>);

/// What came of a comparison.
pub(super) enum Compared {
    /// The same.
    Same,
    /// There was nothing to compare with.
    Not,
    /// How it differs.
    Differs(String),
}

impl Sources {
    /// Those of `config`. One that cannot be opened is left out: nothing is compared with what it has.
    pub(super) fn of(config: &mut Config, data_dir: &Path, exec: &Exec) -> Result<Self, Failure> {
        complete_backends(config, data_dir)?;
        let mut drivers = BTreeMap::new();
        for section in config.backends().map_err(|error| error.to_string())? {
            if let Ok(driver) = registry::open(&section, exec) {
                drivers.insert(section.name().to_owned(), driver);
            }
        }
        Ok(Self(drivers))
    }

    /// Compares the backup `layer` with the snapshot on `host@backend` that it was made from.
    pub(super) fn compare(
        &self,
        engine: &Engine,
        layer: &Layer,
        (host, snapshot): &(String, SnapshotRef),
    ) -> Result<Compared, BackupError> {
        let name = host.rsplit_once('@').map_or(host.as_str(), |(_, name)| name);
        let Some(disk) = self.0.get(name).and_then(|driver| driver.open_snapshot(snapshot).ok()) else {
            return Ok(Compared::Not);
        };
        match engine.compare(layer, &*disk, &Work::new()) {
            Ok(true) => Ok(Compared::Same),
            Ok(false) => Ok(Compared::Not),
            Err(BackupError::Differs { blocks, block_bytes, offset_bytes }) => {
                Ok(Compared::Differs(format!(
                    "it differs from snapshot {} in {blocks} blocks of {block_bytes} bytes, the first at {offset_bytes}",
                    snapshot.id
                )))
            }
            Err(error) => Err(error),
        }
    }
}
