//! Waiting for an operation whose answer the client is to have in the same request.

use std::time::Duration;

use model::OperationId;
use store::{Conn, StoreError, operations};
use tokio::time::{Instant, sleep};

use crate::Desk;

/// The pause after the first look; doubled with each further one,
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// up to this,
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// and to this where other processes say when an operation has ended.
const LONGEST_PAUSE_WITH_HINTS: Duration = Duration::from_secs(1);

/// How an operation has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Well.
    Done,
    /// It has failed, and this is why.
    Failed(String),
}

impl Desk {
    /// Waits for the end of an operation that was admitted; none when it takes longer than `patience`. It goes on
    /// whether anybody waits or not.
    ///
    /// # Errors
    /// The store's own.
    pub async fn end_of(&self, id: OperationId, patience: Duration) -> Result<Option<Ended>, StoreError> {
        let until = Instant::now() + patience;
        let end = self.hints.end_of(id);
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(ended) = self.store.read(move |conn| look(conn, id)).await? {
                return Ok(Some(ended));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            tokio::select! {
                () = end.hinted() => {}
                () = sleep(pause) => {}
            }
            let longest = if self.hints.is_relayed() { LONGEST_PAUSE_WITH_HINTS } else { LONGEST_PAUSE };
            pause = (pause * 2).min(longest);
        }
    }
}

fn look(conn: &Conn<'_>, id: OperationId) -> Result<Option<Ended>, StoreError> {
    let Some(row) = operations::get(conn, id)? else {
        // Ended so long ago that its row was pruned.
        return Ok(Some(Ended::Done));
    };
    Ok(match row.state.as_str() {
        "done" => Some(Ended::Done),
        "failed" => Some(Ended::Failed(row.last_error.unwrap_or_default())),
        _ => None,
    })
}
