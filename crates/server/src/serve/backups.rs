//! Where this process keeps backups, as the configuration says.

use ::backup::chunked::Options;
use ::backup::{Algorithm, Means};
use backends::backup::registry::{self, OpenError};
use config::{Config, OptionError, Section};
use operations::backup::Keeper;

use crate::cli::Failure;
use crate::data_dir::DataDir;

/// The directory of the backups of a fresh installation, in the data directory.
pub(crate) const DIRECTORY: &str = "backups";
/// Memory that all backups and restores of a process share, whatever the sizes of the volumes, in bytes.
const MEMORY_BYTES: u64 = 256 << 20;

/// The keeper of this process; none when the configuration names a store that is not built.
pub(super) fn open(config: &Config, data_dir: &DataDir) -> Result<Option<Keeper>, Failure> {
    let section = config.default_section();
    let default_path = data_dir.make_private(DIRECTORY)?;
    let store = match registry::open(&section, default_path) {
        Ok(store) => store,
        Err(error @ OpenError::NotBuilt(_)) => {
            tracing::error!(why = %error, "no backups are kept");
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let options = options(&section).map_err(|error| error.to_string())?;
    options.check().map_err(|why| format!("backup_file_size: {why}"))?;
    Ok(Some(Keeper { store, options, means: Means::new(MEMORY_BYTES) }))
}

fn options(section: &Section<'_>) -> Result<Options, OptionError> {
    let bytes = |key| section.int_in(key, 1..=i64::MAX).map(i64::unsigned_abs);
    let algorithm = Algorithm::parse(&section.text("backup_compression_algorithm")?);
    Ok(Options {
        object_bytes: bytes("backup_file_size")?,
        block_bytes: bytes("backup_sha_block_size_bytes")?,
        algorithm: algorithm.unwrap_or(Algorithm::Zlib),
    })
}
