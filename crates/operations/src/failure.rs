//! What to do when an effect fails: try again, or give up and say why.

use std::time::Duration;

use ledger::{Next, Step};
use model::Timestamp;
use ports::DriverError;
use store::operations::{self, OperationRow};
use store::{Conn, Store, StoreError};

use crate::Settings;

/// Tries of an effect that may pass before it is given up (the first one included).
const MAX_TRIES: u64 = 4;
/// The same of what hosts wait for.
const MANY_TRIES: u64 = 12;
/// How often to look whether what has to end first has ended: at least so often,
const MAX_TURN_PAUSE_MS: i64 = 5_000;
/// at most so often,
const MIN_TURN_PAUSE_MS: i64 = 50;
/// and in between, after this part of the time that was waited already.
const TURN_PAUSE_PART: i64 = 10;
/// Why an operation did not go on that was abandoned.
pub(crate) const GIVEN_UP: &str = "given up on request";

/// Either a step that tries again, or the reason for giving up.
pub(crate) fn again(
    operation: &OperationRow,
    settings: &Settings,
    error: &DriverError,
) -> Result<Step, String> {
    again_after(operation, settings, error.chain(), error.may_pass())
}

/// The same, after the failure `why`.
pub(crate) fn again_after(
    operation: &OperationRow,
    settings: &Settings,
    why: String,
    may_pass: bool,
) -> Result<Step, String> {
    let tries = operation.attempts + 1;
    if operation.abandoned {
        return Err(format!("{GIVEN_UP}; the last try said: {why}"));
    }
    if !may_pass {
        return Err(why);
    }
    if tries >= MAX_TRIES {
        return Err(format!("{why} ({tries} tries)"));
    }
    Ok(Step::Retry { after: pause(operation, settings), why })
}

/// Either a step that tries again, whatever the error says, or the reason for giving up: for removing what would else be
/// left behind.
pub(crate) fn insist(
    operation: &OperationRow,
    settings: &Settings,
    error: &DriverError,
) -> Result<Step, String> {
    insist_on(operation, settings, error.chain(), MAX_TRIES)
}

/// The same after the failure `why`, which comes late: for what would keep a way into a volume open.
pub(crate) fn insist_for_long(
    operation: &OperationRow,
    settings: &Settings,
    why: String,
) -> Result<Step, String> {
    insist_on(operation, settings, why, MANY_TRIES)
}

fn insist_on(operation: &OperationRow, settings: &Settings, why: String, most: u64) -> Result<Step, String> {
    let tries = operation.attempts + 1;
    if tries >= most {
        return Err(format!("{why} ({tries} tries)"));
    }
    Ok(Step::Retry { after: pause(operation, settings), why })
}

/// Either a step that tries again, or the reason for giving up, which comes late: for what hosts wait for that have lost
/// their disk. With a first pause of a second it takes six minutes.
pub(crate) fn again_and_again(
    operation: &OperationRow,
    settings: &Settings,
    error: &DriverError,
) -> Result<Step, String> {
    let tries = operation.attempts + 1;
    if !error.may_pass() {
        return Err(error.chain());
    }
    if tries >= MANY_TRIES {
        return Err(format!("{} ({tries} tries)", error.chain()));
    }
    Ok(Step::Retry { after: pause(operation, settings), why: error.chain() })
}

/// The pause before the next try: twice as long each time, up to the longest.
fn pause(operation: &OperationRow, settings: &Settings) -> Duration {
    let doubled = settings.first_retry_ms.saturating_mul(1 << operation.attempts.min(20));
    Duration::from_millis(doubled.min(settings.longest_retry_ms))
}

/// Tries again until it is done, for removing what no row could keep; none when the operation was given up on request.
pub(crate) fn persist(operation: &OperationRow, settings: &Settings, error: &DriverError) -> Option<Step> {
    (!operation.abandoned).then(|| for_ever(operation, settings, error.chain()))
}

/// Tries again, however often and whoever gives up: nobody else would ever do it.
pub(crate) fn for_ever(operation: &OperationRow, settings: &Settings, why: String) -> Step {
    Step::Retry { after: pause(operation, settings), why }
}

/// Tries again when the store could not be read.
pub(crate) fn store_failed(error: &StoreError) -> Step {
    Step::Retry { after: Duration::from_secs(1), why: error.chain() }
}

/// Who has the turn before an operation that was admitted after another.
const PREDECESSOR: &str = "the operation before it to give up";

/// Takes the resource for an operation that was admitted after another, once that has given up, and decides with `begin`
/// how to go on.
pub(crate) async fn turn(
    store: &Store,
    operation: &OperationRow,
    begin: impl FnOnce(&Conn<'_>) -> Result<(Next, Option<String>), StoreError> + Clone + Send + 'static,
) -> Step {
    if is_held(store, &operation.resource).await {
        return wait_for(operation, PREDECESSOR);
    }
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        if operations::take_turn(conn, operation.id, &operation.resource)? {
            begin(conn)
        } else {
            Ok((wait(conn, operation.created_at, PREDECESSOR), None))
        }
    }))
}

/// Waits for whatever has to end first.
pub(crate) fn wait_for(operation: &OperationRow, what: &'static str) -> Step {
    let since = operation.created_at;
    Step::Decide(Box::new(move |conn| Ok((wait(conn, since, what), None))))
}

/// The same, found out inside a transaction.
pub(crate) fn wait(conn: &Conn<'_>, since: Timestamp, what: &str) -> Next {
    let waited_ms = conn.now().since(since) / 1000;
    let pause_ms = (waited_ms / TURN_PAUSE_PART).clamp(MIN_TURN_PAUSE_MS, MAX_TURN_PAUSE_MS);
    Next::Wait { after: Duration::from_millis(pause_ms.unsigned_abs()), what: what.to_owned() }
}

/// Whether a running operation reads `key`. When the store cannot say, waiting is the safe answer.
pub(crate) async fn is_read(store: &Store, key: String) -> bool {
    store.read(move |conn| operations::is_read(conn, &key)).await.unwrap_or(true)
}

/// Whether another operation holds `key`. When the store cannot say, waiting is the safe answer.
pub(crate) async fn is_held(store: &Store, key: &str) -> bool {
    let key = key.to_owned();
    store.read(move |conn| operations::holder(conn, &key)).await.map_or(true, |holder| holder.is_some())
}

/// A phase or facts that its verb cannot read: the row is damaged, or of a newer version.
pub(crate) fn unknown_phase(operation: &OperationRow) -> Step {
    let why = format!("{} does not go on from phase {:?} in this version", operation.kind, operation.phase);
    unreadable(operation, why)
}

/// An operation that this version cannot go on with. It waits for one that can, and nothing is guessed; once it is given
/// up it ends as it is, so that nobody waits for it any longer.
pub(crate) fn unreadable(operation: &OperationRow, why: String) -> Step {
    if !operation.abandoned {
        return Step::Retry { after: Duration::from_secs(10), why };
    }
    Step::Advance {
        next: Next::Failed(format!("{GIVEN_UP}; {why}")),
        args: None,
        change: Box::new(|_| Ok(())),
    }
}

/// Ends an operation whose resource is gone: there is nothing left to do to it.
pub(crate) fn vanished() -> Step {
    Step::Advance {
        next: Next::Failed("its resource is gone".to_owned()),
        args: None,
        change: Box::new(|_| Ok(())),
    }
}
