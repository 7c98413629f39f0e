//! The backends that the configuration enables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::backends::registry::{self, OpenError};
use config::{Config, OptionError, Section};
use operations::base::cache::CacheLimits;
use operations::{Backend, Backends};
use ports::{Exec, VolumeDriver};

use crate::cli::Failure;
use crate::data_dir::DataDir;

/// The section of the backend that a fresh installation has.
const DEFAULT_BACKEND: &str = "local";
/// Where it keeps its files, in the data directory.
const DEFAULT_DIRECTORY: &str = "volumes";

/// Gives a configuration that enables no backend the one of a fresh installation: raw files in the data directory.
pub(super) fn complete(config: &mut Config, data_dir: &DataDir) -> Result<(), Failure> {
    complete_with(config, || data_dir.make_private(DEFAULT_DIRECTORY))
}

/// The same for whoever looks at the data directory from beside; nothing is made there.
pub(crate) fn complete_beside(config: &mut Config, data_dir: &Path) -> Result<(), Failure> {
    complete_with(config, || Ok(data_dir.join(DEFAULT_DIRECTORY)))
}

fn complete_with(
    config: &mut Config,
    directory: impl FnOnce() -> Result<PathBuf, Failure>,
) -> Result<(), Failure> {
    if !config.enabled_backends().map_err(|error| error.to_string())?.is_empty() {
        return Ok(());
    }
    let mount_point = directory()?;
    // A dollar sign in the path would be read as a reference.
    let mount_point = mount_point.display().to_string().replace('$', "$$");
    let text = format!(
        "[DEFAULT]\nenabled_backends = {DEFAULT_BACKEND}\n[{DEFAULT_BACKEND}]\n\
         volume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = {DEFAULT_BACKEND}\n\
         image_format = raw\nmount_point = {mount_point}\n"
    );
    config.overlay("(built in)", text.as_bytes()).map_err(|error| error.to_string())
}

/// Makes the backends of `host`.
pub(super) fn open(config: &Config, host: &str, zone: &str, exec: &Exec) -> Result<Backends, Failure> {
    let sections = config.backends().map_err(|error| error.to_string())?;
    let cluster = config.default_section().nonempty("cluster").map_err(|error| error.to_string())?;
    let mut backends = Vec::new();
    for section in &sections {
        match registry::open(section, exec) {
            Ok(driver) => {
                let cluster = cluster.as_deref();
                let backend = describe(section, (host, cluster), zone, driver);
                backends.push(backend.map_err(|error| error.to_string())?);
            }
            Err(error @ OpenError::Option(_)) => return Err(error.to_string()),
            Err(error) => tracing::error!(why = %error, "left out"),
        }
    }
    Ok(backends.into_iter().collect())
}

fn describe(
    section: &Section<'_>,
    (host, cluster): (&str, Option<&str>),
    zone: &str,
    driver: Arc<dyn VolumeDriver>,
) -> Result<Backend, OptionError> {
    let name = section.name();
    Ok(Backend {
        host: format!("{host}@{name}"),
        driver,
        zone: section.nonempty("backend_availability_zone")?.unwrap_or_else(|| zone.to_owned()),
        cluster: cluster.map(|cluster| format!("{cluster}@{name}")),
        volume_backend_name: section.nonempty("volume_backend_name")?.unwrap_or_else(|| name.to_owned()),
        reserved_percentage: u8::try_from(section.int_in("reserved_percentage", 0..=100)?).unwrap_or(0),
        max_over_subscription_ratio: section.text("max_over_subscription_ratio")?,
        filter_function: section.nonempty("filter_function")?,
        goodness_function: section.nonempty("goodness_function")?,
        report_discard: section.bool("report_discard_supported")?,
        block_sizes: block_sizes(section)?,
        image_cache: image_cache(section)?,
        extra_capabilities: serde_json::Map::new(),
    })
}

/// The cache of images, when there is one; 0 is no limit.
fn image_cache(section: &Section<'_>) -> Result<Option<CacheLimits>, OptionError> {
    let limit = |name| Ok(u64::try_from(section.int_in(name, 0..=i64::MAX)?).unwrap_or(0));
    let limits = CacheLimits {
        max_size_gib: limit("image_volume_cache_max_size_gb")?,
        max_count: limit("image_volume_cache_max_count")?,
    };
    Ok(section.bool("image_volume_cache_enabled")?.then_some(limits))
}

/// Physical and logical block size in bytes.
fn block_sizes(section: &Section<'_>) -> Result<Option<(u16, u16)>, OptionError> {
    Ok(section.nonempty("disk_geometry")?.and_then(|geometry| match geometry.as_str() {
        "512" => Some((512, 512)),
        "512e" => Some((4096, 512)),
        "4k" => Some((4096, 4096)),
        // The option has no other choice.
        _ => None,
    }))
}
