//! Disks that a program serves: a small client of the NBD protocol, and `qemu-nbd` as its server.
//!
//! The protocol: <https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md>, fixed newstyle with structured
//! replies and the context `base:allocation`. The server is a child of ours on a socket that only we can reach; its
//! answers are checked all the same, and everything that it may ask us to keep in memory has a limit.

mod connection;
mod disk;
mod handshake;
mod qemu;
mod reply;

pub use qemu::open;
