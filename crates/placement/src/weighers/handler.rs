//! From weights to an order.

use crate::choose::Ranked;
use crate::policy::{Policy, WeightedWeigher};
use crate::pool::PoolState;
use crate::request::Request;

/// What `scheduler_weight_handler` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// The heaviest first.
    Ordered,
    /// A lottery in which the weight is the chance to win.
    Stochastic,
}

/// Each handler's class, with the prefix that may be left out.
const NAMES: [(&str, Handler); 3] = [
    ("OrderedHostWeightHandler", Handler::Ordered),
    ("stochastic.StochasticHostWeightHandler", Handler::Stochastic),
    ("StochasticHostWeightHandler", Handler::Stochastic),
];

const NAMESPACE: &str = "cinder.scheduler.weights.";

impl Handler {
    /// The handler of that class name, with or without the name of its package.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix(NAMESPACE).unwrap_or(name);
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, handler)| *handler)
    }
}

/// The candidates (positions in `pools`) with their weights, the preferred one first.
pub(crate) fn rank(
    policy: &Policy,
    request: &Request,
    pools: &[PoolState],
    candidates: &[usize],
    random: &mut dyn FnMut() -> f64,
) -> Vec<Ranked> {
    let states: Vec<&PoolState> = candidates.iter().map(|index| &pools[*index]).collect();
    let mut ranked: Vec<Ranked> =
        candidates.iter().map(|index| Ranked { index: *index, weight: 0.0 }).collect();
    for WeightedWeigher { weigher, multiplier } in &policy.weighers {
        let mut weights = weigher.weigh(*multiplier, &states, request, random);
        if policy.handler == Handler::Ordered {
            normalise(&mut weights);
        }
        for (candidate, weight) in ranked.iter_mut().zip(weights) {
            candidate.weight += multiplier * weight;
        }
    }
    match policy.handler {
        Handler::Ordered => ranked.sort_by(|a, b| b.weight.total_cmp(&a.weight)),
        Handler::Stochastic => {
            let winner = draw(&ranked, random());
            ranked.rotate_left(winner);
        }
    }
    ranked
}

/// Stretches the weights over 0 to 1; equal ones all become 0.
fn normalise(weights: &mut [f64]) {
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = most - least;
    for weight in weights {
        *weight = if span == 0.0 { 0.0 } else { (*weight - least) / span };
    }
}

/// The position of the first candidate at which the running sum of the weights exceeds `chance` of the whole.
fn draw(ranked: &[Ranked], chance: f64) -> usize {
    let whole: f64 = ranked.iter().map(|candidate| candidate.weight).sum();
    let ticket = chance * whole;
    let mut sum = 0.0;
    let winner = ranked.iter().position(|candidate| {
        sum += candidate.weight;
        sum > ticket
    });
    winner.unwrap_or(0)
}
