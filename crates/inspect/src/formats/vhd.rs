//! VHD ("Virtual Hard Disk Image Format Specification", Microsoft): a footer, of which all but fixed disks have a copy at
//! their beginning.

use super::{Found, MAX_TABLE_ENTRIES};
use crate::field::Fields;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

const COOKIE: &[u8] = b"conectix";
const HEADER_COOKIE: &[u8] = b"cxsparse";
const FOOTER_BYTES: usize = 512;
const HEADER_BYTES: usize = 1024;
const FIXED: u32 = 2;
const DYNAMIC: u32 = 3;
const DIFFERENCING: u32 = 4;

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let head = source.read(0, FOOTER_BYTES)?;
    if Fields(&head).has(0, COOKIE) {
        let mut found = footer(Fields(&head));
        sparse(source, Fields(&head), &mut found)?;
        return Ok(Some(found));
    }
    let footer_at = source.len() - FOOTER_BYTES as u64;
    let tail = source.read(footer_at, FOOTER_BYTES)?;
    let fields = Fields(&tail);
    // Only a fixed disk has nothing at its beginning; what merely ends like a VHD is not one.
    let fixed = fields.has(0, COOKIE) && fields.u32_be(60) == FIXED && fields.u64_be(48) == footer_at;
    Ok(fixed.then(|| footer(fields)))
}

fn footer(fields: Fields<'_>) -> Found {
    let mut found = Found::new(Format::Vhd);
    let size = fields.u64_be(48);
    found.virtual_size_bytes = Some(size);
    found.danger_if(i64::try_from(size).is_err(), Danger::Malformed("virtual size"));
    match fields.u32_be(60) {
        FIXED | DYNAMIC => {}
        DIFFERENCING => found.dangers.push(Danger::BackingFile),
        _ => found.dangers.push(Danger::Malformed("disk type")),
    }
    found
}

/// Looks at the header of a dynamic disk.
fn sparse(source: &dyn Source, footer: Fields<'_>, found: &mut Found) -> Result<(), Unread> {
    if footer.u32_be(60) == FIXED {
        // A fixed disk that begins like a dynamic one is taken for one thing by some and for another by others.
        found.dangers.push(Danger::Malformed("disk type"));
        return Ok(());
    }
    let read = source.read(footer.u64_be(16), HEADER_BYTES);
    let Some(header) = found.need("dynamic disk header", read)? else { return Ok(()) };
    let fields = Fields(&header);
    found.danger_if(!fields.has(0, HEADER_COOKIE), Danger::Malformed("dynamic disk header"));
    let (entries, block) = (u64::from(fields.u32_be(28)), u64::from(fields.u32_be(32)));
    found.table("block allocation table", entries, MAX_TABLE_ENTRIES);
    let block_is_good = block.is_power_of_two() && block >= 512;
    found.danger_if(!block_is_good, Danger::Malformed("block size"));
    let table_end = fields.u64_be(16).checked_add(entries * 4);
    let truncated = table_end.is_none_or(|end| end > source.len());
    found.danger_if(truncated, Danger::Truncated("block allocation table"));
    let too_short = block_is_good && entries.saturating_mul(block) < footer.u64_be(48);
    found.danger_if(too_short, Danger::Malformed("block allocation table"));
    Ok(())
}

/// Where the header of a dynamic disk is.
pub(super) fn header_place(head: &dyn Source) -> Result<Option<(u64, usize)>, Unread> {
    let bytes = head.read(0, FOOTER_BYTES)?;
    let fields = Fields(&bytes);
    Ok(fields.has(0, COOKIE).then(|| (fields.u64_be(16), HEADER_BYTES)))
}
