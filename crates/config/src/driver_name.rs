//! The volume drivers, by the names that configuration files have for them.

use std::str::FromStr;

use thiserror::Error;

use crate::shown::Names;

/// A volume driver, as `volume_driver` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DriverName {
    /// Files in a directory of this host.
    Local,
    /// Logical volumes of a volume group on this host's disks, exported over iSCSI.
    Lvm,
    /// Logical volumes of a volume group on a SAN LUN that every host reaches.
    LvmSan,
    /// Files on NFS shares.
    Nfs,
    /// Files on GlusterFS volumes.
    Glusterfs,
    /// Images in a Ceph pool.
    Rbd,
    /// A simulation over a plain directory, which can fail on purpose.
    Sim,
}

/// A `volume_driver` that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown volume driver; known are: {}", Names(&DriverName::ALL.map(DriverName::class_path)))]
pub struct UnknownDriver;

/// Class paths that Cinder had once, for drivers that have another one now.
const FORMER_CLASS_PATHS: [(&str, DriverName); 3] = [
    ("cinder.volume.drivers.lvm.LVMISCSIDriver", DriverName::Lvm),
    ("cinder.volume.drivers.lvm.LVMISERDriver", DriverName::Lvm),
    ("cinder.volume.driver.ISCSIDriver", DriverName::Lvm),
];

impl DriverName {
    /// Every driver.
    pub const ALL: [Self; 7] =
        [Self::Local, Self::Lvm, Self::LvmSan, Self::Nfs, Self::Glusterfs, Self::Rbd, Self::Sim];

    /// The name for people: `local`, `lvm`, `lvmsan`, …
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Lvm => "lvm",
            Self::LvmSan => "lvmsan",
            Self::Nfs => "nfs",
            Self::Glusterfs => "glusterfs",
            Self::Rbd => "rbd",
            Self::Sim => "sim",
        }
    }

    /// The name for files that Cinder reads too.
    #[must_use]
    pub fn class_path(self) -> &'static str {
        match self {
            Self::Local => "cinder.volume.drivers.local.LocalFileDriver",
            Self::Lvm => "cinder.volume.drivers.lvm.LVMVolumeDriver",
            Self::LvmSan => "cinder.volume.drivers.lvm.LVMSANDriver",
            Self::Nfs => "cinder.volume.drivers.nfs.NfsDriver",
            Self::Glusterfs => "cinder.volume.drivers.glusterfs.GlusterfsDriver",
            Self::Rbd => "cinder.volume.drivers.rbd.RBDDriver",
            Self::Sim => "besser.sim",
        }
    }

    /// The driver that took the place of a class which Cinder no longer has.
    #[must_use]
    pub fn of_former_class(path: &str) -> Option<Self> {
        FORMER_CLASS_PATHS.iter().find(|(former, _)| *former == path).map(|&(_, driver)| driver)
    }
}

/// Reads a short name, a class path of today or one of the past.
impl FromStr for DriverName {
    type Err = UnknownDriver;

    fn from_str(text: &str) -> Result<Self, UnknownDriver> {
        let by_name =
            Self::ALL.into_iter().find(|driver| [driver.short(), driver.class_path()].contains(&text));
        by_name.or_else(|| Self::of_former_class(text)).ok_or(UnknownDriver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_has_two_names_of_its_own() {
        for driver in DriverName::ALL {
            assert_eq!(driver.short().parse(), Ok(driver));
            assert_eq!(driver.class_path().parse(), Ok(driver));
        }
    }

    #[test]
    fn classes_of_the_past_are_known() {
        for path in ["LVMISCSIDriver", "LVMISERDriver"] {
            assert_eq!(format!("cinder.volume.drivers.lvm.{path}").parse(), Ok(DriverName::Lvm));
        }
        assert_eq!("cinder.volume.driver.ISCSIDriver".parse(), Ok(DriverName::Lvm));
        assert_eq!(DriverName::of_former_class(DriverName::Lvm.class_path()), None);
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in
            ["", "LVM", "local ", "cinder.volume.drivers.zbsiscsi.zbsiscsi.ZBSISCSIDriver", "LocalFileDriver"]
        {
            assert_eq!(text.parse::<DriverName>(), Err(UnknownDriver), "{text}");
        }
    }
}
