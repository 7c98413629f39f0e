//! What goes wrong.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::site::{Site, lock};

/// How long something is wrong, in milliseconds.
const LEAST_MS: u64 = 500;
const MOST_MS: u64 = 60_000;
/// Most that a clock is set wrong by, in microseconds: an hour.
const MOST_AHEAD_US: u64 = 3_600_000_000;

/// Makes trouble for as long as `trouble` says. Returns how often.
pub(super) async fn make(site: &Arc<Site>, trouble: Duration) -> usize {
    let until = Instant::now() + trouble;
    let mut made = 0;
    loop {
        site.wait(2_000, 15_000).await;
        if Instant::now() >= until {
            return made;
        }
        one(site).await;
        made += 1;
    }
}

async fn one(site: &Arc<Site>) {
    let nodes = site.nodes();
    let count = u64::try_from(nodes.len()).unwrap_or(1);
    let node = &nodes[usize::try_from(site.below(count)).unwrap_or(0)];
    let long = site.between(LEAST_MS, MOST_MS);
    let kind = site.below(12);
    site.happened(&format!("fault {kind} of {} for {long:?}", node.part.host()));
    let until = Instant::now() + long;
    let last = |at: &std::sync::Mutex<Instant>| {
        let mut at = lock(at);
        *at = (*at).max(until);
    };
    match kind {
        0..=3 => {
            node.kill().await;
            let (site, node, rest) = (Arc::clone(site), Arc::clone(node), site.between(200, 20_000));
            site.clone().spawn(async move {
                sleep(rest).await;
                // Another fault, or the end of them all, may have been faster.
                if node.desk().is_none() {
                    site.happened(&format!("{} starts", node.part.host()));
                    node.start();
                }
            });
        }
        4 | 5 => last(&node.stands_still),
        6 | 7 => last(&node.cut_off),
        8 => last(&node.unheard),
        9 => last(&site.broker_away),
        10 => *lock(&site.database_away) = Instant::now() + site.between(200, 8_000),
        _ => {
            let ahead = i64::try_from(site.below(2 * MOST_AHEAD_US)).unwrap_or(0);
            node.ahead_us.store(ahead - i64::try_from(MOST_AHEAD_US).unwrap_or(0), Ordering::Relaxed);
        }
    }
}
