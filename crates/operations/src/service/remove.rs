//! Forgetting a service that is gone for good, as `cinder-manage service remove` does.

use std::time::Duration;

use model::service::{Binary, Service};
use store::{Conn, StoreError};

use crate::{failover_queue, volume_queue};

/// How long a service has to have been silent before it can be gone: as long as Cinder's default `service_down_time`.
const SILENCE: Duration = Duration::from_secs(60);

/// Why a service stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stays {
    /// There is none.
    #[error("there is no {binary} on {host}")]
    Unknown {
        /// What was to be removed.
        binary: Binary,
        /// From where.
        host: String,
    },
    /// It lives.
    #[error("it was heard of {silent_s} s ago, and is gone at the earliest when that is {} s", SILENCE.as_secs())]
    Lives {
        /// How long it has been silent.
        silent_s: i64,
    },
    /// Nobody could reach what is there.
    #[error("{volumes} volumes of {gib} GiB in all are there: migrate, unmanage or delete them first")]
    Used {
        /// How many volumes.
        volumes: u64,
        /// Their size.
        gib: u64,
    },
    /// Nobody would do what was asked of it.
    #[error("{operations} operations wait for it: `besser ops list` names them")]
    Awaited {
        /// How many.
        operations: u64,
    },
}

/// Forgets the service `binary` on `host`, and what it said of its pools; or says why it stays. Only one that looks after
/// a backend can have volumes, and what waits for it alone.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, binary: Binary, host: &str) -> Result<Result<(), Stays>, StoreError> {
    let Some(service) = store::services::get(conn, binary, host)? else {
        return Ok(Err(Stays::Unknown { binary, host: host.to_owned() }));
    };
    if let Some(stays) = why_it_stays(conn, &service)? {
        return Ok(Err(stays));
    }
    store::services::remove(conn, binary, host)?;
    Ok(Ok(()))
}

fn why_it_stays(conn: &Conn<'_>, service: &Service) -> Result<Option<Stays>, StoreError> {
    let silent_s = conn.now().since(service.heartbeat_at) / 1_000_000;
    if silent_s < i64::try_from(SILENCE.as_secs()).unwrap_or(i64::MAX) {
        return Ok(Some(Stays::Lives { silent_s }));
    }
    if service.binary != Binary::Volume {
        return Ok(None);
    }
    let used = store::services::usage(conn, &service.host)?;
    let volumes = used.iter().map(|usage| usage.volumes).sum();
    if volumes > 0 {
        return Ok(Some(Stays::Used { volumes, gib: used.iter().map(|usage| usage.volume_gib).sum() }));
    }
    let its = [volume_queue(&service.host), failover_queue(&service.host)];
    let depths = store::operations::depths(conn)?;
    let operations = depths.iter().filter(|(queue, _)| its.contains(queue)).map(|(_, depth)| depth).sum();
    Ok((operations > 0).then_some(Stays::Awaited { operations }))
}
