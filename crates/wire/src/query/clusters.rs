//! `GET /clusters`.

use super::{Asker, Params};
use crate::Fault;
use crate::fault::echo;
use crate::microversion::gate;
use crate::validate::boolean;

/// A list of clusters; what is not named does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterQuery {
    /// `cluster@backend`.
    pub name: Option<String>,
    /// What its services do.
    pub binary: Option<String>,
    /// Whether one of its services beats.
    pub is_up: Option<bool>,
    /// Whether it was taken out of scheduling.
    pub disabled: Option<bool>,
    /// How many services it has.
    pub num_hosts: Option<String>,
    /// How many of them do not beat.
    pub num_down_hosts: Option<String>,
    /// How its replication is (from 3.26 on).
    pub replication_status: Option<String>,
    /// Whether it is frozen (from 3.26 on).
    pub frozen: Option<bool>,
    /// The target that it works on (from 3.26 on).
    pub active_backend_id: Option<String>,
}

impl ClusterQuery {
    /// Reads the query of a list of clusters.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let replication = asker.version.has(gate::REPLICATION_CLUSTERS);
        let mut query = Self::default();
        let mut unknown = Vec::new();
        for (key, value) in params.clone().into_filters() {
            let flag = || boolean::parameter(&key, &value).map(Some);
            match key.as_str() {
                "name" => query.name = Some(value),
                "binary" => query.binary = Some(value),
                "is_up" => query.is_up = flag()?,
                "disabled" => query.disabled = flag()?,
                "num_hosts" => query.num_hosts = Some(value),
                "num_down_hosts" => query.num_down_hosts = Some(value),
                "replication_status" if replication => query.replication_status = Some(value),
                "frozen" if replication => query.frozen = flag()?,
                "active_backend_id" if replication => query.active_backend_id = Some(value),
                _ => unknown.push(key),
            }
        }
        if unknown.is_empty() {
            return Ok(query);
        }
        Err(Fault::invalid_input(format!("Invalid filter keys: {}", echo(&unknown.join(", ")))))
    }
}
