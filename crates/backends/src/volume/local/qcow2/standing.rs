//! The empty qcow2 file that stands on a base: a header, the counts of its few clusters, and a table that maps nothing.
//!
//! It is written here and not by `qemu-img`, because this is all that a desktop's disk takes: one write, whatever the
//! size. Layout: QEMU, `docs/interop/qcow2.rst`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::volume::files::FileName;

const CLUSTER_BITS: u32 = 16;
const CLUSTER_BYTES: u64 = 1 << CLUSTER_BITS;
/// How much one entry of the L1 table maps: an L2 table of one cluster, with eight bytes for each cluster of data.
const L1_ENTRY_BYTES: u64 = CLUSTER_BYTES / 8 * CLUSTER_BYTES;
/// Reference counts are of 2^4 bits.
const REFCOUNT_ORDER: u32 = 4;
const HEADER_LEN: u32 = 104;
const BACKING_FORMAT: u32 = 0xe279_2aca;
/// Clusters before the L1 table: the header, the table of reference counts, its only block.
const BEFORE_L1: u64 = 3;
/// Reference counts in one block.
const COUNTS: u64 = CLUSTER_BYTES / 2;

/// In which format a base is to be read.
pub(super) fn format_of(base: FileName) -> &'static str {
    if base.is_layer() { "qcow2" } else { "raw" }
}

/// Makes the empty `file` a disk of `bytes` that reads as the file `base`.
pub(super) fn write(file: &File, base: &str, base_format: &str, bytes: u64) -> io::Result<()> {
    let l1_entries = bytes.div_ceil(L1_ENTRY_BYTES);
    let l1_clusters = (l1_entries * 8).div_ceil(CLUSTER_BYTES);
    let clusters = BEFORE_L1 + l1_clusters;
    let (l1_size, name_bytes) = (u32::try_from(l1_entries), u32::try_from(base.len()));
    let (Ok(l1_size), Ok(name_bytes)) = (l1_size, name_bytes) else {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    };
    if clusters > COUNTS {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    let extension_bytes = base_format.len().next_multiple_of(8) + 16;
    let name_at = u64::from(HEADER_LEN) + extension_bytes as u64;
    let mut start = Vec::new();
    start.extend(b"QFI\xfb");
    start.extend(3_u32.to_be_bytes());
    start.extend(name_at.to_be_bytes());
    start.extend(name_bytes.to_be_bytes());
    start.extend(CLUSTER_BITS.to_be_bytes());
    start.extend(bytes.to_be_bytes());
    // Not encrypted.
    start.extend(0_u32.to_be_bytes());
    start.extend(l1_size.to_be_bytes());
    start.extend((BEFORE_L1 * CLUSTER_BYTES).to_be_bytes());
    start.extend(CLUSTER_BYTES.to_be_bytes());
    start.extend(1_u32.to_be_bytes());
    // No snapshots; no features.
    start.extend([0; 4 + 8 + 24]);
    start.extend(REFCOUNT_ORDER.to_be_bytes());
    start.extend(HEADER_LEN.to_be_bytes());
    start.extend(BACKING_FORMAT.to_be_bytes());
    start.extend(u32::try_from(base_format.len()).unwrap_or_default().to_be_bytes());
    start.extend(base_format.as_bytes());
    // The padding of the extension, and the one that ends the list.
    start.resize(usize::try_from(name_at).unwrap_or_default(), 0);
    start.extend(base.as_bytes());

    file.set_len(clusters * CLUSTER_BYTES)?;
    file.write_all_at(&start, 0)?;
    // The only block of reference counts is the third cluster.
    file.write_all_at(&(2 * CLUSTER_BYTES).to_be_bytes(), CLUSTER_BYTES)?;
    let counts: Vec<u8> = (0..clusters).flat_map(|_| 1_u16.to_be_bytes()).collect();
    file.write_all_at(&counts, 2 * CLUSTER_BYTES)
}
