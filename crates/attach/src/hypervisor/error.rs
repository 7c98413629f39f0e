//! Why a disk is not in, or not out of, a virtual machine.

use std::io;
use std::time::Duration;

use ports::ExecError;
use thiserror::Error;

/// A failed call of a [`Hypervisor`](super::Hypervisor).
#[derive(Debug, Error)]
pub enum PlugError {
    /// What the storage service says about the connection cannot be used.
    #[error("the connection cannot be used: {0}")]
    Connection(String),
    /// The volume has to be attached to this host first, and be plugged as a device of it.
    #[error("a hypervisor cannot connect to {0} storage by itself")]
    NeedsHost(String),
    /// The limits of the volume's QoS specs make no sense.
    #[error("the limits cannot be kept: {0}")]
    Limits(String),
    /// An image file is not what it was said to be.
    #[error("{0}")]
    Image(String),
    /// There is no such virtual machine, or nobody answers for it.
    #[error("no virtual machine answers at {vm}")]
    Unreachable {
        /// The machine.
        vm: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The hypervisor said nothing for too long.
    #[error("{vm} said nothing to {asked} within {limit:?}")]
    Silent {
        /// The machine.
        vm: String,
        /// What was asked.
        asked: String,
        /// The limit.
        limit: Duration,
    },
    /// The hypervisor said something that its protocol does not have.
    #[error("{vm} does not speak as a hypervisor: {what}")]
    Protocol {
        /// The machine.
        vm: String,
        /// What is wrong.
        what: String,
    },
    /// The hypervisor refused.
    #[error("{vm} refused {asked}: {why}")]
    Refused {
        /// The machine.
        vm: String,
        /// What was asked.
        asked: String,
        /// Its words.
        why: String,
    },
    /// The disk is in the machine in another way than it was asked for.
    #[error("the volume is plugged already, {0}")]
    Otherwise(String),
    /// There is no such disk in the machine.
    #[error("{vm} does not have the volume")]
    Absent {
        /// The machine.
        vm: String,
    },
    /// The machine has as many disks as it can have.
    #[error("{vm} has no free slot for a disk: {why}")]
    Full {
        /// The machine.
        vm: String,
        /// What there is.
        why: String,
    },
    /// The guest was asked to release the disk, and did not.
    #[error("the guest did not release {device} within {waited:?}: {why}")]
    NotReleased {
        /// The disk.
        device: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is known of the reason.
        why: String,
    },
    /// An external program failed.
    #[error("an external program failed")]
    Exec(#[from] ExecError),
    /// The fault injection of a test said so.
    #[error("injected: {0}")]
    Injected(&'static str),
}
