//! Traces: what was done for a request, by whom and for how long, told to whoever collects it.
//!
//! The name of a request, which every operation keeps, is the name of its trace: whoever goes on with the request, in
//! whichever role and process, adds to the same one. Nothing is waited for, and what finds no room is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::OperationId;
use tokio::sync::mpsc;

/// Most spans that wait to be collected.
const MAX_WAITING: usize = 4096;

/// Something that took a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The request that it was done for, `req-{uuid}`.
    pub request_id: String,
    /// What was done.
    pub name: String,
    /// Whether it is the answer to a request, and not work for one.
    pub is_answer: bool,
    /// When it began, since 1970 by this host's clock.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// Facts, by their names in OpenTelemetry's conventions where they have any.
    pub facts: Vec<(&'static str, String)>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Where spans go. Cheap to clone; by default nobody collects them.
#[derive(Debug, Clone, Default)]
pub struct Tracer {
    way: Option<Way>,
}

#[derive(Debug, Clone)]
struct Way {
    spans: mpsc::Sender<Span>,
    lost: Arc<AtomicU64>,
}

/// The collector's end.
#[derive(Debug)]
pub struct Spans {
    /// What was told.
    pub told: mpsc::Receiver<Span>,
    lost: Arc<AtomicU64>,
}

/// When something began, by the clock that shows the time and by the one that measures it.
#[derive(Debug, Clone, Copy)]
pub struct Beginning {
    at: Duration,
    since: std::time::Instant,
}

impl Tracer {
    /// A tracer, and who takes its spans.
    #[must_use]
    pub fn collected() -> (Self, Spans) {
        let (spans, told) = mpsc::channel(MAX_WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        (Self { way: Some(Way { spans, lost: Arc::clone(&lost) }) }, Spans { told, lost })
    }

    /// Begins something; none where nobody collects.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "traces of several hosts are put together by the time of day"
    )]
    pub fn begin(&self) -> Option<Beginning> {
        self.way.as_ref()?;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(Beginning { at, since: std::time::Instant::now() })
    }

    /// Tells that what began then has ended. What finds no room is counted.
    pub fn end(&self, began: Option<Beginning>, span: impl FnOnce(Duration, Duration) -> Span) {
        let (Some(way), Some(began)) = (&self.way, began) else { return };
        if way.spans.try_send(span(began.at, began.since.elapsed())).is_err() {
            way.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Spans {
    /// How many were lost since this was last asked.
    #[must_use]
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

impl Span {
    /// The name of its trace in 32 hexadecimal digits; none where the request has another kind of name.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        let id: OperationId = self.request_id.strip_prefix("req-")?.parse().ok()?;
        Some(id.uuid().simple().to_string())
    }

    /// The name of the span that answered the request, in 16 hexadecimal digits: that of all work for it to point to.
    #[must_use]
    pub fn answer_id(&self) -> Option<String> {
        Some(self.trace_id()?.split_at(16).1.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(began: Duration, took: Duration) -> Span {
        let (request_id, name) = ("req-00010203-0405-4607-8809-0a0b0c0d0e0f".to_owned(), "x".to_owned());
        Span { request_id, name, is_answer: true, began, took, facts: Vec::new(), failure: None }
    }

    #[test]
    fn what_finds_no_room_is_lost_and_counted() {
        let (tracer, mut spans) = Tracer::collected();
        for _ in 0..MAX_WAITING + 3 {
            tracer.end(tracer.begin(), span);
        }
        assert_eq!((spans.take_lost(), spans.take_lost()), (3, 0));
        let first = spans.told.try_recv().unwrap();
        assert_eq!(first.trace_id().as_deref(), Some("000102030405460788090a0b0c0d0e0f"));
        assert_eq!(first.answer_id().as_deref(), Some("88090a0b0c0d0e0f"));
    }

    #[test]
    fn nothing_is_measured_for_nobody() {
        let tracer = Tracer::default();
        assert!(tracer.begin().is_none());
        tracer.end(None, |_, _| unreachable!());
    }
}
