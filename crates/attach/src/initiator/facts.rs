//! What has to be known to undo a connection, whoever undoes it.

use serde::{Deserialize, Serialize};

use super::connection::IscsiPath;

/// What was found or chosen while connecting. It is kept before the effect that it is about is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// By what means the device is made; chosen once.
    pub means: Option<Means>,
    /// Paths to which there was a session already: they are not ours to end.
    pub foreign: Vec<IscsiPath>,
    /// What the disk calls itself for all its paths.
    pub wwid: Option<String>,
    /// Whether the disk is used through a map of its paths.
    pub mapped: bool,
}

/// By what means a volume becomes a block device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// The kernel's own initiator.
    Kernel,
    /// A process of QEMU's that speaks to the storage, and a loop device over what it shows.
    Served,
    /// A loop device over a file.
    Loop,
    /// It is a block device already.
    Device,
}

/// Keeps facts: durable when this returns.
pub type Note<'a> = &'a mut dyn FnMut(&Facts) -> std::io::Result<()>;
