//! Other OpenStack services, asked over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod authority;
mod barbican;
mod http;
mod keystone;
mod limits;
mod nova;
mod server;
mod stores;
