//! The database's clock. SQLite lives in this process, so its clock is this machine's.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;

/// Now.
#[allow(clippy::disallowed_methods, reason = "the one clock of this engine")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
