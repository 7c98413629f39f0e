//! DifferentBackendFilter and SameBackendFilter.

use std::sync::Arc;

use super::Check;
use crate::hints::{self, VolumeIds};
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::{Request, VolumeHome};

/// Volumes that a hint names, with their homes.
enum Neighbours<'r> {
    NotAsked,
    /// The hint is not a list of ids.
    Invalid,
    /// Those of them that exist.
    At(Vec<(Arc<str>, &'r VolumeHome)>),
}

impl<'r> Neighbours<'r> {
    fn of(request: &'r Request, hint: &str) -> Self {
        match hints::volume_ids(&request.hints, hint) {
            VolumeIds::NotAsked => Self::NotAsked,
            VolumeIds::Invalid => Self::Invalid,
            VolumeIds::These(ids) => Self::At(
                ids.into_iter()
                    .filter_map(|id| request.hinted_volumes.get(id).map(|home| (Arc::from(id), home)))
                    .collect(),
            ),
        }
    }
}

/// Members of a cluster share their storage: there the cluster's name counts, elsewhere the host's.
fn lives_on(home: &VolumeHome, pool: &PoolState) -> bool {
    match &pool.cluster_name {
        Some(cluster_name) => home.cluster_name.as_ref() == Some(cluster_name),
        None => home.host == pool.host,
    }
}

/// Apart from every one of the volumes.
pub(super) struct Apart<'r> {
    neighbours: Neighbours<'r>,
}

impl<'r> Apart<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        Self { neighbours: Neighbours::of(request, hints::DIFFERENT_HOST) }
    }
}

impl Check for Apart<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        match &self.neighbours {
            Neighbours::NotAsked => Ok(()),
            Neighbours::Invalid => Err(Refusal::HintNotIds { hint: hints::DIFFERENT_HOST }),
            Neighbours::At(volumes) => match volumes.iter().find(|(_, home)| lives_on(home, pool)) {
                Some((id, _)) => Err(Refusal::HoldsHintedVolume { volume_id: Arc::clone(id) }),
                None => Ok(()),
            },
        }
    }
}

/// Together with at least one of the volumes.
pub(super) struct Together<'r> {
    neighbours: Neighbours<'r>,
}

impl<'r> Together<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        Self { neighbours: Neighbours::of(request, hints::SAME_HOST) }
    }
}

impl Check for Together<'_> {
    fn check(&self, pool: &PoolState) -> Result<(), Refusal> {
        match &self.neighbours {
            Neighbours::NotAsked => Ok(()),
            Neighbours::Invalid => Err(Refusal::HintNotIds { hint: hints::SAME_HOST }),
            Neighbours::At(volumes) if volumes.iter().any(|(_, home)| lives_on(home, pool)) => Ok(()),
            Neighbours::At(_) => Err(Refusal::LacksHintedVolume),
        }
    }
}
