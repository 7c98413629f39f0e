//! InstanceLocalityFilter.

use std::sync::Arc;

use super::Check;
use crate::hints;
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::{Request, RequestFault};

/// The host that runs the server, when the volume shall be near to one.
pub(super) struct InstanceHost {
    host: Option<Arc<str>>,
}

impl InstanceHost {
    pub(super) fn of(request: &Request) -> Result<Self, RequestFault> {
        let host = match (hints::local_to_instance(&request.hints)?, request.instance_host.as_deref()) {
            (None, _) => None,
            (Some(_), Some(host)) => Some(host.into()),
            (Some(_), None) => return Err(RequestFault::HintNotSupported(hints::LOCAL_TO_INSTANCE)),
        };
        Ok(Self { host })
    }
}

impl Check for InstanceHost {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        match &self.host {
            Some(wanted) if **wanted != *pool.host_part() => Err(Refusal::AwayFromInstance {
                host: pool.host_part().to_owned(),
                instance_host: Arc::clone(wanted),
            }),
            _ => Ok(()),
        }
    }
}
