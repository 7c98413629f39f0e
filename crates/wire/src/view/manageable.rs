//! What lies on a backend and could be taken over.

use super::list;
use crate::json::write::{Json, Object, object};
use crate::links::Around;
use crate::request::manage::Reference;

/// One thing on a backend.
#[derive(Debug, Clone, Copy)]
pub struct ManageableView<'a> {
    /// How to name it.
    pub reference: &'a Reference,
    /// Its size, rounded up.
    pub size_gib: u64,
    /// Why it cannot be taken over; none when it can.
    pub reason_not_safe: Option<&'a str>,
    /// The volume or snapshot that it is already.
    pub id: Option<&'a str>,
    /// What a snapshot is of, where that is known.
    pub source: Option<&'a Reference>,
}

/// Of what the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What could be volumes.
    Volumes,
    /// What could be snapshots.
    Snapshots,
}

/// `{"manageable-volumes": [{…}]}`
#[must_use]
pub fn manageable<'v>(
    kind: Kind,
    views: impl IntoIterator<Item = ManageableView<'v>>,
    detail: bool,
    around: &Around,
) -> Vec<u8> {
    let (key, links_key) = match kind {
        Kind::Volumes => ("manageable-volumes", "manageable-volumes_links"),
        Kind::Snapshots => ("manageable-snapshots", "manageable-snapshots_links"),
    };
    list(key, links_key, views, |out, view| object(out, |pairs| write(pairs, &view, kind, detail)), around)
}

fn write(pairs: &mut Object<'_>, view: &ManageableView<'_>, kind: Kind, detail: bool) {
    pairs
        .put("reference", view.reference)
        .put("size", view.size_gib)
        .put("safe_to_manage", view.reason_not_safe.is_none());
    if kind == Kind::Snapshots {
        pairs.put("source_reference", view.source);
    }
    if detail {
        pairs
            .put("reason_not_safe", view.reason_not_safe)
            .put("cinder_id", view.id)
            .put("extra_info", None::<&str>);
    }
}

impl Json for Reference {
    fn write(&self, out: &mut Vec<u8>) {
        object(out, |pairs| {
            if let Some(name) = self.source_name.as_deref() {
                pairs.put("source-name", name);
            }
            if let Some(id) = self.source_id.as_deref() {
                pairs.put("source-id", id);
            }
        });
    }
}
