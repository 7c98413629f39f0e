//! The options of the simulated backend.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use config::{OptionError, Section};
use model::GIB;
use ports::volume::Provisioning;

use crate::volume::options::{natural, only_pool, provisioning, required};

/// What a simulated backend says of what has changed since a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Nothing.
    None,
    /// What is so.
    True,
    /// That nothing has, whatever is so.
    Empty,
}

/// What a simulated backend is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimOptions {
    /// Where its files are.
    pub directory: PathBuf,
    /// The name of its only pool.
    pub pool_name: String,
    /// How much it says it has.
    pub total_capacity_gib: u64,
    /// How large one GiB of a volume is in its file. Files are sparse, so the real size costs nothing up to what the
    /// file system allows in one file; tests of huge sizes take less.
    pub gib_bytes: u64,
    /// Thick promises space at once and refuses what is not there; thin never refuses.
    pub provisioning: Provisioning,
    /// How long each effect takes.
    pub delay: Duration,
    /// The other sites, by `backend_id`. What is at a site is what the first one has, without the volumes that are not
    /// replicated.
    pub replication_targets: Vec<String>,
    /// Every so manieth effect stops half way with an error.
    pub fail_every: Option<NonZeroU64>,
    /// Whether it says that it can take a snapshot of an attached volume at one moment.
    pub online_snapshot: bool,
    /// Whether it leaves it to the host of a server to grow what is attached. There is no such host: it is found grown.
    pub grown_by_host: bool,
    /// Whether it says that other machines reach its volumes. Only [`super::SimInitiator`] does.
    pub offers_volumes: bool,
    /// What it says of what has changed.
    pub account: Account,
}

impl SimOptions {
    /// A fast and faultless thin backend of 1000 GiB in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            pool_name: "pool".to_owned(),
            total_capacity_gib: 1000,
            gib_bytes: GIB,
            provisioning: Provisioning::Thin,
            delay: Duration::ZERO,
            replication_targets: Vec::new(),
            fail_every: None,
            online_snapshot: false,
            grown_by_host: false,
            offers_volumes: false,
            account: Account::None,
        }
    }
    /// What a section of the configuration says: `mount_point`, `nas_volume_prov_type`, and knobs of its own,
    /// `sim_capacity_gib`, `sim_gib_bytes`, `sim_delay_ms`, `sim_fail_every` and `sim_grown_by_host`.
    ///
    /// # Errors
    /// `mount_point` is not set, or a value is not one of its option.
    pub fn from_section(section: &Section<'_>) -> Result<Self, OptionError> {
        let plain = Self::new(required(section, "mount_point")?.into());
        Ok(Self {
            pool_name: only_pool(section)?,
            total_capacity_gib: natural(section, "sim_capacity_gib")?.unwrap_or(plain.total_capacity_gib),
            gib_bytes: natural(section, "sim_gib_bytes")?
                .filter(|bytes| *bytes > 0)
                .unwrap_or(plain.gib_bytes),
            provisioning: provisioning(section)?,
            delay: natural(section, "sim_delay_ms")?.map_or(plain.delay, Duration::from_millis),
            replication_targets: section
                .dicts("replication_device")?
                .into_iter()
                .filter_map(|device| device.into_iter().find(|(key, _)| key == "backend_id"))
                .map(|(_, id)| id)
                .collect(),
            fail_every: natural(section, "sim_fail_every")?.and_then(NonZeroU64::new),
            grown_by_host: section.bool("sim_grown_by_host")?,
            ..plain
        })
    }
}
