//! Both formats over real servers of object stores, and over connections that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the servers are programs of other people")]

#[path = "../../../backends/tests/support/ceph.rs"]
mod ceph;
mod images;
mod proxy;
mod rounds;
mod servers;
mod shares;
mod stores;
