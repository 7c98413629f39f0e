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

use std::collections::HashSet;

use ports::DriverError;
use ports::backup::{BackupStore, ObjectName};

use super::manifest::Manifest;
use super::names::{self, Kind};
use super::seal::StoreKey;
use crate::{BackupError, Location};

/// Put when something is left to be collected.
const WAITING: &str = "besser_v1_to_be_collected";
/// How often to look when a run ends, or a backup goes, under our eyes.
const LOOKS: usize = 3;
/// Longest mark of a run, in bytes.
const MAX_MARK_BYTES: u64 = 64 << 20;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collected {
    /// So many packs are gone.
    Packs(u64),
    /// A run may lead to packs of a backup that is gone: later.
    Later,
}

/// Takes away what no backup in `container` needs.
///
/// # Errors
/// The store failed, or a manifest cannot be read: nobody can tell what it leads to, so nothing goes.
pub fn collect(
    store: &dyn BackupStore,
    container: &str,
    key: Option<&StoreKey>,
) -> Result<Collected, BackupError> {
    for _ in 0..LOOKS {
        if let Some(gone) = collect_what_is_listed(store, container, key)? {
            return Ok(Collected::Packs(gone));
        }
    }
    later(store, container)?;
    Ok(Collected::Later)
}

/// None when nobody can tell now what is needed.
fn collect_what_is_listed(
    store: &dyn BackupStore,
    container: &str,
    key: Option<&StoreKey>,
) -> Result<Option<u64>, BackupError> {
    let found = store.list(container, names::PREFIX)?;
    let mut packs = Vec::new();
    let (mut manifests, mut runs) = (HashSet::new(), HashSet::new());
    for object in &found {
        match Kind::of(&object.name) {
            Kind::Manifest(prefix) => drop(manifests.insert(prefix)),
            Kind::Running(prefix) => drop(runs.insert(prefix)),
            Kind::Pack(prefix) => packs.push((object.name.as_str(), prefix)),
            Kind::Other => {}
        }
    }
    let is_listed = |prefix: &String| manifests.contains(prefix.as_str());
    for run in &runs {
        if !relied_on(store, container, run)?.is_some_and(|all| all.iter().all(is_listed)) {
            return Ok(None);
        }
    }
    let mut needed = HashSet::new();
    for prefix in &manifests {
        let at = Location { container: container.to_owned(), prefix: (*prefix).to_owned() };
        let Some(manifest) = Manifest::find(store, &at, key)? else { return Ok(None) };
        needed.extend(manifest.packs);
    }
    let mut gone = 0;
    for (name, prefix) in packs {
        if !needed.contains(name) && !runs.contains(prefix) {
            store.remove(&ObjectName::new(container, name)?)?;
            gone += 1;
        }
    }
    if runs.is_empty() {
        store.remove(&ObjectName::new(container, WAITING)?)?;
    }
    Ok(Some(gone))
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

/// The manifests that a run may lead to the packs of; none when it has just ended, and nobody knows.
fn relied_on(
    store: &dyn BackupStore,
    container: &str,
    prefix: &str,
) -> Result<Option<Vec<String>>, BackupError> {
    let at = Location { container: container.to_owned(), prefix: prefix.to_owned() };
    let object = names::running(&at)?;
    match store.get(&object, MAX_MARK_BYTES) {
        Ok(mark) => {
            serde_json::from_slice(&mark).map(Some).map_err(|error| BackupError::damaged(object, error))
        }
        Err(DriverError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
