//! The host's end of a volume: from what a storage service says about a connection to a block device, and off again
//! with nothing left behind.
//!
//! [`connector`] is what os-brick is to a compute host; [`hypervisor`] hands devices to virtual machines.

pub mod connector;
pub mod hypervisor;
