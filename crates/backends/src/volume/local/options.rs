//! The options of the local driver, by their names in the configuration.

use std::path::PathBuf;

use config::{OptionError, Section};
use ports::volume::Provisioning;

use crate::volume::options::{natural, only_pool, provisioning, required};

/// `image_format`: how a volume is kept in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// The file is the volume, byte for byte.
    Raw,
    /// QEMU's copy-on-write format, version 3.
    Qcow2,
}

/// `volume_clear`: what happens to the data of a deleted volume whose space was preallocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeClear {
    /// It is given back to the file system as it is.
    None,
    /// It is overwritten with zeros first.
    Zero,
}

/// What a local backend is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// `mount_point`: where the files are.
    pub mount_point: PathBuf,
    /// `image_base_path`: where images are cached, each backend's in a directory by its name; none means in
    /// `mount_point` itself.
    pub image_base_path: Option<PathBuf>,
    /// The name of that directory.
    pub backend_name: String,
    /// `image_format`.
    pub image_format: ImageFormat,
    /// Whether a volume takes all its space when it is made (`nas_volume_prov_type = thick`).
    pub preallocate: bool,
    /// `volume_clear`. Of a volume that was not preallocated nothing is left to overwrite: giving back its blocks
    /// is the wipe, and the file system hands out no block unwritten.
    pub volume_clear: VolumeClear,
    /// `volume_clear_size`: how many MiB from the start are overwritten; 0 means all.
    pub volume_clear_size_mib: u64,
    /// `volume_copy_bps_limit`: how fast all copies together may be; 0 means as fast as they can.
    pub copy_bytes_per_second: u64,
    /// The name of its only pool.
    pub pool_name: String,
}

impl LocalOptions {
    /// Sparse raw files in `mount_point`.
    #[must_use]
    pub fn new(mount_point: PathBuf) -> Self {
        Self {
            mount_point,
            image_base_path: None,
            backend_name: "local".to_owned(),
            image_format: ImageFormat::Raw,
            preallocate: false,
            volume_clear: VolumeClear::Zero,
            volume_clear_size_mib: 0,
            copy_bytes_per_second: 0,
            pool_name: "local".to_owned(),
        }
    }
    /// What a section of the configuration says.
    ///
    /// # Errors
    /// `mount_point` is not set, or a value is not one of its option.
    pub fn from_section(section: &Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            mount_point: required(section, "mount_point")?.into(),
            image_base_path: section.nonempty("image_base_path")?.map(PathBuf::from),
            backend_name: section.name().replace('/', "_"),
            image_format: match section.text("image_format")?.as_str() {
                "raw" => ImageFormat::Raw,
                _ => ImageFormat::Qcow2,
            },
            preallocate: provisioning(section)? == Provisioning::Thick,
            volume_clear: match section.text("volume_clear")?.as_str() {
                "none" => VolumeClear::None,
                _ => VolumeClear::Zero,
            },
            volume_clear_size_mib: natural(section, "volume_clear_size")?.unwrap_or(0),
            copy_bytes_per_second: natural(section, "volume_copy_bps_limit")?.unwrap_or(0),
            pool_name: only_pool(section)?,
        })
    }
}
