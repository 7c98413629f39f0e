//! Looking at the clock for the policies of backups.

use std::time::Duration;

use super::Post;
use crate::Desk;
use crate::backup_policy::round::round;

/// Pause between two looks.
const EVERY: Duration = Duration::from_secs(10);

/// Has policies do what is due until the process ends. Any number of processes may.
pub async fn keep_policies(post: Post, desk: Desk) {
    while post.pause(EVERY).await {
        if let Err(error) = round(&desk, None).await {
            tracing::error!(error = error.chain(), "cannot do what the policies of backups say");
        }
    }
}
