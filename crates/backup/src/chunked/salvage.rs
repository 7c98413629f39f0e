//! Restoring what is not damaged.

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::documents::Document;
use super::objects::Stored;
use super::restore::{check_bounds, check_chain, each};
use super::{HASHES, Layer, verify};
use crate::salvage::{Losses, Lost};
use crate::{BackupError, Means, pieces};

/// Restores what it can of the last of `layers` to `disk`, and returns the rest: what objects held that are damaged or
/// gone. A later layer may have written some of that again.
///
/// # Errors
/// A document is damaged, or the store or the disk failed.
pub fn salvage(
    store: &dyn BackupStore,
    layers: &[Layer],
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Vec<Lost>, BackupError> {
    let read = |layer: &Layer| Document::read(store, &layer.at);
    let documents = layers.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    check_chain(layers, &documents)?;
    let losses = Losses::default();
    for (layer, document) in layers.iter().zip(&documents) {
        check_bounds(document, disk.size_bytes())?;
        each(document, means, |object| {
            let stored = Stored::new(store, &layer.at, object)?;
            let written = stored.read(&means.budget, |bytes, offset_bytes| {
                pieces::write(disk, bytes, offset_bytes)?;
                Ok(work.advance(bytes.len() as u64)?)
            });
            let entry = &object.1;
            written.or_else(|error| losses.note(error, (entry.offset, entry.length)))
        })?;
    }
    disk.sync().map_err(BackupError::disk("syncing", 0))?;
    let end_bytes = documents.iter().map(Document::end_bytes).max().unwrap_or(0);
    let mut lost = losses.into_sorted();
    if let (Some(last), true) = (layers.last(), lost.is_empty()) {
        // Nothing is known to be lost: then everything has to be as it was.
        match verify::compare(store, &last.at, (disk, end_bytes), means, work) {
            Err(BackupError::Differs { blocks, block_bytes, offset_bytes }) => lost.push(Lost {
                offset_bytes,
                length_bytes: block_bytes,
                object: last.at.object(HASHES)?.to_string(),
                why: format!("{blocks} blocks differ from their hashes, this one first"),
            }),
            compared => compared?,
        }
    }
    Ok(lost)
}
