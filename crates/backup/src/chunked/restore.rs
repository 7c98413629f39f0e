//! Restoring: every layer of the chain, oldest first, then a comparison of the whole volume with its hashes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::documents::Document;
use super::objects::Stored;
use super::{HASHES, METADATA, verify};
use crate::threads::on_threads;
use crate::{BackupError, Location, Means, pieces};

/// One backup of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its identifier.
    pub backup_id: String,
    /// Where it lies.
    pub at: Location,
}

/// Restores the last of `layers`, which are its chain from the full backup on, to `disk`. Returns the volume's own data,
/// as JSON text. What was restored is durable and equals what was backed up when this returns.
///
/// # Errors
/// The disk holds something between what it had and what it should have.
pub fn restore(
    store: &dyn BackupStore,
    layers: &[Layer],
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Option<String>, BackupError> {
    let documents = layers.iter().map(|layer| read(store, layer)).collect::<Result<Vec<_>, _>>()?;
    check_chain(layers, &documents)?;
    for document in &documents {
        check_bounds(document, disk.size_bytes())?;
    }
    let all = documents.iter().fold(0, |sum: u64, it| sum.saturating_add(it.content_bytes()));
    let end_bytes = documents.iter().map(Document::end_bytes).max().unwrap_or(0);
    // The comparison reads the volume once more.
    work.set_total(all.saturating_add(end_bytes));
    for (layer, document) in layers.iter().zip(&documents) {
        apply(store, layer, document, disk, means, work)?;
    }
    disk.sync().map_err(BackupError::disk("syncing", 0))?;
    let (Some(last), Some(document)) = (layers.last(), documents.into_iter().next_back()) else {
        return Err(BackupError::Refused("there is no backup to restore".to_owned()));
    };
    verify::compare(store, &last.at, (disk, end_bytes), means, work)?;
    Ok(document.volume_meta)
}

/// The document of a layer, whose objects are all there and no others.
pub(super) fn read(store: &dyn BackupStore, layer: &Layer) -> Result<Document, BackupError> {
    let document = Document::read(store, &layer.at)?;
    let object = layer.at.object(METADATA)?;
    if document.backup_id != layer.backup_id {
        return Err(BackupError::damaged(object, format!("it is of backup {}", document.backup_id)));
    }
    let named: BTreeSet<&str> = document.objects.iter().map(|(name, _)| name.as_str()).collect();
    let listed = store.list(&layer.at.container, &layer.at.prefix)?;
    let documents = [METADATA, HASHES].map(|rest| format!("{}{rest}", layer.at.prefix));
    let found: BTreeSet<&str> = listed
        .iter()
        .map(|found| found.name.as_str())
        .filter(|name| !documents.iter().any(|it| it == name))
        .collect();
    if named != found {
        let missing: Vec<&&str> = named.difference(&found).take(3).collect();
        let strange: Vec<&&str> = found.difference(&named).take(3).collect();
        let why = format!(
            "restore_backup aborted, actual object list does not match object list stored in metadata. Missing: \
             {missing:?}; not named: {strange:?}"
        );
        return Err(BackupError::damaged(object, why));
    }
    Ok(document)
}

pub(super) fn check_chain(layers: &[Layer], documents: &[Document]) -> Result<(), BackupError> {
    let mut parent = None;
    for (layer, document) in layers.iter().zip(documents) {
        if document.parent_id.as_deref() != parent {
            return Err(BackupError::Refused(format!(
                "backup {} follows {:?}, and not {parent:?}",
                layer.backup_id, document.parent_id
            )));
        }
        parent = Some(layer.backup_id.as_str());
    }
    Ok(())
}

pub(super) fn check_bounds(document: &Document, size_bytes: u64) -> Result<(), BackupError> {
    for (name, entry) in &document.objects {
        let end = entry.offset.checked_add(entry.length);
        if end.is_none_or(|end| end > size_bytes) {
            let why = format!("{} bytes at {} of a volume of {size_bytes} bytes", entry.length, entry.offset);
            return Err(BackupError::damaged(name, why));
        }
    }
    Ok(())
}

/// Writes the content of one layer, several objects at a time: they lie beside each other.
fn apply(
    store: &dyn BackupStore,
    layer: &Layer,
    document: &Document,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<(), BackupError> {
    each(document, means, |object| {
        let stored = Stored::new(store, &layer.at, object)?;
        stored.read(&means.budget, |bytes, offset_bytes| {
            pieces::write(disk, bytes, offset_bytes)?;
            Ok(work.advance(bytes.len() as u64)?)
        })
    })
}

/// Calls `use_it` with every object of a document, on several threads, until one call fails.
pub(super) fn each(
    document: &Document,
    means: &Means,
    use_it: impl Fn(&(String, super::documents::Entry)) -> Result<(), BackupError> + Sync,
) -> Result<(), BackupError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let carry_on = || -> Result<(), BackupError> {
        while !failed.load(Ordering::SeqCst) {
            let Some(object) = document.objects.get(next.fetch_add(1, Ordering::SeqCst)) else { break };
            use_it(object).inspect_err(|_| failed.store(true, Ordering::SeqCst))?;
        }
        Ok(())
    };
    let threads = means.threads.clamp(1, document.objects.len().max(1));
    on_threads(threads, &carry_on)
}
