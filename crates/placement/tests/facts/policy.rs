//! Options.

use placement::{Filter, Handler, Policy, PolicyError, PolicyOptions, Weigher};

fn error(options: PolicyOptions<'_>) -> PolicyError {
    Policy::from_options(&options).unwrap_err()
}

#[test]
fn the_defaults_of_options_and_policy_agree() {
    assert_eq!(Policy::from_options(&PolicyOptions::default()), Ok(Policy::default()));
}

#[test]
fn lists_are_read_in_order() {
    let policy = Policy::from_options(&PolicyOptions {
        scheduler_default_filters: "TypeFilter, AvailabilityZoneFilter,CapacityFilter,,RetryFilter ",
        scheduler_default_weighers: "GoodnessWeigher,CapacityWeigher,AllocatedCapacityWeigher,VolumeNumberWeigher,ChanceWeigher",
        capacity_weight_multiplier: -2.0,
        allocated_capacity_weight_multiplier: 3.0,
        volume_number_multiplier: 4.0,
        ..PolicyOptions::default()
    })
    .unwrap();
    assert_eq!(
        policy.filters,
        [Filter::Capabilities, Filter::AvailabilityZone, Filter::Capacity, Filter::IgnoreAttemptedHosts]
    );
    let weighers: Vec<(Weigher, f64)> = policy.weighers.iter().map(|w| (w.weigher, w.multiplier)).collect();
    assert_eq!(
        weighers,
        [
            (Weigher::Goodness, 1.0),
            (Weigher::Capacity, -2.0),
            (Weigher::AllocatedCapacity, 3.0),
            (Weigher::VolumeNumber, 4.0),
            (Weigher::Chance, 1.0)
        ]
    );
}

#[test]
fn handlers() {
    for (name, handler) in [
        ("cinder.scheduler.weights.OrderedHostWeightHandler", Handler::Ordered),
        ("OrderedHostWeightHandler", Handler::Ordered),
        ("cinder.scheduler.weights.stochastic.StochasticHostWeightHandler", Handler::Stochastic),
        ("stochastic.StochasticHostWeightHandler", Handler::Stochastic),
        ("StochasticHostWeightHandler", Handler::Stochastic),
    ] {
        assert_eq!(Handler::parse(name), Some(handler), "{name}");
    }
}

#[test]
fn unknown_names_are_told_with_the_known_ones() {
    let unknown = PolicyOptions {
        scheduler_default_filters: "RamFilter,CapacityFilter,DiskFilter",
        ..Default::default()
    };
    let text = error(unknown).to_string();
    assert!(
        text.starts_with("scheduler_default_filters: no filter is called RamFilter, DiskFilter; there are "),
        "{text}"
    );
    assert!(text.contains("CapacityFilter") && text.contains("JsonFilter"), "{text}");
    let unknown = PolicyOptions { scheduler_default_weighers: "RamWeigher", ..Default::default() };
    assert!(matches!(error(unknown), PolicyError::UnknownWeigher { unknown, .. } if unknown == "RamWeigher"));
    let unknown = PolicyOptions { scheduler_weight_handler: "my.Handler", ..Default::default() };
    assert_eq!(error(unknown), PolicyError::UnknownHandler("my.Handler".to_owned()));
}

#[test]
fn numbers_out_of_range() {
    for attempts in [0, -1] {
        let options = PolicyOptions { scheduler_max_attempts: attempts, ..Default::default() };
        assert_eq!(error(options), PolicyError::MaxAttempts(attempts));
    }
    let options = PolicyOptions { capacity_weight_multiplier: f64::NAN, ..Default::default() };
    assert_eq!(error(options), PolicyError::Multiplier { option: "capacity_weight_multiplier" });
}
