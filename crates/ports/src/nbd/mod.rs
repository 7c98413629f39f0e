//! Disks that a program serves: a small client of the NBD protocol, `qemu-nbd` as its server, and a small
//! server of our own for reading.
//!
//! The protocol: <https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md>, fixed newstyle with structured
//! replies and the context `base:allocation`. The server is a child of ours on a socket that only we can reach; its
//! answers are checked all the same, and everything that it may ask us to keep in memory has a limit.

mod connection;
mod disk;
mod handshake;
mod over;
mod qemu;
mod reply;
mod serve;

pub use over::open_over;
pub use qemu::{Lent, open, open_with, open_within};
pub use serve::serve_read_only;
