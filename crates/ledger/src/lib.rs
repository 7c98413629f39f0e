//! Durable operations: what was accepted is carried out, whatever is killed when.
//!
//! The row of an operation is the truth; a hint is only a hint. A [`Worker`] claims due rows of its queues, hands each
//! to the [`Handler`] one phase at a time, and commits the phase's change together with the next phase under the
//! claim's fence. A worker that dies leaves a row that says which effect it was about to make; whoever claims it next
//! makes that effect again, and every effect can be repeated.

mod blocking;
mod hints;
mod pulse;
mod step;
mod supervisor;
mod trace;
mod worker;

pub use blocking::{Blocking, Pace};
pub use hints::{End, Hint, Hints, Relay};
pub use pulse::{Pulse, Stretch};
pub use step::{Change, Decision, Handler, Next, Progress, Step};
pub use supervisor::Supervisor;
pub use trace::{Beginning, Span, Spans, Tracer};
pub use worker::{Settings, Worker};
