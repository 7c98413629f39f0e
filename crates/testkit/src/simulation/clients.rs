//! Those who ask, and what they remember of the answers.

use std::sync::{Arc, Mutex};

use model::VolumeId;
use operations::volume::{create, delete, extend};
use operations::{Desk, Refused};

use super::site::{Site, lock};
use crate::client::{blank, requester};

/// What is remembered.
#[derive(Default)]
pub(super) struct Clients {
    known: Mutex<Vec<Known>>,
    counted: Mutex<(usize, usize)>,
}

/// A volume that was accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) id: VolumeId,
    /// What it was to be grown to, by a request that was accepted.
    pub(super) size_gib: u64,
    /// Whether somebody asked for its end, and whether that was accepted for sure.
    pub(super) asked_to_go: bool,
    pub(super) is_to_go: bool,
}

impl Clients {
    /// What was accepted.
    pub(super) fn known(&self) -> Vec<Known> {
        lock(&self.known).clone()
    }

    /// How many requests were accepted, and how many were not, or may not have been.
    pub(super) fn counted(&self) -> (usize, usize) {
        *lock(&self.counted)
    }

    fn change(&self, id: VolumeId, change: impl FnOnce(&mut Known)) {
        if let Some(known) = lock(&self.known).iter_mut().find(|known| known.id == id) {
            change(known);
        }
    }
}

/// Asks until all is healed.
pub(super) async fn ask(site: Arc<Site>, clients: Arc<Clients>) {
    while !site.is_healed() {
        site.wait(100, 3_000).await;
        let apis: Vec<_> = site.nodes().into_iter().take(2).filter_map(|node| node.desk()).collect();
        let Some(desk) = pick(&site, &apis).cloned() else { continue };
        let (asking, clients) = (Arc::clone(&site), Arc::clone(&clients));
        site.spawn(async move {
            let answer = one(&asking, &desk, &clients).await;
            let mut counted = lock(&clients.counted);
            match answer {
                Ok(()) => counted.0 += 1,
                Err(_) => counted.1 += 1,
            }
            drop(counted);
            asking.happened(if answer.is_ok() { "accepted" } else { "not accepted" });
        });
    }
}

async fn one(site: &Site, desk: &Desk, clients: &Clients) -> Result<(), Refused> {
    let known = clients.known();
    let standing: Vec<Known> = known.into_iter().filter(|known| !known.asked_to_go).collect();
    let (kind, size_gib) = (site.below(100), 1 + site.below(6));
    let Some(Known { id, .. }) = pick(site, &standing).copied().filter(|_| kind >= 50) else {
        let (volume, _) = create::accept(desk, &requester(), blank(size_gib)).await?;
        let new = Known { id: volume.id, size_gib, asked_to_go: false, is_to_go: false };
        lock(&clients.known).push(new);
        return Ok(());
    };
    if kind < 85 {
        clients.change(id, |known| known.asked_to_go = true);
        let asked = delete::accept(desk, &requester(), id, delete::Options::default()).await;
        match &asked {
            Ok(()) => clients.change(id, |known| known.is_to_go = true),
            // Nothing has changed: it stands.
            Err(Refused::Refusal(_)) => clients.change(id, |known| known.asked_to_go = false),
            Err(Refused::Store(_)) => {}
        }
        return asked;
    }
    let askers = extend::Askers { detached: requester(), attached: None };
    extend::accept(desk, askers, id, size_gib + 4).await?;
    clients.change(id, |known| known.size_gib = known.size_gib.max(size_gib + 4));
    Ok(())
}

fn pick<'a, T>(site: &Site, from: &'a [T]) -> Option<&'a T> {
    let count = u64::try_from(from.len()).ok()?;
    from.get(usize::try_from(site.below(count)).ok()?)
}
