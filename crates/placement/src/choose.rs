//! The decision.

use crate::explain::{Exclusion, Exclusions, Refused, Stage};
use crate::filters::{Check, Filter};
use crate::policy::Policy;
use crate::pool::PoolState;
use crate::refusal::Refusal;
use crate::request::{Request, RequestFault};
use crate::weighers::rank;

/// A pool that will do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Its position among the pools given to [`choose`].
    pub index: usize,
    /// What the weighers make of it.
    pub weight: f64,
}

/// The pools that will do, the preferred one first.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    best: Ranked,
    ranked: Vec<Ranked>,
}

impl Choice {
    fn of(ranked: Vec<Ranked>) -> Option<Self> {
        ranked.first().copied().map(|best| Self { best, ranked })
    }

    /// The position of the pool to take.
    #[must_use]
    pub fn best(&self) -> usize {
        self.best.index
    }

    /// All pools that will do, the preferred one first.
    #[must_use]
    pub fn ranked(&self) -> &[Ranked] {
        &self.ranked
    }

    /// The position of the preferred pool of a backend (`host@backend`) or of one pool (`host@backend#pool`), if it
    /// will do: what a retype asks first about the volume's present home. `pools` are those given to [`choose`].
    #[must_use]
    pub fn on(&self, pools: &[PoolState], backend: &str) -> Option<usize> {
        self.ranked
            .iter()
            .map(|ranked| ranked.index)
            .find(|index| pools.get(*index).is_some_and(|pool| pool.is_named(backend)))
    }
}

/// Why a pool, by its position, is out.
type Refusals = Vec<(usize, Stage, Refusal)>;

/// Chooses pools for a request.
///
/// The state of the services is looked at first, then the filters in their order, each at the survivors of the one
/// before. The survivors are weighed; only then those drop out that are not on the backend that the request is bound
/// to. `random` gives numbers from 0 up to but not including 1.
///
/// # Errors
/// When the request has been tried too often, when it is wrong in itself, or when no pool is left: then with the
/// reason for each pool, or for each pool of the backend that the request is bound to.
pub fn choose(
    policy: &Policy,
    request: &Request,
    pools: &[PoolState],
    mut random: impl FnMut() -> f64,
) -> Result<Choice, Refused> {
    policy.admit(request)?;
    let checks = prepare(policy, request)?;
    let (candidates, refusals) = sift(&checks, pools);
    let mut ranked = rank(policy, request, pools, &candidates, &mut random);
    if let Some(backend) = &request.resource_backend {
        ranked.retain(|ranked| pools[ranked.index].is_named(backend));
    }
    Choice::of(ranked).ok_or_else(|| Refused::NoPool(explain(request, pools, refusals)))
}

type Checks<'r> = Vec<(Filter, Box<dyn Check + 'r>)>;

fn prepare<'r>(policy: &Policy, request: &'r Request) -> Result<Checks<'r>, RequestFault> {
    policy.filters.iter().map(|filter| Ok((*filter, filter.prepare(request)?))).collect()
}

fn sift(checks: &Checks<'_>, pools: &[PoolState]) -> (Vec<usize>, Refusals) {
    let mut candidates = Vec::with_capacity(pools.len());
    let mut refusals = Vec::new();
    for (index, pool) in pools.iter().enumerate() {
        match first_refusal(checks, pool) {
            None => candidates.push(index),
            Some((stage, refusal)) => refusals.push((index, stage, refusal)),
        }
    }
    (candidates, refusals)
}

fn first_refusal(checks: &Checks<'_>, pool: &PoolState) -> Option<(Stage, Refusal)> {
    if let Err(refusal) = in_service(pool) {
        return Some((Stage::Service, refusal));
    }
    checks
        .iter()
        .find_map(|(filter, check)| check.check(pool).err().map(|refusal| (Stage::Filter(*filter), refusal)))
}

/// What an operator did explains more than what happened, so that comes first. Who is frozen is disabled by it.
fn in_service(pool: &PoolState) -> Result<(), Refusal> {
    let service = &pool.service;
    match (service.enabled, service.frozen, service.up) {
        (_, true, _) => Err(Refusal::Frozen),
        (false, _, _) => Err(Refusal::Disabled),
        (_, _, false) => Err(Refusal::Down),
        (true, false, true) => Ok(()),
    }
}

/// For a request that is bound to a backend, the other backends are of no interest unless that one is unknown.
fn explain(request: &Request, pools: &[PoolState], refusals: Refusals) -> Exclusions {
    let exclusion = |(index, stage, refusal): (usize, Stage, Refusal)| Exclusion {
        backend_id: pools[index].host.clone(),
        stage,
        refusal,
    };
    let bound_to = request.resource_backend.as_deref();
    let is_of_interest = |index: usize| bound_to.is_none_or(|backend| pools[index].is_named(backend));
    let told: Vec<Exclusion> =
        refusals.into_iter().filter(|(index, _, _)| is_of_interest(*index)).map(exclusion).collect();
    match bound_to {
        Some(backend) if told.is_empty() => {
            let elsewhere = Refusal::NotTheNamedBackend { asked: backend.into() };
            let all = (0..pools.len()).map(|index| (index, Stage::ResourceBackend, elsewhere.clone()));
            Exclusions(all.map(exclusion).collect())
        }
        _ => Exclusions(told),
    }
}
