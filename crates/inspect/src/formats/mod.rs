//! One file per format.

mod iso;
mod luks;
mod partitions;
mod qcow2;
mod qed;
mod vdi;
mod vhd;
mod vhdx;
mod vmdk;

use crate::source::{Source, Unread};
use crate::{Danger, Format};

/// Most entries of a table by which a disk finds its blocks: 32 TiB in blocks of a MiB, 128 TiB in those of qcow2's L1.
pub(crate) const MAX_TABLE_ENTRIES: u64 = 1 << 25;

/// An image that is of a format.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) format: Format,
    pub(crate) virtual_size_bytes: Option<u64>,
    pub(crate) dangers: Vec<Danger>,
}

impl Found {
    fn new(format: Format) -> Self {
        Self { format, virtual_size_bytes: None, dangers: Vec::new() }
    }

    /// Adds a danger when there is one.
    fn danger_if(&mut self, is_there: bool, danger: Danger) {
        if is_there {
            self.dangers.push(danger);
        }
    }

    fn table(&mut self, what: &'static str, entries: u64, limit: u64) {
        self.danger_if(entries > limit, Danger::HugeTable { what, entries, limit });
    }

    /// What a read of something that has to be there answered; without it, the image ends too early.
    fn need(&mut self, what: &'static str, read: Result<Vec<u8>, Unread>) -> Result<Option<Vec<u8>>, Unread> {
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Unread::Gone) => {
                self.dangers.push(Danger::Truncated(what));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether the image is of this format, and what is to say about it.
type Examine = fn(&dyn Source) -> Result<Option<Found>, Unread>;

/// Every format but raw.
pub(crate) const ALL: &[Examine] = &[
    qcow2::examine,
    qed::examine,
    vmdk::examine,
    vhdx::examine,
    vdi::examine,
    luks::examine,
    vhd::examine,
    iso::examine,
    partitions::examine,
];

pub(crate) use vhdx::table as vhdx_table;

/// What of an image is kept while it passes by, beside its head: known once the head is.
pub(crate) fn needed_later(head: &dyn Source) -> Vec<(u64, usize)> {
    [vhdx::metadata_place(head), vmdk::descriptor_place(head), vhd::header_place(head)]
        .into_iter()
        .filter_map(|place| place.ok().flatten())
        .collect()
}
