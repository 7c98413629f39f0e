//! qcow and qcow2 (QEMU, docs/interop/qcow2.rst).

use super::Found;
use crate::field::Fields;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

const MAGIC: &[u8] = b"QFI\xfb";
/// Bytes of the version 2 header, and least of version 3.
const HEADER_V2: usize = 72;
const HEADER_V3: usize = 104;
/// What is read of the header and its extensions.
const HEAD_BYTES: usize = 64 * 1024;
/// Cluster sizes that there are: 512 bytes to 2 MiB.
const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;
/// Most entries of the L1 table (32 MiB of it, QEMU's own limit).
const MAX_L1_ENTRIES: u64 = (32 << 20) / 8;
/// Most bytes of the refcount table (QEMU's own limit).
const MAX_REFCOUNT_TABLE_BYTES: u64 = 8 << 20;
/// Most internal snapshots (QEMU's own limit).
const MAX_SNAPSHOTS: u64 = 65_536;

/// Incompatible features: dirty, corrupt, external data file, compression type, extended L2 entries.
const CORRUPT: u64 = 1 << 1;
const DATA_FILE: u64 = 1 << 2;
const KNOWN_FEATURES: u64 = 0b1_1111;

/// Header extensions.
const END: u32 = 0;
const DATA_FILE_NAME: u32 = 0x4441_5441;
/// Most extensions that are looked at; QEMU writes five.
const MAX_EXTENSIONS: usize = 64;

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let head = source.read_up_to(0, HEAD_BYTES)?;
    let fields = Fields(&head);
    if !fields.has(0, MAGIC) {
        return Ok(None);
    }
    let version = fields.u32_be(4);
    if version == 1 {
        let mut found = Found::new(Format::Qcow);
        found.virtual_size_bytes = Some(fields.u64_be(24));
        found.dangers.push(Danger::Unsupported("version 1 of qcow"));
        return Ok(Some(found));
    }
    let mut found = Found::new(Format::Qcow2);
    let least = if version == 2 { HEADER_V2 } else { HEADER_V3 };
    found.danger_if(!(2..=3).contains(&version), Danger::Unsupported("this version of qcow2"));
    found.danger_if(head.len() < least, Danger::Truncated("header"));
    if found.dangers.is_empty() {
        header(source, fields, &mut found);
    }
    Ok(Some(found))
}

fn header(source: &dyn Source, fields: Fields<'_>, found: &mut Found) {
    let (backing_at, backing_bytes) = (fields.u64_be(8), fields.u32_be(16));
    found.danger_if(backing_at != 0 || backing_bytes != 0, Danger::BackingFile);
    let size = fields.u64_be(24);
    found.virtual_size_bytes = Some(size);
    found.danger_if(i64::try_from(size).is_err(), Danger::Malformed("virtual size"));
    found.danger_if(fields.u32_be(32) != 0, Danger::Encrypted);

    let cluster_bits = fields.u32_be(20);
    if !CLUSTER_BITS.contains(&cluster_bits) {
        found.dangers.push(Danger::Malformed("cluster size"));
        return;
    }
    let cluster = 1_u64 << cluster_bits;
    let l1_entries = u64::from(fields.u32_be(36));
    found.table("L1 table", l1_entries, MAX_L1_ENTRIES);
    found.danger_if(ends_after(source, fields.u64_be(40), l1_entries * 8), Danger::Truncated("L1 table"));
    let refcount_bytes = u64::from(fields.u32_be(56)) * cluster;
    found.table("refcount table", refcount_bytes / 8, MAX_REFCOUNT_TABLE_BYTES / 8);
    let refcounts_end_late = ends_after(source, fields.u64_be(48), refcount_bytes.min(8));
    found.danger_if(refcounts_end_late, Danger::Truncated("refcount table"));
    found.table("snapshot table", u64::from(fields.u32_be(60)), MAX_SNAPSHOTS);

    if fields.u32_be(4) == 3 {
        version_3(fields, cluster, found);
    } else {
        extensions(fields, HEADER_V2, found);
    }
    l1_covers(fields, size, cluster, l1_entries, found);
}

fn version_3(fields: Fields<'_>, cluster: u64, found: &mut Found) {
    let features = fields.u64_be(72);
    found.danger_if(features & DATA_FILE != 0, Danger::ExternalData);
    found.danger_if(features & CORRUPT != 0, Danger::Corrupt);
    let unknown = features & !KNOWN_FEATURES;
    found.danger_if(unknown != 0, Danger::UnknownFeatures(unknown));
    // Refcounts of 1 to 64 bits.
    found.danger_if(fields.u32_be(96) > 6, Danger::Malformed("refcount order"));
    let length = u64::from(fields.u32_be(100));
    match usize::try_from(length) {
        Ok(at) if at >= HEADER_V3 && length <= cluster && at <= fields.0.len() => {
            extensions(fields, at, found)
        }
        _ => found.dangers.push(Danger::Malformed("header length")),
    }
}

/// Goes through the header extensions: each a type, a length, and that many bytes up to a multiple of eight.
fn extensions(fields: Fields<'_>, mut at: usize, found: &mut Found) {
    for _ in 0..MAX_EXTENSIONS {
        // An image without extensions may end here.
        if at + 8 > fields.0.len() || fields.u32_be(at) == END {
            return;
        }
        found.danger_if(fields.u32_be(at) == DATA_FILE_NAME, Danger::ExternalData);
        let length = usize::try_from(fields.u32_be(at + 4)).unwrap_or(usize::MAX);
        if length > fields.0.len() {
            found.dangers.push(Danger::Malformed("header extension"));
            return;
        }
        at += 8 + length.next_multiple_of(8);
    }
    found.dangers.push(Danger::Malformed("number of header extensions"));
}

/// An L1 table that is too short for the disk lets reads run past it.
fn l1_covers(fields: Fields<'_>, size: u64, cluster: u64, l1_entries: u64, found: &mut Found) {
    let extended_l2 = fields.u32_be(4) == 3 && fields.u64_be(72) & (1 << 4) != 0;
    let entry_bytes = if extended_l2 { 16 } else { 8 };
    let bytes_per_entry = cluster.saturating_mul(cluster / entry_bytes);
    found.danger_if(size.div_ceil(bytes_per_entry) > l1_entries, Danger::Malformed("L1 table size"));
}

/// Whether a table ends after the image does.
fn ends_after(source: &dyn Source, at: u64, bytes: u64) -> bool {
    at.checked_add(bytes).is_none_or(|end| end > source.len())
}
