//! QED (QEMU, docs/interop/qed_spec.rst): recognised, and not taken.

use super::Found;
use crate::source::{Source, Unread};
use crate::{Danger, Format};

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    if source.read(0, 4)? != *b"QED\0" {
        return Ok(None);
    }
    let mut found = Found::new(Format::Qed);
    found.dangers.push(Danger::Unsupported("the format qed"));
    Ok(Some(found))
}
