//! Where a volume goes: the scheduler's decision as a pure function.
//!
//! ```text
//! report ──read_report──▶ PoolState ─┐
//! Request ───────────────────────────┼─▶ choose ─▶ Choice, or Refused with a reason per pool
//! options ──Policy::from_options─────┘
//! ```
//!
//! Nothing here reads a clock, a file or a database, and nothing waits. Whoever calls [`choose`] gathers the facts
//! first (where the volumes named by a hint live, which host runs the instance, how many volumes a pool holds) and
//! writes the outcome down afterwards; [`PoolState::charge`] keeps a list of pools true between two reports.
//!
//! The behaviour is that of the Block Storage scheduler of OpenStack: the same option names, filters, weighers,
//! formulas and rounding. What differs does so on purpose. A thin pool with no real space left is refused, whatever
//! its over-subscription ratio allows. Filters are known by all of their names. Every refusal has a reason with
//! numbers, so that "no valid backend" is never all an operator gets to read. The smaller differences of the two
//! languages are told in [`evaluator`] and [`query`].

mod capacity;
mod choose;
pub mod evaluator;
mod explain;
mod fact;
mod filters;
mod function;
mod hints;
mod policy;
mod pool;
pub mod query;
mod refusal;
mod request;
mod specs;
mod stats;
mod weighers;

pub use capacity::{NotARatio, OverSubscription};
pub use choose::{Choice, Ranked, choose};
pub use explain::{Exclusion, Exclusions, Refused, Stage};
pub use filters::Filter;
pub use function::{Function, FunctionError};
pub use hints::server_to_be_near;
pub use policy::{Policy, PolicyError, PolicyOptions, WeightedWeigher};
pub use pool::{Capacity, PoolState, Service};
pub use refusal::Refusal;
pub use request::{Demand, Request, RequestFault, VolumeHome};
pub use stats::{MAX_POOLS, Report, ReportDefaults, ReportError, merge, read_report};
pub use weighers::{Handler, Weigher};
