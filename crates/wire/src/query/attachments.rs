//! `GET /attachments`, `/attachments/detail`.

use model::words;

use super::filters::{Raw, configured, tolerated};
use super::page::{Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;
use crate::microversion::gate;

words! {
    /// What attachments can be sorted by.
    AttachmentSortKey {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// The volume.
        VolumeId = "volume_id",
        /// The server.
        InstanceUuid = "instance_uuid",
        /// The host.
        AttachedHost = "attached_host",
        /// Where the server has it.
        Mountpoint = "mountpoint",
        /// How far it is.
        AttachStatus = "attach_status",
        /// How it is attached.
        AttachMode = "attach_mode",
        /// Since when.
        AttachTime = "attach_time",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of an attachment that a filter can compare.
    AttachmentField {
        /// Identifier.
        Id = "id",
        /// The volume.
        VolumeId = "volume_id",
        /// The server.
        InstanceUuid = "instance_uuid",
        /// The host.
        AttachedHost = "attached_host",
        /// Where the server has it.
        Mountpoint = "mountpoint",
        /// How far it is.
        AttachStatus = "attach_status",
        /// How it is attached.
        AttachMode = "attach_mode",
        /// Owner of the volume.
        ProjectId = "project_id",
    }
}

/// A condition on an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentFilter {
    /// The text is this.
    Is(AttachmentField, String),
    /// The text contains this.
    Contains(AttachmentField, String),
    /// Never: the filter names nothing that an attachment has.
    Never,
}

/// A list of attachments.
pub type AttachmentQuery = List<AttachmentSortKey, AttachmentFilter>;

impl SortKey for AttachmentSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl AttachmentQuery {
    /// Reads the query of a list of attachments.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let sort = take_sort(&mut params)?;
        let page = Page::take(&mut params, asker.max_limit)?;
        let mut raw = if asker.version.has(gate::CONFIGURED_FILTERS) {
            configured(params, "attachment", asker)?
        } else {
            let allowed = |key: &str| ["volume_id", "status", "instance_id", "attach_status"].contains(&key);
            tolerated(params, allowed, asker)
        };
        let asked = raw.iter().position(|(key, _)| key == "all_tenants").map(|index| raw.remove(index));
        let all_tenants = asker.is_admin && asked.is_some();
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().map(read).collect();
        Ok(Self { filters, sort, page, with_count: false, all_tenants })
    }
}

fn read((key, value): Raw) -> AttachmentFilter {
    let field = |name: &str| match name {
        "status" => Some(AttachmentField::AttachStatus),
        "instance_id" => Some(AttachmentField::InstanceUuid),
        name => name.parse().ok(),
    };
    match (field(&key), key.strip_suffix('~').and_then(field)) {
        (Some(field), _) => AttachmentFilter::Is(field, value),
        (_, Some(field)) => AttachmentFilter::Contains(field, value),
        _ => AttachmentFilter::Never,
    }
}

#[cfg(test)]
mod tests;
