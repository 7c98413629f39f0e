//! The formats that are told apart.

use std::fmt;

/// What an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Nothing else: the bytes are the disk.
    Raw,
    /// QEMU copy-on-write, version 2 and 3.
    Qcow2,
    /// QEMU copy-on-write, version 1.
    Qcow,
    /// QEMU enhanced disk.
    Qed,
    /// ISO 9660.
    Iso,
    /// VMware.
    Vmdk,
    /// Virtual PC.
    Vhd,
    /// Hyper-V.
    Vhdx,
    /// `VirtualBox`.
    Vdi,
    /// Encrypted by LUKS.
    Luks,
    /// The bytes are a disk with a partition table, GPT or MBR.
    Gpt,
}

impl Format {
    /// The word of the Image API for it, or the field's own where the API has none.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Qcow => "qcow",
            Self::Qed => "qed",
            Self::Iso => "iso",
            Self::Vmdk => "vmdk",
            Self::Vhd => "vhd",
            Self::Vhdx => "vhdx",
            Self::Vdi => "vdi",
            Self::Luks => "luks",
            Self::Gpt => "gpt",
        }
    }

    /// Whether an image of this format may be declared as `declared`.
    #[must_use]
    pub fn is_declared(self, declared: &str) -> bool {
        match declared {
            // A disk with a partition table is a disk; kernels and their friends are bytes.
            "raw" | "ami" | "ari" | "aki" => matches!(self, Self::Raw | Self::Gpt),
            // Not told apart here: no format that is.
            "ploop" => self == Self::Raw,
            other => self.as_str() == other,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
