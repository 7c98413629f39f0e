//! Notifications: what others are told of what happens here, in Cinder's words.
//!
//! They are written to the outbox in the transaction of what they are about: where an operation ends, its end is told,
//! or nothing has happened. That it begins is told before its first effect. Nothing is written where nobody is to be told.

mod events;
mod payload;

use ledger::{Next, Step};
use store::operations::OperationRow;
use store::outbox::{self, Notice};
use store::{Conn, StoreError};

use self::events::Event;
pub(crate) use self::payload::Subject;
use self::payload::Told;
use crate::{Requester, Settings, Tools};

/// Longest reason that is told, in characters.
const MAX_REASON_CHARS: usize = 1000;

/// Tells that an operation begins, when this phase is its beginning.
pub(crate) async fn begin(tools: &Tools, operation: &OperationRow) {
    let Some(event) = events::of(operation).filter(|_| tools.settings.announces) else { return };
    if event.start != Some(operation.phase.as_str()) || operation.attempts > 0 || operation.abandoned {
        return;
    }
    let operation = operation.clone();
    let written = tools.store.write(move |conn| match event.subject.told(conn)? {
        Some(told) => {
            let id = last_digit_changed(&operation.id.to_string());
            outbox::insert(conn, &notice(conn, &operation, id, event.name("start"), told))
        }
        None => Ok(()),
    });
    if let Err(error) = written.await {
        tracing::error!(error = error.chain(), "cannot write a notification");
    }
}

/// The same step, which also tells the end of its operation when it is one.
pub(crate) fn with_end(settings: &Settings, operation: &OperationRow, step: Step) -> Step {
    let Some(event) = events::of(operation).filter(|_| settings.announces) else { return step };
    let operation = operation.clone();
    match step {
        Step::Advance { next, args, change } if matches!(next, Next::Done | Next::Failed(_)) => {
            let ended = next.clone();
            let change = Box::new(move |conn: &Conn<'_>| {
                let before = event.subject.told(conn)?;
                change(conn)?;
                end(conn, &operation, &event, before, &ended)
            });
            Step::Advance { next, args, change }
        }
        Step::Decide(decision) => Step::Decide(Box::new(move |conn| {
            let before = event.subject.told(conn)?;
            let (next, args) = decision(conn)?;
            end(conn, &operation, &event, before, &next)?;
            Ok((next, args))
        })),
        other => other,
    }
}

/// Tells that something has happened that no operation does.
pub(crate) fn tell(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    subject: &Subject,
    what: &str,
) -> Result<(), StoreError> {
    if !settings.announces {
        return Ok(());
    }
    let Some(told) = subject.told(conn)? else { return Ok(()) };
    let notice = Notice {
        message_id: model::MessageId::random().to_string(),
        event_type: format!("{}.{what}", subject.noun()),
        publisher_id: told.publisher_id,
        priority: "INFO".to_owned(),
        request_id: who.request_id.clone(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        payload: told.payload.to_string(),
        created_at: conn.now(),
    };
    outbox::insert(conn, &notice)
}

fn end(
    conn: &Conn<'_>,
    operation: &OperationRow,
    event: &Event,
    before: Option<Told>,
    next: &Next,
) -> Result<(), StoreError> {
    let failure = match next {
        Next::Done => None,
        Next::Failed(why) => Some(why.chars().take(MAX_REASON_CHARS).collect::<String>()),
        _ => return Ok(()),
    };
    let name = match &failure {
        None if event.ends => event.name("end"),
        None if event.start.is_some() => return Ok(()),
        None => event.name(""),
        Some(_) => event.name("error"),
    };
    // What is gone is told of as it was.
    let Some(mut told) = event.subject.told(conn)?.or(before) else { return Ok(()) };
    if let Some(why) = &failure {
        told.payload["error"] = why.as_str().into();
    }
    let mut notice = notice(conn, operation, operation.id.to_string(), name, told);
    if failure.is_some() {
        notice.priority = "ERROR".to_owned();
    }
    outbox::insert(conn, &notice)
}

fn notice(conn: &Conn<'_>, operation: &OperationRow, id: String, event_type: String, told: Told) -> Notice {
    Notice {
        message_id: id,
        event_type,
        publisher_id: told.publisher_id,
        priority: "INFO".to_owned(),
        request_id: operation.request_id.clone(),
        project_id: operation.project_id.clone(),
        user_id: operation.user_id.clone(),
        payload: told.payload.to_string(),
        created_at: conn.now(),
    }
}

/// Another identifier, always the same for the same one: a beginning that is told twice has one name.
fn last_digit_changed(id: &str) -> String {
    let mut changed = id.to_owned();
    let last = changed.pop().and_then(|digit| digit.to_digit(16)).unwrap_or_default();
    changed.extend(char::from_digit(last ^ 1, 16));
    changed
}
