//! What must be true at any time, and what in the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::{OperationId, Volume, VolumeId, VolumeStatus};
use ports::volume::FoundKind;
use store::Conn;
use store::operations::OperationRow;
use tokio::time::{Instant, sleep};

use super::clients::Clients;
use super::node::{Node, Part, REPORT_INTERVAL};
use super::site::{LIMITS, PROJECT, Site};
use super::storage::{self, Storage};
use crate::invariants::all_volumes;

/// How long something may lie there that somebody well could do: until who was cut off gives up what it asked then, looks
/// again, and has had one more try fail.
const PROMPT: Duration = Duration::from_secs(25);
/// How long somebody may be at something: a lease, and the longest effects that a run has.
const LEASE: Duration = Duration::from_secs(30);
const LONGEST_EFFECTS: Duration = Duration::from_secs(90);
/// Seconds between two looks at the books.
const BOOKS_EVERY: u64 = 3;
/// Most rows that are looked at.
const MOST: usize = 10_000;

/// Looks every second.
pub(super) async fn every_second(site: Arc<Site>) {
    let mut waits = Waits::default();
    for second in 0_u64.. {
        sleep(Duration::from_secs(1)).await;
        if second.is_multiple_of(BOOKS_EVERY) {
            books(&site);
        }
        waits.look(&site);
    }
}

/// Quota and capacity are what the rows say, and within their limits.
fn books(site: &Site) {
    let (quotas, pools, volumes, usage, pending) = site.look(|conn| {
        let usage = store::quotas::usage(conn, &model::ProjectId::new(PROJECT))?;
        let (quotas, pools) = (store::quotas::recount(conn)?, store::pools::recount(conn)?);
        Ok((quotas, pools, all_volumes(conn)?, usage, pending(conn)?))
    });
    for drift in quotas {
        site.wrong(&format!("a quota is miscounted: {drift:?}"));
    }
    for drift in pools {
        site.wrong(&format!("a pool is miscounted: {drift:?}"));
    }
    for (name, limit) in LIMITS {
        if usage.get(name).is_some_and(|used| *used > limit) {
            site.wrong(&format!("more than the quota: {usage:?}"));
        }
    }
    for storage in storage::ALL {
        let here = volumes.iter().filter(|volume| is_on(volume.host.as_deref(), storage));
        // Growth is charged before a scheduler has said whether there is room for it.
        let is_undecided = |volume: &Volume| {
            let key = format!("volume/{}", volume.id);
            let undecided =
                |it: &OperationRow| it.resource == key && it.kind == "volume.extend" && it.phase == "room";
            pending.iter().any(undecided)
        };
        let promised = here.map(|it| if is_undecided(it) { it.size_gib } else { it.charged_gib });
        let promised: u64 = promised.sum();
        let taken = storage::taken_gib(site, storage);
        if promised.max(taken) > storage.gib {
            site.wrong(&format!("{promised} GiB promised and {taken} taken of {storage:?}"));
        }
    }
}

fn is_on(host: Option<&str>, storage: Storage) -> bool {
    host.is_some_and(|host| host.contains(&format!("@{}#", storage.name)))
}

/// Since when each operation is as it is, and each process well or not.
#[derive(Default)]
struct Waits {
    operations: HashMap<OperationId, (State, Instant)>,
    well: HashMap<String, (bool, Instant)>,
}

/// What changes when an operation moves.
type State = (i64, String, bool);

impl Waits {
    fn look(&mut self, site: &Site) {
        let (now, nodes) = (Instant::now(), site.nodes());
        for node in &nodes {
            let is_well = node.is_well();
            let known = self.well.entry(node.part.host()).or_insert((is_well, now));
            if known.0 != is_well {
                *known = (is_well, now);
            }
        }
        let (pending, clock) = (site.look(pending), site.now());
        self.operations.retain(|id, _| pending.iter().any(|operation| operation.id == *id));
        for operation in pending {
            let is_due = match &operation.owner {
                Some(_) => operation.lease_until < clock,
                None => operation.run_after <= clock,
            };
            let state = (operation.fence, operation.phase.clone(), is_due);
            let known = self.operations.entry(operation.id).or_insert_with(|| (state.clone(), now));
            if known.0 != state {
                site.trace(|| {
                    format!(
                        "  {} {} {:?} {state:?} {:?} {:?}",
                        operation.kind,
                        operation.resource,
                        operation.queue,
                        operation.owner,
                        operation.last_error
                    )
                });
                *known = (state, now);
            }
            let Some(served) = self.served_since(&nodes, &operation, now) else { continue };
            let since = known_since(&self.operations, operation.id, now).max(served);
            let most = match (is_due, &operation.owner) {
                (true, _) => PROMPT,
                (false, Some(_)) => LEASE + LONGEST_EFFECTS,
                (false, None) => continue,
            };
            if now - since > most {
                let clue = (&operation.kind, &operation.phase, &operation.queue, &operation.owner);
                site.wrong(&format!("stuck for {:?}: {clue:?}, {:?}", now - since, operation.last_error));
                // Once is enough.
                self.operations.remove(&operation.id);
            }
        }
    }

    /// Since when somebody is well who serves the queue of an operation.
    fn served_since(&self, nodes: &[Arc<Node>], operation: &OperationRow, now: Instant) -> Option<Instant> {
        let queue = operation.queue.as_deref()?;
        let serves = |node: &&Arc<Node>| match node.part {
            Part::Scheduler(_) => queue == operations::SCHEDULER_QUEUE,
            part => queue.strip_prefix("volume:").and_then(|it| it.split('@').next()) == Some(&*part.host()),
        };
        let well = |node: &Arc<Node>| self.well.get(&node.part.host()).filter(|it| it.0).map(|it| it.1);
        let own: Vec<&Arc<Node>> = nodes.iter().filter(serves).collect();
        if let Some(since) = own.iter().filter_map(|node| well(node)).min() {
            return Some(since);
        }
        // Another member stands in, once the owner has been silent for a lease.
        let member = own.first().filter(|node| matches!(node.part, Part::Member(_)))?;
        let ill = self.well.get(&member.part.host())?.1;
        let down = LEASE + 2 * REPORT_INTERVAL;
        let others = nodes.iter().filter(|node| matches!(node.part, Part::Member(_)));
        let since = others.filter_map(well).min()?.max(ill + down);
        (since <= now).then_some(since)
    }
}

fn known_since(known: &HashMap<OperationId, (State, Instant)>, id: OperationId, now: Instant) -> Instant {
    known.get(&id).map_or(now, |known| known.1)
}

fn pending(conn: &Conn<'_>) -> Result<Vec<OperationRow>, store::StoreError> {
    store::operations::list(conn, false, MOST)
}

/// Looks when nothing is under way any more: what was accepted is done, nothing is there twice, and nothing else.
pub(super) fn at_the_end(site: &Site, clients: &Clients) {
    books(site);
    let (pending, operations, volumes) = site
        .look(|conn| Ok((pending(conn)?, store::operations::list(conn, true, MOST)?, all_volumes(conn)?)));
    for operation in pending {
        site.wrong(&format!("never ended: {operation:?}"));
    }
    let ends = operations.iter().filter(|it| it.state == "failed");
    let failed: Vec<&OperationRow> = ends.collect();
    for known in clients.known() {
        let volume = volumes.iter().find(|volume| volume.id == known.id);
        let failed_of = |kind: &str| {
            let key = format!("volume/{}", known.id);
            failed.iter().any(|it| it.kind == kind && it.resource == key && it.last_error.is_some())
        };
        match volume {
            None if !known.asked_to_go => site.wrong(&format!("lost: {known:?}")),
            Some(volume) if known.is_to_go && !failed_of("volume.delete") => {
                site.wrong(&format!("still there: {known:?}, {}", volume.status));
            }
            Some(volume) if volume.status == VolumeStatus::Error && !failed_of("volume.create") => {
                site.wrong(&format!("an error without a reason: {volume:?}"));
            }
            Some(volume) if volume.size_gib < known.size_gib && !failed_of("volume.extend") => {
                site.wrong(&format!("{volume:?} is not {known:?}"));
            }
            _ => {}
        }
    }
    for volume in &volumes {
        if volume.status.is_transitional() {
            site.wrong(&format!("volume {} is {}", volume.id, volume.status));
        }
        let there = storage::ALL
            .iter()
            .filter(|it| is_on(volume.host.as_deref(), **it) && lies_on(site, **it, volume.id));
        if volume.status == VolumeStatus::Available && there.count() != 1 {
            site.wrong(&format!("volume {} is available, but not there", volume.id));
        }
    }
    for storage in storage::ALL {
        for found in storage::content(site, storage) {
            let known = match found.kind {
                FoundKind::Volume(id) => {
                    volumes.iter().any(|volume| volume.id == id && is_on(volume.host.as_deref(), storage))
                }
                _ => false,
            };
            if !known {
                site.wrong(&format!("{} on {} is nobody's", found.name, storage.name));
            }
        }
    }
}

fn lies_on(site: &Site, storage: Storage, id: VolumeId) -> bool {
    storage::content(site, storage).iter().any(|found| found.kind == FoundKind::Volume(id))
}
