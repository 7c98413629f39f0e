//! A phase of an operation as a part of the trace of its request.

use std::time::Duration;

use store::operations::OperationRow;

use crate::Span;
use crate::step::{Next, Step};

/// What is told of a phase that ended with `step`, or that was not to go on.
pub(super) fn span<'a>(
    operation: &'a OperationRow,
    step: Option<&'a Step>,
) -> impl FnOnce(Duration, Duration) -> Span + 'a {
    move |began, took| Span {
        request_id: operation.request_id.clone().unwrap_or_default(),
        name: format!("{} {}", operation.kind, operation.phase),
        is_answer: false,
        began,
        took,
        facts: vec![
            ("besser.operation.id", operation.id.to_string()),
            ("besser.operation.kind", operation.kind.clone()),
            ("besser.operation.phase", operation.phase.clone()),
            ("besser.operation.resource", operation.resource.clone()),
            ("besser.operation.attempts", operation.attempts.to_string()),
            ("besser.operation.queue", operation.queue.clone().unwrap_or_default()),
        ],
        failure: match step {
            Some(Step::Retry { why, .. } | Step::Advance { next: Next::Failed(why), .. }) => {
                Some(why.clone())
            }
            Some(_) => None,
            None => Some("it was given up, or its claim was lost".to_owned()),
        },
    }
}
