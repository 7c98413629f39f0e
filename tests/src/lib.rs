//! The harness of the black-box tests: it starts the released `besser`, talks to it the way strangers do (plain HTTP and
//! the real OpenStack clients), looks at its files and processes from outside, and knows nothing of its insides.
//!
//! The tests themselves are in `tests/suite`, one file for each thing that a user is promised.
//!
//! Two environment variables steer it, both set by `cargo xtask test`:
//! `BESSER_BIN` names the binary under test (else the newest build below the target directory is taken), and
//! `BESSER_SKIPS` names the file that collects why tests could not run here.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a harness that cannot work must fail its test at once and loudly; it lives outside the product's rooms"
)]

pub mod barbican;
pub mod clients;
pub mod cloud;
mod companion;
pub mod console;
pub mod disk;
pub mod elsewhere;
pub mod fabric;
pub mod hosts;
pub mod http;
pub mod images;
pub mod keystone;
pub mod loaded;
pub mod machine;
pub mod people;
pub mod ports;
pub mod process;
pub mod programs;
pub mod rabbitmq;
pub mod random;
pub mod server;
pub mod session;
pub mod wait;

pub use barbican::Barbican;
pub use clients::Clients;
pub use cloud::Cloud;
pub use elsewhere::Elsewhere;
pub use hosts::Hosts;
pub use http::Reply;
pub use images::Images;
pub use keystone::Keystone;
pub use programs::Programs;
pub use server::{Serve, Server};
pub use session::Session;
