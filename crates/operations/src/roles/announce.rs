//! Telling others what the outbox holds: in its order, at least once, by one process at a time.

use std::sync::Arc;
use std::time::Duration;

use ports::Announcer;
use ports::announce::{AnnounceError, Announcement};
use store::outbox::{self, Notice};
use store::{StoreError, leases};

use super::Post;

/// The lease of who tells.
const LEASE: &str = "outbox";
/// How long it holds, in milliseconds: longer than a batch takes.
const LEASE_MS: i64 = 60_000;
/// Most notifications in one batch.
const MAX_BATCH: usize = 100;
/// Pause between two looks at an empty outbox.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause after the first failure; doubled with each further one,
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tells until the process ends. A broker that is away is asked again and again; the outbox keeps what it does not know.
pub async fn announce(post: Post, announcer: Arc<dyn Announcer>) {
    let owner = post.worker.owner.clone();
    let mut pause = LOOK_EVERY;
    let mut is_away = false;
    while post.pause(pause).await {
        pause = match round(&post, &owner, &announcer).await {
            Ok(told) => {
                if std::mem::take(&mut is_away) {
                    tracing::info!("the broker takes notifications again");
                }
                if told == MAX_BATCH { Duration::ZERO } else { LOOK_EVERY }
            }
            Err(why) => {
                if !std::mem::replace(&mut is_away, true) {
                    tracing::error!(
                        why,
                        "cannot tell others what happens; it is kept until that can be done"
                    );
                    pause = FIRST_PAUSE / 2;
                }
                (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
            }
        };
    }
    let released = post.store.write(move |conn| leases::give_back(conn, LEASE, &owner)).await;
    if let Err(error) = released {
        tracing::warn!(error = error.chain(), "cannot give the outbox back; its lease will");
    }
}

/// Tells the oldest, if it is this process's to tell. Returns how many.
async fn round(post: &Post, owner: &str, announcer: &Arc<dyn Announcer>) -> Result<usize, String> {
    let me = owner.to_owned();
    let waiting = post.store.read(move |conn| match leases::held_until(conn, LEASE, &me)? {
        Some(_) => Ok(Vec::new()),
        None => outbox::oldest(conn, MAX_BATCH),
    });
    let batch: Vec<Notice> = waiting.await.map_err(|error: StoreError| error.chain())?;
    if batch.is_empty() || !take_lease(post, owner).await? {
        return Ok(0);
    }
    let (told, announcer) = (batch.len(), Arc::clone(announcer));
    let announcements: Vec<Announcement> = batch.iter().map(announcement).collect();
    let taken = tokio::task::spawn_blocking(move || announcer.announce(&announcements)).await;
    let taken = taken.unwrap_or_else(|error| Err(AnnounceError::Unavailable(error.to_string())));
    taken.map_err(|error| error.to_string())?;
    let removed = post.store.write(move |conn| outbox::remove(conn, &batch));
    removed.await.map_err(|error: StoreError| error.chain())?;
    Ok(told)
}

async fn take_lease(post: &Post, owner: &str) -> Result<bool, String> {
    let owner = owner.to_owned();
    let taken =
        post.store.write(move |conn| leases::take(conn, LEASE, &owner, conn.now().plus_millis(LEASE_MS)));
    taken.await.map_err(|error: StoreError| error.chain())
}

fn announcement(notice: &Notice) -> Announcement {
    Announcement {
        message_id: notice.message_id.clone(),
        event_type: notice.event_type.clone(),
        publisher_id: notice.publisher_id.clone(),
        priority: notice.priority.clone(),
        request_id: notice.request_id.clone(),
        project_id: notice.project_id.to_string(),
        user_id: notice.user_id.to_string(),
        payload: notice.payload.clone(),
        timestamp: notice.created_at.to_string().replace('T', " "),
    }
}
