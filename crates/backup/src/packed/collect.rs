//! Taking away the packs that no backup leads to.
//!
//! A pack may only go when nobody leads to it and nobody is about to. A run says in the store, before it reads them,
//! which manifests it may lead to the packs of; and a manifest goes before its packs are looked at. So there are three
//! cases for a run that knows a pack of a backup that is being taken away:
//!
//! - its mark was there when the packs were listed, and the manifest is gone: nothing is collected now;
//! - its mark came later, but the manifest was still listed: the pack counts as one that is needed;
//! - its mark came later, and the manifest was gone: the run looked in vain for the manifest, and knows nothing of it.
//!
//! Packs of runs that are under way are left alone. What could not be collected is when the next run ends, or the next
//! backup is taken away.
//!
//! A list is no moment: it is made from one name to the next, and who ends meanwhile may be in it neither as a run nor as
//! a backup. So there are three: a run that had ended before the second one came to its mark was a backup before the
//! third one began, and only what the first one has may go. That leaves a backup that ends during the second list and is
//! removed during the third, while a run that leads to it begins and ends there as well, each time behind the list's back.

use std::collections::HashSet;

use ports::backup::{BackupStore, ObjectName};

use super::manifest::Manifest;
use super::mark::Mark;
use super::names::{self, Kind};
use super::seal::StoreKey;
use crate::{BackupError, Location};

/// Put when something is left to be collected.
const WAITING: &str = "besser_v1_to_be_collected";
/// How often to look when a run ends, or a backup goes, under our eyes.
const LOOKS: usize = 3;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// So many packs are gone.
    Packs(u64),
    /// A run may lead to packs of a backup that is gone: later.
    Later,
    /// What says of a backup, or of a run, what it leads to cannot be read. Nothing goes, because nobody can tell what
    /// is needed, before that is taken away or can be read again.
    Unreadable(String),
}

/// Takes away what no backup in `container` needs.
///
/// # Errors
/// The store failed.
pub fn collect(
    store: &dyn BackupStore,
    container: &str,
    key: Option<&StoreKey>,
) -> Result<Collected, BackupError> {
    let mut collected = Collected::Later;
    for _ in 0..LOOKS {
        match collect_what_is_listed(store, container, key) {
            Ok(Some(gone)) => return Ok(Collected::Packs(gone)),
            Ok(None) => {}
            Err(damaged @ BackupError::Damaged { .. }) => {
                collected = Collected::Unreadable(damaged.to_string());
                break;
            }
            Err(error) => return Err(error),
        }
    }
    later(store, container)?;
    match &collected {
        Collected::Unreadable(why) => tracing::error!(container, why, "no pack can be collected"),
        _ => tracing::info!(container, "packs are collected later: a run may need them"),
    }
    Ok(collected)
}

/// None when nobody can tell now what is needed.
fn collect_what_is_listed(
    store: &dyn BackupStore,
    container: &str,
    key: Option<&StoreKey>,
) -> Result<Option<u64>, BackupError> {
    let (packs, other) = listed(store, container)?;
    let mut others = vec![other];
    if !packs.is_empty() {
        others.push(listed(store, container)?.1);
        others.push(listed(store, container)?.1);
    }
    let (mut manifests, mut runs) = (HashSet::new(), HashSet::new());
    for name in others.iter().flatten() {
        match Kind::of(name) {
            Kind::Manifest(prefix) => drop(manifests.insert(prefix)),
            Kind::Running(prefix) => drop(runs.insert(prefix)),
            Kind::Pack(_) | Kind::Other => {}
        }
    }
    let is_listed = |prefix: &String| manifests.contains(prefix.as_str());
    let at = |prefix: &str| Location { container: container.to_owned(), prefix: prefix.to_owned() };
    for run in &runs {
        // One that has just ended may have made a backup.
        if !Mark::find(store, &at(run))?.is_some_and(|mark| mark.leads_to.iter().all(is_listed)) {
            return Ok(None);
        }
    }
    let mut needed = HashSet::new();
    for prefix in &manifests {
        let Some(manifest) = Manifest::find(store, &at(prefix), key)? else { return Ok(None) };
        needed.extend(manifest.packs);
    }
    let mut gone = 0;
    for name in packs {
        let is_of_a_run = matches!(Kind::of(&name), Kind::Pack(prefix) if runs.contains(prefix));
        if !needed.contains(&name) && !is_of_a_run {
            store.remove(&ObjectName::new(container, &name)?)?;
            gone += 1;
        }
    }
    if runs.is_empty() {
        store.remove(&ObjectName::new(container, WAITING)?)?;
    }
    Ok(Some(gone))
}

/// The names of the packs, and of everything else.
fn listed(store: &dyn BackupStore, container: &str) -> Result<(Vec<String>, Vec<String>), BackupError> {
    let found = store.list(container, names::PREFIX)?.into_iter().map(|object| object.name);
    Ok(found.partition(|name| matches!(Kind::of(name), Kind::Pack(_))))
}

/// Says that something is left to be collected.
pub(super) fn later(store: &dyn BackupStore, container: &str) -> Result<(), BackupError> {
    Ok(store.put(&ObjectName::new(container, WAITING)?, b"")?)
}

/// Collects if something is left to be collected.
pub(super) fn what_waited(
    store: &dyn BackupStore,
    container: &str,
    key: Option<&StoreKey>,
) -> Result<(), BackupError> {
    let waiting = store.list(container, WAITING)?;
    if !waiting.is_empty() {
        collect(store, container, key)?;
    }
    Ok(())
}
