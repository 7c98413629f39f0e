//! Forgetting what has had its time: ended operations and old messages, a little at a time.

use std::time::Duration;

use store::StoreError;

use super::Post;

/// Most rows removed in one transaction.
const MAX_ROWS: usize = 1000;

/// What is kept, and how often it is looked through.
#[derive(Debug, Clone, Copy)]
pub struct Housekeeping {
    /// How long ended operations can be looked at.
    pub keep_operations: Duration,
    /// Pause between two rounds.
    pub every: Duration,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self { keep_operations: Duration::from_secs(24 * 3600), every: Duration::from_secs(60) }
    }
}

/// Keeps house until the process ends.
pub async fn keep_house(post: Post, house: Housekeeping) {
    while post.pause(house.every).await {
        if let Err(error) = round(&post, house).await {
            tracing::error!(error = error.chain(), "cannot forget what has had its time");
        }
    }
}

async fn round(post: &Post, house: Housekeeping) -> Result<(), StoreError> {
    let keep_ms = i64::try_from(house.keep_operations.as_millis()).unwrap_or(i64::MAX);
    loop {
        let gone = post.store.write(move |conn| {
            let now = conn.now();
            let operations = store::operations::prune(conn, now.plus_millis(-keep_ms), MAX_ROWS)?;
            let messages = store::messages::prune(conn, now, MAX_ROWS)?;
            let tasks = store::image_tasks::prune(conn, now, MAX_ROWS)?;
            Ok::<_, StoreError>(operations.max(messages).max(tasks))
        });
        if gone.await? < MAX_ROWS || post.supervisor.is_stopping() {
            return Ok(());
        }
    }
}
