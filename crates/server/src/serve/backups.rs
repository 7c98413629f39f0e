//! Where this process keeps backups, as the configuration says.

use std::path::{Path, PathBuf};

use ::backup::chunked::Options;
use ::backup::packed::StoreKey;
use ::backup::{Algorithm, Engine, Format, Means};
use backends::backup::registry::{self, OpenError};
use config::{Config, OptionError, Section};
use model::secret::Secret;
use operations::backup::Keeper;
use ports::{Exec, Scratch};

use crate::cli::Failure;
use crate::data_dir::DataDir;

/// The directory of the backups of a fresh installation, in the data directory.
pub(crate) const DIRECTORY: &str = "backups";
/// The directory in which backups are restored for a test and volumes converted into images, in the data directory.
const SCRATCH: &str = "scratch";
/// Memory that all backups and restores of a process share, whatever the sizes of the volumes, in bytes.
const MEMORY_BYTES: u64 = 256 << 20;

/// The keeper of this process; none when the configuration names a store that is not built.
pub(super) fn open(config: &Config, data_dir: &DataDir, exec: &Exec) -> Result<Option<Keeper>, Failure> {
    let (default_path, section) = (data_dir.make_private(DIRECTORY)?, config.default_section());
    let Some(engine) = engine(&section, default_path, exec)? else { return Ok(None) };
    Ok(Some(Keeper { engine, scratch: scratch_dir(&section, data_dir)? }))
}

fn scratch_dir(section: &Section<'_>, data_dir: &DataDir) -> Result<PathBuf, Failure> {
    match section.sets("image_conversion_dir") {
        true => Ok(section.text("image_conversion_dir").map_err(|error| error.to_string())?.into()),
        false => data_dir.make_private(SCRATCH),
    }
}

/// Where this process alone converts volumes into images. What an earlier life of it left there is removed.
pub(super) fn scratch(config: &Config, data_dir: &DataDir, seat: &str) -> Result<Scratch, Failure> {
    let path = scratch_dir(&config.default_section(), data_dir)?.join(format!("converted-{seat}"));
    Scratch::take(&path).map_err(|error| format!("cannot empty {}: {error}", path.display()))
}

/// The store and the engine that the configuration means; none when the store is not built.
pub(crate) fn engine(
    section: &Section<'_>,
    default_path: PathBuf,
    exec: &Exec,
) -> Result<Option<Engine>, Failure> {
    let store = match registry::open(section, default_path, exec) {
        Ok(store) => store,
        Err(error @ OpenError::NotBuilt(_)) => {
            tracing::error!(why = %error, "no backups are kept");
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let wrong = |error: OptionError| error.to_string();
    let sizes = registry::size_options(&*store);
    let options = options(section, sizes).map_err(wrong)?;
    options.check().map_err(|why| format!("{}: {why}", sizes.0))?;
    let format = match section.sets("backup_format") {
        true => {
            Format::parse(&section.text("backup_format").map_err(wrong)?, &*store).unwrap_or(Format::Packed)
        }
        // What lists do not show could be taken for what nobody needs.
        false if !store.capabilities().lists_at_once => Format::Chunked,
        false => Format::Packed,
    };
    let key_file = section.nonempty("backup_key_file").map_err(wrong)?;
    let key = key_file.map(|path| key(Path::new(&path))).transpose()?;
    Ok(Some(Engine { store, format, options, key, means: Means::new(MEMORY_BYTES) }))
}

/// The key in a file: 64 hexadecimal digits, and white space around them.
fn key(path: &Path) -> Result<StoreKey, Failure> {
    let failed = |why: &str| format!("backup_key_file: {}: {why}", path.display());
    let text = std::fs::read_to_string(path).map(Secret::new).map_err(|error| failed(&error.to_string()))?;
    let digits = text.expose().trim().as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return Err(failed("a key has 64 hexadecimal digits"));
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(failed("a key has hexadecimal digits only"));
        };
        *byte = high << 4 | low;
    }
    Ok(StoreKey::new(&Secret::new(bytes)))
}

fn options(section: &Section<'_>, (object_size, block_size): (&str, &str)) -> Result<Options, OptionError> {
    let bytes = |key| section.int_in(key, 1..=i64::MAX).map(i64::unsigned_abs);
    let algorithm = Algorithm::parse(&section.text("backup_compression_algorithm")?);
    Ok(Options {
        object_bytes: bytes(object_size)?,
        block_bytes: bytes(block_size)?,
        algorithm: algorithm.unwrap_or(Algorithm::Zlib),
    })
}
