//! The host's end of a volume: from what a storage service says about a connection to a block device, and off again
//! with nothing left behind.
//!
//! [`connector`] is what a host says about itself, [`initiator`] makes the connection, [`agent`] does so durably between a
//! service and the host, and [`hypervisor`] hands devices to virtual machines. What they do to the host goes through
//! [`machine`].

pub mod agent;
pub mod connector;
mod error;
pub mod hypervisor;
pub mod initiator;
pub mod machine;

pub use error::{AttachError, chain};
