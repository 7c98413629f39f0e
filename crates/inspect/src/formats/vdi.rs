//! VDI (VirtualBox; the header as QEMU's block/vdi.c describes it).

use super::{Found, MAX_TABLE_ENTRIES};
use crate::field::Fields;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

const HEADER_BYTES: usize = 512;
const SIGNATURE: u32 = 0xbeda_107f;
const VERSION: u32 = 0x0001_0001;
/// Image types that stand alone: dynamic and static. Others are differences.
const ALONE: [u32; 2] = [1, 2];

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let head = source.read_up_to(0, HEADER_BYTES)?;
    let fields = Fields(&head);
    if fields.u32_le(64) != SIGNATURE {
        return Ok(None);
    }
    let mut found = Found::new(Format::Vdi);
    if head.len() < HEADER_BYTES {
        found.dangers.push(Danger::Truncated("header"));
        return Ok(Some(found));
    }
    found.danger_if(fields.u32_le(68) != VERSION, Danger::Unsupported("this version of VDI"));
    // The identifiers of the parent and of its last snapshot.
    let linked = fields.part(424, 32).iter().any(|byte| *byte != 0);
    found.danger_if(linked || !ALONE.contains(&fields.u32_le(76)), Danger::BackingFile);
    let size = fields.u64_le(368);
    found.virtual_size_bytes = Some(size);
    found.danger_if(i64::try_from(size).is_err(), Danger::Malformed("virtual size"));
    found.danger_if(fields.u32_le(360) != 512, Danger::Malformed("sector size"));
    let (block, blocks) = (u64::from(fields.u32_le(376)), u64::from(fields.u32_le(384)));
    found.danger_if(block != 1 << 20, Danger::Malformed("block size"));
    found.table("block map", blocks, MAX_TABLE_ENTRIES);
    found.danger_if(blocks.saturating_mul(block) < size, Danger::Malformed("number of blocks"));
    let map_end = u64::from(fields.u32_le(340)) + blocks * 4;
    found.danger_if(map_end > source.len(), Danger::Truncated("block map"));
    Ok(Some(found))
}
