//! Why one pool is not for one request.

use std::sync::Arc;

use crate::function::FunctionError;

/// The reason, with the numbers that led to it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No heartbeat within `service_down_time`.
    #[error("the service is down")]
    Down,
    /// Disabled by an operator.
    #[error("the service is disabled")]
    Disabled,
    /// Frozen by an operator.
    #[error("the service is frozen")]
    Frozen,
    /// The pool's zone is none of those asked for.
    #[error("in zone {zone}, {asked} asked")]
    OtherZone {
        /// Where the pool is.
        zone: String,
        /// The zones asked for.
        asked: Arc<str>,
    },
    /// The report has no free space in it.
    #[error("the report does not tell the free space")]
    FreeNotReported,
    /// A total of zero or less.
    #[error("a total of {total_gib:.2} GiB is reported")]
    NoCapacity {
        /// The total reported.
        total_gib: f64,
    },
    /// A share of a total that is not a number.
    #[error("{reserved_percentage}% of an unknown total is reserved")]
    ReserveOfUnknown {
        /// The share.
        reserved_percentage: f64,
    },
    /// Not enough left to promise.
    #[error("{free_gib:.2} GiB {}free, {asked_gib} GiB asked", if *.thin { "virtually " } else { "" })]
    TooSmall {
        /// The space asked for.
        asked_gib: u64,
        /// What is left; negative when more is promised than allowed.
        free_gib: f64,
        /// What is left is a promise, not space.
        thin: bool,
    },
    /// A thin pool has no real space left.
    #[error("{really_free_gib:.2} GiB really free in a thin pool, {asked_gib} GiB asked")]
    ReallyFull {
        /// The space asked for.
        asked_gib: u64,
        /// What the backend last reported.
        really_free_gib: f64,
    },
    /// The promises would exceed the over-subscription ratio.
    #[error("over-subscribed {ratio:.2} times with {asked_gib} GiB more, at most {limit:.2} allowed")]
    OverSubscribed {
        /// The space asked for.
        asked_gib: u64,
        /// What the ratio would become.
        ratio: f64,
        /// `max_over_subscription_ratio`.
        limit: f64,
    },
    /// A ratio below one would promise less than there is.
    #[error("the over-subscription ratio {ratio:.2} is below 1")]
    RatioBelowOne {
        /// `max_over_subscription_ratio`.
        ratio: f64,
    },
    /// The report lacks a capability that an extra spec names.
    #[error("nothing reported for extra spec {spec}")]
    MissingCapability {
        /// The spec, as `key=value`.
        spec: Arc<str>,
    },
    /// A capability is not as an extra spec wants it.
    #[error("extra spec {spec} is not met by {found}")]
    SpecNotMet {
        /// The spec, as `key=value`.
        spec: Arc<str>,
        /// The capability reported.
        found: String,
    },
    /// The volume is attached and the backend cannot extend it then.
    #[error("cannot extend an attached volume")]
    NoOnlineExtend,
    /// The filter function is false.
    #[error("refused by its filter function")]
    FunctionSaysNo,
    /// The filter function has no result.
    #[error("its filter function fails: {0}")]
    FunctionFails(FunctionError),
    /// Not on the host of the server named by a hint.
    #[error("on {host}, the server is on {instance_host}")]
    AwayFromInstance {
        /// Where the pool is.
        host: String,
        /// Where the server is.
        instance_host: Arc<str>,
    },
    /// A volume to stay apart from lives here.
    #[error("volume {volume_id} lives here")]
    HoldsHintedVolume {
        /// One of the volumes of the hint.
        volume_id: Arc<str>,
    },
    /// None of the volumes to stay with lives here.
    #[error("none of the volumes to stay with lives here")]
    LacksHintedVolume,
    /// A hint is not a list of volume ids.
    #[error("hint {hint} is not a list of volume ids")]
    HintNotIds {
        /// The hint's name.
        hint: &'static str,
    },
    /// It was chosen before and failed.
    #[error("tried before")]
    AlreadyTried,
    /// The query of a hint is false.
    #[error("does not satisfy the query")]
    QuerySaysNo,
    /// The query compares things that have no order.
    #[error("the query compares a number with something else")]
    QueryFails,
    /// The request is bound to another backend.
    #[error("not {asked}, where it has to be")]
    NotTheNamedBackend {
        /// The backend or pool that the request names.
        asked: Arc<str>,
    },
}
