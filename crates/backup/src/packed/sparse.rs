//! Packs of which little is needed any more: nothing new leads to them, so they go with the last old backup that does.
//!
//! Nothing that is in the store is changed for it. A new backup keeps anew what it would have led to in such a pack: at most as
//! much as is dead there, and once, for the next backup finds it in its new place.

use std::collections::{HashMap, HashSet};

use super::known::Known;
use super::sizes::Sizes;
use super::table::Packs;

/// The packs of which more than half is needed by none of the backups that `known` was learnt from; they are forgotten there.
/// To be asked only when all of them were learnt.
pub(super) fn shun(known: &mut Known, packs: &Packs, sizes: &Sizes<'_>) -> HashSet<u32> {
    let mut seen: HashMap<u32, Seen> = HashMap::new();
    for place in known.places() {
        let seen = seen.entry(place.pack).or_default();
        seen.needed_bytes += u64::from(place.length);
        seen.end_bytes = seen.end_bytes.max(u64::from(place.offset) + u64::from(place.length));
    }
    let is_sparse = |(pack, seen): &(u32, Seen)| {
        // Where a list says no lengths, a pack is as long as the last that is needed of it.
        let size_bytes = sizes.listed_bytes(packs.name(*pack)).unwrap_or(seen.end_bytes);
        seen.needed_bytes.saturating_mul(2) < size_bytes
    };
    let sparse: HashSet<u32> = seen.into_iter().filter(is_sparse).map(|(pack, _)| pack).collect();
    if !sparse.is_empty() {
        known.forget(|place| sparse.contains(&place.pack));
    }
    sparse
}

/// What is needed of a pack.
#[derive(Default)]
struct Seen {
    needed_bytes: u64,
    end_bytes: u64,
}
