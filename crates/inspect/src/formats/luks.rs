//! LUKS ("LUKS On-Disk Format Specification", versions 1 and 2).

use super::Found;
use crate::field::Fields;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

const MAGIC: &[u8] = b"LUKS\xba\xbe";
/// The header of version 1, and the binary header of version 2.
const HEADER_V1_BYTES: usize = 592;
const BINARY_HEADER_BYTES: usize = 4096;
/// What is read of the JSON of version 2; its usual size is 12 KiB.
const MAX_JSON_BYTES: usize = 128 * 1024;

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let head = source.read_up_to(0, HEADER_V1_BYTES)?;
    let fields = Fields(&head);
    if !fields.has(0, MAGIC) {
        return Ok(None);
    }
    let mut found = Found::new(Format::Luks);
    let payload_at = match fields.u16_be(6) {
        _ if head.len() < HEADER_V1_BYTES => {
            found.dangers.push(Danger::Truncated("header"));
            None
        }
        1 => Some(u64::from(fields.u32_be(104)) * 512),
        2 => version_2(source, fields, &mut found)?,
        _ => {
            found.dangers.push(Danger::Unsupported("this version of LUKS"));
            None
        }
    };
    if let Some(at) = payload_at {
        found.virtual_size_bytes = source.len().checked_sub(at);
        found.danger_if(at > source.len(), Danger::Truncated("payload"));
    }
    Ok(Some(found))
}

/// Where the data begin: the offset of the first segment.
fn version_2(source: &dyn Source, fields: Fields<'_>, found: &mut Found) -> Result<Option<u64>, Unread> {
    let header_bytes = usize::try_from(fields.u64_be(8)).unwrap_or(usize::MAX);
    if header_bytes <= BINARY_HEADER_BYTES {
        found.dangers.push(Danger::Malformed("header size"));
        return Ok(None);
    }
    let length = (header_bytes - BINARY_HEADER_BYTES).min(MAX_JSON_BYTES);
    let read = source.read(BINARY_HEADER_BYTES as u64, length);
    let Some(area) = found.need("JSON area", read)? else { return Ok(None) };
    let end = area.iter().position(|byte| *byte == 0).unwrap_or(area.len());
    let json: Option<serde_json::Value> = serde_json::from_slice(&area[..end]).ok();
    let offset = json.as_ref().and_then(|json| {
        let segments = json.get("segments")?.as_object()?;
        segments.values().filter_map(|segment| segment.get("offset")?.as_str()?.parse::<u64>().ok()).min()
    });
    found.danger_if(offset.is_none(), Danger::Malformed("JSON area"));
    Ok(offset)
}
