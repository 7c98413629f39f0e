//! VMDK ("Virtual Disk Format 5.0", VMware).
//!
//! A VMDK has a descriptor: text that says of which files the disk is made. Only images are taken whose one extent is
//! the file itself.

use super::{Found, MAX_TABLE_ENTRIES};
use crate::field::Fields;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

const SECTOR: u64 = 512;
const SPARSE: &[u8] = b"KDMV";
const ESX_SPARSE: &[u8] = b"COWD";
/// What a file that is only a descriptor begins with, in any case.
const DESCRIPTOR: &[u8] = b"# disk descriptorfile";
/// Largest descriptor that is read; VMware writes 20 sectors.
const MAX_DESCRIPTOR_BYTES: u64 = 64 * 1024;
/// Most lines of one.
const MAX_LINES: usize = 1024;
/// The kinds of disk that are one file with everything in it.
const ONE_FILE: [&str; 2] = ["monolithicsparse", "streamoptimized"];

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let head = source.read_up_to(0, 512)?;
    let fields = Fields(&head);
    let mut found = Found::new(Format::Vmdk);
    if fields.has(0, ESX_SPARSE) {
        found.dangers.push(Danger::Unsupported("the VMDK of ESX hosts"));
        return Ok(Some(found));
    }
    if fields.part(0, DESCRIPTOR.len()).eq_ignore_ascii_case(DESCRIPTOR) {
        found.dangers.push(Danger::NamedExtents);
        return Ok(Some(found));
    }
    if !fields.has(0, SPARSE) {
        return Ok(None);
    }
    if head.len() < 512 {
        found.dangers.push(Danger::Truncated("header"));
        return Ok(Some(found));
    }
    header(fields, &mut found);
    let Some((at, length)) = place(fields) else {
        found.dangers.push(Danger::Malformed("descriptor"));
        return Ok(Some(found));
    };
    if let Some(text) = found.need("descriptor", source.read(at, length))? {
        descriptor(&text, &mut found);
    }
    Ok(Some(found))
}

fn header(fields: Fields<'_>, found: &mut Found) {
    found.danger_if(!(1..=3).contains(&fields.u32_le(4)), Danger::Unsupported("this version of VMDK"));
    let (capacity, grain) = (fields.u64_le(12), fields.u64_le(20));
    let size = capacity.checked_mul(SECTOR).filter(|size| i64::try_from(*size).is_ok());
    found.virtual_size_bytes = size;
    // Without a capacity, QEMU opens the extents that the descriptor names.
    found.danger_if(capacity == 0, Danger::NamedExtents);
    found.danger_if(size.is_none(), Danger::Malformed("capacity"));
    let per_table = u64::from(fields.u32_le(44));
    if grain == 0 || grain > 128 * 1024 || per_table == 0 || per_table > 512 {
        found.dangers.push(Danger::Malformed("grain table"));
        return;
    }
    found.table("grain directory", capacity.div_ceil(grain * per_table), MAX_TABLE_ENTRIES);
}

/// Where the descriptor is, in bytes.
fn place(fields: Fields<'_>) -> Option<(u64, usize)> {
    let at = fields.u64_le(28).checked_mul(SECTOR)?;
    let length = fields.u64_le(36).checked_mul(SECTOR)?;
    let good = at >= SECTOR && (1..=MAX_DESCRIPTOR_BYTES).contains(&length);
    good.then_some((at, usize::try_from(length).ok()?))
}

/// Where the descriptor is when the image is one that has it.
pub(super) fn descriptor_place(head: &dyn Source) -> Result<Option<(u64, usize)>, Unread> {
    let bytes = head.read(0, 512)?;
    let fields = Fields(&bytes);
    Ok(if fields.has(0, SPARSE) { place(fields) } else { None })
}

fn descriptor(bytes: &[u8], found: &mut Found) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let Ok(text) = std::str::from_utf8(&bytes[..end]) else {
        found.dangers.push(Danger::Malformed("descriptor"));
        return;
    };
    let (mut extents, mut create_type) = (0, None);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if number >= MAX_LINES {
            found.dangers.push(Danger::Malformed("descriptor"));
            return;
        }
        let lower = line.to_ascii_lowercase();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if is_extent(&lower) {
            extents += 1;
            found.danger_if(!is_own_extent(line), Danger::NamedExtents);
        } else if let Some((key, value)) = lower.split_once('=') {
            let value = value.trim().trim_matches('"');
            match key.trim() {
                "createtype" => create_type = Some(value.to_owned()),
                "parentcid" => found.danger_if(value != "ffffffff", Danger::BackingFile),
                "parentfilenamehint" => found.dangers.push(Danger::BackingFile),
                _ => {}
            }
        } else {
            found.dangers.push(Danger::Malformed("descriptor"));
        }
    }
    found.danger_if(extents != 1, Danger::NamedExtents);
    let one_file = create_type.is_some_and(|kind| ONE_FILE.contains(&kind.as_str()));
    found.danger_if(!one_file, Danger::Unsupported("this kind of VMDK"));
}

/// Whether a line speaks of an extent: an access mode, a size in sectors, a type, a file.
fn is_extent(lower: &str) -> bool {
    matches!(lower.split_whitespace().next(), Some("rw" | "rdonly" | "noaccess"))
}

/// Whether an extent is sparse and its name no path.
fn is_own_extent(line: &str) -> bool {
    let Some((front, name)) = line.split_once('"') else { return false };
    let Some((name, behind)) = name.split_once('"') else { return false };
    let words: Vec<&str> = front.split_whitespace().collect();
    let sparse = matches!(words[..], [_, size, kind]
        if size.parse::<u64>().is_ok() && kind.eq_ignore_ascii_case("sparse"));
    sparse && behind.trim().is_empty() && !name.contains(['/', '\\', ':']) && !name.is_empty()
}
