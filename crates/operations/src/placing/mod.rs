//! Choosing a pool inside a transaction: facts from the tables, the decision from [`placement`].

mod memory;
mod nowhere;
mod pools;
mod services;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::service::{Binary, Service, backend_of};
use model::{Volume, VolumeTypeId};
use placement::{PoolState, Refused, Request, VolumeHome};
use store::{Conn, Store, StoreError};

use self::memory::Memory;
use self::nowhere::{Nowhere, Unheard};
pub(crate) use self::pools::KnownPools;
use crate::Settings;

/// Most pools that are named as out of reach.
const MAX_NAMED: usize = 4;

/// Where something goes, or why it goes nowhere.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// On this pool.
    Placed {
        /// `host@backend#pool`.
        host: String,
        /// The zone of its service.
        zone: String,
    },
    /// No pool takes it.
    Nowhere(Nowhere),
}

/// Chooses pools. It remembers the reports that it has read, so that a decision reads numbers only, and where there are
/// many pools, those of one.
pub(crate) struct Placer {
    settings: Arc<Settings>,
    memory: Memory,
}

impl Placer {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, memory: Memory::default() }
    }

    /// Decides by the pools as they stand in this transaction; `charged` is a pool and GiB to be thought away.
    fn decide<T>(
        &self,
        conn: &Conn<'_>,
        charged: (&str, u64),
        decide: impl FnOnce(&KnownPools) -> T,
    ) -> Result<T, StoreError> {
        self.memory.exactly(conn, self.settings.service_down_time_s, charged, decide)
    }

    /// Has what is remembered be recent, for decisions about to be made.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        self.memory.refresh(store, &self.settings).await
    }

    /// Adds to a decision what more may be heard of the backends that `is_meant` names.
    fn unless_unheard(
        &self,
        conn: &Conn<'_>,
        decided: Outcome,
        is_meant: impl Fn(&Service) -> bool,
    ) -> Result<Outcome, StoreError> {
        match decided {
            Outcome::Nowhere(nowhere) if nowhere.is_by_reports => {
                let unheard = Unheard::look(conn, self.settings.service_down_time_s, is_meant)?;
                Ok(Outcome::Nowhere(Nowhere { unheard, ..nowhere }))
            }
            decided => Ok(decided),
        }
    }

    /// Chooses a pool for `request`. The caller charges it in the same transaction.
    pub(crate) fn choose(&self, conn: &Conn<'_>, request: Request) -> Result<Outcome, StoreError> {
        self.choose_uncharged(conn, request, ("", 0))
    }

    /// Chooses a pool on a backend that takes every one of `requests`, of which there is at least one: the pool that
    /// the first of them likes best. Nothing is charged for them.
    pub(crate) fn choose_for_all(
        &self,
        conn: &Conn<'_>,
        requests: &[Request],
    ) -> Result<Outcome, StoreError> {
        let decided = self.decide(conn, ("", 0), |known| self.best_for_all(known, requests))?;
        self.unless_unheard(conn, decided, |_| true)
    }

    fn best_for_all(&self, known: &KnownPools, requests: &[Request]) -> Outcome {
        let pools = known.pools();
        let mut candidates: Option<Vec<usize>> = None;
        for request in requests {
            let ranked: Vec<usize> =
                match placement::choose(&self.settings.placement, request, pools, random_fraction) {
                    Ok(choice) => choice.ranked().iter().map(|ranked| ranked.index).collect(),
                    Err(refused) => return Outcome::nowhere(&refused, known),
                };
            let backends: BTreeSet<&str> =
                ranked.iter().map(|index| backend_of(&pools[*index].host)).collect();
            match &mut candidates {
                None => candidates = Some(ranked),
                Some(earlier) => earlier.retain(|index| backends.contains(backend_of(&pools[*index].host))),
            }
        }
        let best = candidates.and_then(|candidates| candidates.first().copied());
        match best.map(|index| &pools[index]) {
            Some(pool) => Outcome::placed(pool),
            None => {
                let count = requests.len();
                let why = format!("Each of the {count} volume types has backends, but none takes them all.");
                Outcome::Nowhere(Nowhere::by_reports(why))
            }
        }
    }

    /// Chooses a pool that is not one of `backend` (`host@backend`), nor of another member of its cluster, and to which
    /// `out_of_reach` has no objection.
    pub(crate) fn choose_elsewhere(
        &self,
        conn: &Conn<'_>,
        request: Request,
        backend: &str,
        out_of_reach: impl Fn(&str) -> Option<String>,
    ) -> Result<Outcome, StoreError> {
        let best = |known: &KnownPools| self.best_elsewhere(known, &request, backend, out_of_reach);
        let decided = self.decide(conn, ("", 0), best)?;
        self.unless_unheard(conn, decided, |service| service.host != backend)
    }

    fn best_elsewhere(
        &self,
        known: &KnownPools,
        request: &Request,
        backend: &str,
        out_of_reach: impl Fn(&str) -> Option<String>,
    ) -> Outcome {
        let pools = known.pools();
        let here = pools.iter().find(|pool| backend_of(&pool.host) == backend).map(|pool| &pool.service);
        let cluster = here.and_then(|service| service.cluster_name.as_ref());
        let is_elsewhere = |pool: &&PoolState| {
            backend_of(&pool.host) != backend
                && (cluster.is_none() || pool.service.cluster_name.as_ref() != cluster)
        };
        match placement::choose(&self.settings.placement, request, pools, random_fraction) {
            Ok(choice) => {
                let (good, mut objections) = (choice.ranked().len(), Vec::new());
                let ranked = choice.ranked().iter().map(|ranked| &pools[ranked.index]);
                for pool in ranked.filter(is_elsewhere) {
                    match out_of_reach(&pool.host) {
                        None => return Outcome::placed(pool),
                        Some(why) => objections.push(why),
                    }
                }
                let why = match objections.len() {
                    0 => format!("only pools of {backend} would do, where the volume is already"),
                    count => {
                        let named = objections[..count.min(MAX_NAMED)].join("; ");
                        format!("of {good} pools that would do, {count} are out of reach: {named}")
                    }
                };
                Outcome::Nowhere(Nowhere::by_reports(why))
            }
            Err(refused) => Outcome::nowhere(&refused, known),
        }
    }

    /// The same as [`Placer::choose`], as if the pool `charged.0` had not been charged with the last `charged.1` GiB.
    pub(crate) fn choose_uncharged(
        &self,
        conn: &Conn<'_>,
        request: Request,
        charged: (&str, u64),
    ) -> Result<Outcome, StoreError> {
        if let Some(placed) = self.memory.choose(conn, &self.settings, &request, charged)? {
            return Ok(placed);
        }
        let decided = self.decide(conn, charged, |known| {
            let pools = known.pools();
            match placement::choose(&self.settings.placement, &request, pools, random_fraction) {
                Ok(choice) => Outcome::placed(&pools[choice.best()]),
                Err(refused) => Outcome::nowhere(&refused, known),
            }
        })?;
        let home = request.resource_backend.as_deref().map(backend_of);
        self.unless_unheard(conn, decided, |service| {
            home.is_none_or(|home| service.host == home || service.cluster_name.as_deref() == Some(home))
        })
    }
}

impl Outcome {
    fn placed(pool: &PoolState) -> Self {
        Self::Placed { host: pool.host.clone(), zone: pool.service.availability_zone.clone() }
    }

    /// The one pool that was asked for is of no use, because of `why`.
    pub(crate) fn out_of_reach(why: String) -> Self {
        Self::Nowhere(Nowhere { is_by_reports: false, ..Nowhere::by_reports(why) })
    }

    fn nowhere(refused: &Refused, known: &KnownPools) -> Self {
        let (unsure, is_by_reports) =
            (nowhere::unsure(refused, known), matches!(refused, Refused::NoPool(_)));
        Self::Nowhere(Nowhere { is_by_reports, unsure, ..Nowhere::by_reports(refused.to_string()) })
    }
}

/// Completes a request with the facts that filters and functions ask for.
pub(crate) fn describe(conn: &Conn<'_>, request: &mut Request, volume: &Volume) -> Result<(), StoreError> {
    demand_specs(conn, request, volume.volume_type_id)?;
    let hinted: Vec<String> = request.hinted_volume_ids().into_iter().map(str::to_owned).collect();
    for id in hinted {
        let Ok(parsed) = id.parse() else { continue };
        let hinted = store::volumes::get(conn, parsed)?;
        // What lies beside the volumes of others is nobody's business.
        let own = hinted.filter(|hinted| hinted.project_id == volume.project_id);
        if let Some(host) = own.and_then(|hinted| hinted.host) {
            let service = store::services::get(conn, Binary::Volume, backend_of(&host))?;
            let cluster = service.and_then(|service| service.cluster_name);
            let cluster_name = pools::cluster_pool(cluster.as_deref(), &host);
            request.hinted_volumes.insert(id, VolumeHome { host, cluster_name });
        }
    }
    request.properties = serde_json::json!({
        "id": volume.id.to_string(),
        "name": volume.name,
        "size": volume.size_gib,
        "project_id": volume.project_id.as_str(),
        "user_id": volume.user_id.as_str(),
        "volume_type_id": volume.volume_type_id.to_string(),
        "availability_zone": volume.availability_zone,
        "metadata": volume.metadata.0,
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    Ok(())
}

/// Asks for what a volume type asks for.
pub(crate) fn demand_specs(
    conn: &Conn<'_>,
    request: &mut Request,
    volume_type: VolumeTypeId,
) -> Result<(), StoreError> {
    if let Some(volume_type) = store::volume_types::get(conn, volume_type)? {
        let specs = volume_type.extra_specs.0.into_iter();
        request.extra_specs = specs.map(|(key, value)| (key, Some(value))).collect();
    }
    Ok(())
}

/// A number from 0 up to but not including 1, for the weighers that leave it to chance.
fn random_fraction() -> f64 {
    let bits = model::OperationId::random().uuid().as_u64_pair().1 & 0xFFFF_FFFF;
    #[allow(clippy::cast_precision_loss, reason = "32 bits fit exactly")]
    let fraction = bits as f64 / f64::from(u32::MAX).mul_add(1.0, 1.0);
    fraction
}
