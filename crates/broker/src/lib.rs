//! RabbitMQ: hints between processes, and notifications to others.
//!
//! Nothing here is needed for anything to be done: a broker that is away makes hints late, and lets notifications wait in
//! the outbox. Both ways are connections of their own, which come back by themselves.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod announcing;
mod channel;
mod connect;
mod error;
mod hints;
mod options;
mod tls;

pub use announcing::{AmqpAnnouncer, Announcing};
pub use error::BrokerError;
pub use hints::relay;
pub use options::{Broker, Notifications};
