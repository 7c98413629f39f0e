//! How the operator wants pools chosen.

use crate::explain::Refused;
use crate::filters::Filter;
use crate::request::Request;
use crate::weighers::{Handler, Weigher};

/// The options as they stand in the configuration, with the same defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolicyOptions<'a> {
    /// Names of filters, separated by commas.
    pub scheduler_default_filters: &'a str,
    /// Names of weighers, separated by commas.
    pub scheduler_default_weighers: &'a str,
    /// The class of the weight handler.
    pub scheduler_weight_handler: &'a str,
    /// How many backends a request may be tried on.
    pub scheduler_max_attempts: i64,
    /// For CapacityWeigher: positive spreads, negative stacks.
    pub capacity_weight_multiplier: f64,
    /// For AllocatedCapacityWeigher: negative spreads, positive stacks.
    pub allocated_capacity_weight_multiplier: f64,
    /// For VolumeNumberWeigher: negative spreads, positive stacks.
    pub volume_number_multiplier: f64,
}

impl Default for PolicyOptions<'_> {
    fn default() -> Self {
        Self {
            scheduler_default_filters: "AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter",
            scheduler_default_weighers: "CapacityWeigher",
            scheduler_weight_handler: "cinder.scheduler.weights.OrderedHostWeightHandler",
            scheduler_max_attempts: 3,
            capacity_weight_multiplier: 1.0,
            allocated_capacity_weight_multiplier: -1.0,
            volume_number_multiplier: -1.0,
        }
    }
}

/// An option that cannot be followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// Names that no filter has.
    #[error("scheduler_default_filters: no filter is called {unknown}; there are {known}")]
    UnknownFilter {
        /// The names, separated by commas.
        unknown: String,
        /// All names there are.
        known: String,
    },
    /// Names that no weigher has.
    #[error("scheduler_default_weighers: no weigher is called {unknown}; there are {known}")]
    UnknownWeigher {
        /// The names, separated by commas.
        unknown: String,
        /// All names there are.
        known: String,
    },
    /// A class that is no weight handler.
    #[error(
        "scheduler_weight_handler: no handler is called {0}; there are OrderedHostWeightHandler and \
         stochastic.StochasticHostWeightHandler"
    )]
    UnknownHandler(String),
    /// Fewer than one attempt.
    #[error("scheduler_max_attempts: must be at least 1, not {0}")]
    MaxAttempts(i64),
    /// A multiplier that is infinite or no number.
    #[error("{option}: must be a finite number")]
    Multiplier {
        /// The option's name.
        option: &'static str,
    },
}

/// A weigher and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedWeigher {
    /// What gives the weights.
    pub weigher: Weigher,
    /// What they are multiplied by; finite.
    pub multiplier: f64,
}

/// The order of filters, the weighers and their handler, and the number of attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Applied in this order.
    pub filters: Vec<Filter>,
    /// Their weights are added up.
    pub weighers: Vec<WeightedWeigher>,
    /// What the weights decide.
    pub handler: Handler,
    /// How many backends a request may be tried on; 1 means that a failed attempt is final.
    pub max_attempts: usize,
}

impl Default for Policy {
    /// What [`PolicyOptions::default`] spells out.
    fn default() -> Self {
        Self {
            filters: vec![Filter::AvailabilityZone, Filter::Capacity, Filter::Capabilities],
            weighers: vec![WeightedWeigher { weigher: Weigher::Capacity, multiplier: 1.0 }],
            handler: Handler::Ordered,
            max_attempts: 3,
        }
    }
}

impl Policy {
    /// Reads the options.
    ///
    /// # Errors
    /// The first option that names something unknown or is out of range.
    pub fn from_options(options: &PolicyOptions<'_>) -> Result<Self, PolicyError> {
        let filters = parse_list(options.scheduler_default_filters, Filter::parse)
            .map_err(|unknown| PolicyError::UnknownFilter { unknown, known: joined(Filter::names()) })?;
        let weighers = parse_list(options.scheduler_default_weighers, Weigher::parse)
            .map_err(|unknown| PolicyError::UnknownWeigher { unknown, known: joined(Weigher::names()) })?;
        let handler = Handler::parse(options.scheduler_weight_handler.trim())
            .ok_or_else(|| PolicyError::UnknownHandler(options.scheduler_weight_handler.to_owned()))?;
        let max_attempts = usize::try_from(options.scheduler_max_attempts)
            .ok()
            .filter(|attempts| *attempts >= 1)
            .ok_or(PolicyError::MaxAttempts(options.scheduler_max_attempts))?;
        let weighers =
            weighers.into_iter().map(|weigher| options.weighted(weigher)).collect::<Result<_, _>>()?;
        Ok(Self { filters, weighers, handler, max_attempts })
    }

    /// Refuses a request that has been tried too often already.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), Refused> {
        if request.attempted.len() < self.max_attempts {
            Ok(())
        } else {
            Err(Refused::TooManyAttempts { max_attempts: self.max_attempts })
        }
    }
}

impl PolicyOptions<'_> {
    fn weighted(&self, weigher: Weigher) -> Result<WeightedWeigher, PolicyError> {
        let (option, multiplier) = match weigher {
            Weigher::Capacity => ("capacity_weight_multiplier", self.capacity_weight_multiplier),
            Weigher::AllocatedCapacity => {
                ("allocated_capacity_weight_multiplier", self.allocated_capacity_weight_multiplier)
            }
            Weigher::VolumeNumber => ("volume_number_multiplier", self.volume_number_multiplier),
            Weigher::Chance | Weigher::Goodness => ("", 1.0),
        };
        if multiplier.is_finite() {
            Ok(WeightedWeigher { weigher, multiplier })
        } else {
            Err(PolicyError::Multiplier { option })
        }
    }
}

/// The things named, or the names that are unknown.
fn parse_list<T>(names: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match parse(name) {
            Some(thing) => known.push(thing),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() { Ok(known) } else { Err(unknown.join(", ")) }
}

fn joined(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
