//! What is remembered of a disk in a virtual machine, and how one is asked for.

use std::str::FromStr;
use std::time::Duration;

use model::VolumeId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::PlugError;
use super::device_name::DeviceName;
use super::limits::Limits;

/// How long a guest may take to release a disk unless something else is said.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);
/// How much of a word that means nothing is repeated.
const MAX_BAD_CHARS: usize = 32;

/// A disk that is in a virtual machine: what Nova keeps in `block_device_mapping`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugged {
    /// The volume.
    pub volume_id: VolumeId,
    /// The virtual machine, as [`Vm`](super::Vm) is written.
    pub vm: String,
    /// The name that the guest gives it.
    pub device: DeviceName,
    /// What the hypervisor calls it.
    pub alias: String,
    /// Whether the guest can only read.
    pub read_only: bool,
    /// How large it is for the guest, in bytes, where the hypervisor says.
    pub size_bytes: Option<u64>,
}

impl Plugged {
    /// Refuses what is plugged in another way than `options` say.
    pub(super) fn must_be(&self, options: &Options) -> Result<(), PlugError> {
        let otherwise = if self.read_only != options.read_only {
            if self.read_only { "for reading only".to_owned() } else { "for writing too".to_owned() }
        } else if options.device.is_some_and(|wanted| wanted != self.device) {
            format!("as {}", self.device)
        } else {
            return Ok(());
        };
        Err(PlugError::Otherwise(otherwise))
    }
}

/// How a volume is to be plugged.
#[derive(Debug, Clone)]
pub struct Options {
    /// The volume: the disk's serial number, and what everything in the hypervisor is named after.
    pub volume_id: VolumeId,
    /// The name that the guest is to give it; the next free one when none is said.
    pub device: Option<DeviceName>,
    /// Whether the guest can only read.
    pub read_only: bool,
    /// Whether other machines may write to it too (multiattach).
    pub shared: bool,
    /// Whether what the guest discards is given back to the storage.
    pub discard: bool,
    /// What lies between the guest and the storage.
    pub cache: Cache,
    /// How requests are made to files and devices of this host.
    pub aio: Aio,
    /// What it may not exceed.
    pub limits: Limits,
}

impl Options {
    /// Everything else as it is when nobody says anything.
    #[must_use]
    pub fn new(volume_id: VolumeId) -> Self {
        Self {
            volume_id,
            device: None,
            read_only: false,
            shared: false,
            discard: true,
            cache: Cache::None,
            aio: Aio::Native,
            limits: Limits::default(),
        }
    }
}

/// What lies between the guest and the storage, in libvirt's and Nova's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cache {
    /// `none`: not the host's memory; the guest sees a write cache and flushes it.
    #[default]
    None,
    /// `writeback`: the host's memory, and a write cache.
    WriteBack,
    /// `writethrough`: the host's memory for reading; every write is on the storage when it ends.
    WriteThrough,
    /// `directsync`: neither.
    DirectSync,
}

impl Cache {
    /// The one called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::None, Self::WriteBack, Self::WriteThrough, Self::DirectSync];
        all.into_iter().find(|cache| cache.name() == name)
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::WriteBack => "writeback",
            Self::WriteThrough => "writethrough",
            Self::DirectSync => "directsync",
        }
    }

    /// Whether the host's memory is passed by.
    #[must_use]
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::None | Self::DirectSync)
    }

    /// Whether the guest sees a write cache.
    #[must_use]
    pub const fn has_write_cache(self) -> bool {
        matches!(self, Self::None | Self::WriteBack)
    }
}

/// A text that names none of them.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is none of none, writeback, writethrough and directsync")]
pub struct BadCache(String);

impl FromStr for Cache {
    type Err = BadCache;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::named(text).ok_or_else(|| BadCache(text.chars().take(MAX_BAD_CHARS).collect()))
    }
}

/// How requests are made to files and devices of this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aio {
    /// By the kernel's interface for it, which wants a direct [`Cache`]; by threads where it has none.
    Native,
    /// By io_uring.
    IoUring,
    /// By threads.
    Threads,
}

impl Aio {
    /// What QEMU and libvirt call the one that goes with `cache`.
    #[must_use]
    pub const fn name(self, cache: Cache) -> &'static str {
        match self {
            Self::Native if cache.is_direct() => "native",
            Self::IoUring => "io_uring",
            Self::Native | Self::Threads => "threads",
        }
    }
}
