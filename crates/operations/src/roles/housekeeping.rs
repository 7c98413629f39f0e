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
    /// How long user messages can be read (`message_ttl`).
    pub keep_messages: Duration,
    /// How long what the broker does not take is kept for it.
    pub keep_notices: Duration,
    /// Pause between two rounds.
    pub every: Duration,
}

impl Default for Housekeeping {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self {
            keep_operations: day,
            keep_messages: 30 * day,
            keep_notices: 7 * day,
            every: Duration::from_secs(60),
        }
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
    let ms = |keep: Duration| i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    let (keep_ms, messages_ms, notices_ms) =
        (ms(house.keep_operations), ms(house.keep_messages), ms(house.keep_notices));
    loop {
        let gone = post.store.write(move |conn| {
            let now = conn.now();
            let operations = store::operations::prune(conn, now.plus_millis(-keep_ms), MAX_ROWS)?;
            let messages = store::messages::prune(conn, now.plus_millis(-messages_ms), MAX_ROWS)?;
            let tasks = store::image_tasks::prune(conn, now, MAX_ROWS)?;
            let notices = store::outbox::give_up(conn, now.plus_millis(-notices_ms), MAX_ROWS)?;
            Ok::<_, StoreError>((operations.max(messages).max(tasks).max(notices), notices))
        });
        let (gone, notices) = gone.await?;
        if notices > 0 {
            tracing::error!(notices, "given up telling others: the broker did not take it in time");
        }
        if gone < MAX_ROWS || post.supervisor.is_stopping() {
            return Ok(());
        }
    }
}
