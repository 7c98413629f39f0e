//! `GET /volume-transfers` and `GET /os-volume-transfer`.

use model::words;

use super::page::{Direction, Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;
use crate::microversion::gate;
use crate::validate::boolean;

words! {
    /// What transfers can be sorted by.
    TransferSortKey {
        /// When it was offered.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "display_name",
        /// What is offered.
        VolumeId = "volume_id",
        /// Whose it is.
        SourceProjectId = "source_project_id",
        /// Whether the snapshots stay.
        NoSnapshots = "no_snapshots",
    }
}

words! {
    /// Texts of a transfer that a filter can compare.
    TransferField {
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "display_name",
        /// What is offered.
        VolumeId = "volume_id",
        /// Whose it is.
        SourceProjectId = "source_project_id",
    }
}

/// A condition on a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferFilter {
    /// The text is this.
    Is(TransferField, String),
    /// Whether the snapshots stay.
    NoSnapshots(bool),
    /// Never: the filter names nothing that an offer has.
    Never,
}

/// A list of transfers.
pub type TransferQuery = List<TransferSortKey, TransferFilter>;

impl SortKey for TransferSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl TransferQuery {
    /// Reads the query of a list of transfers. Without `pages` (before 3.59, and in `/os-volume-transfer`) the oldest
    /// come first and there are no markers.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>, pages: bool) -> Result<Self, Fault> {
        let mut params = params.clone();
        let mut page = Page::take(&mut params, asker.max_limit)?;
        let sort = if pages && asker.version.has(gate::TRANSFER_PAGES) {
            take_sort(&mut params)?
        } else {
            page.marker = None;
            TransferSortKey::LAST.map(|key| (key, Direction::Asc)).to_vec()
        };
        let mut raw = params.into_filters();
        let asked = raw.iter().position(|(key, _)| key == "all_tenants").map(|index| raw.remove(index).1);
        let all_tenants = asker.is_admin && asked.is_some_and(|word| boolean::parse(&word) == Some(true));
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().map(|(key, value)| read(&key, value)).collect::<Result<_, _>>()?;
        Ok(Self { filters, sort, page, with_count: false, all_tenants })
    }
}

/// What was accepted is gone, so an offer is accepted never, and by nobody.
fn read(key: &str, value: String) -> Result<TransferFilter, Fault> {
    let name = match key {
        "name" => "display_name",
        "project_id" => "source_project_id",
        other => other,
    };
    Ok(match name {
        "no_snapshots" => TransferFilter::NoSnapshots(boolean::parameter(name, &value)?),
        _ => name.parse().map_or(TransferFilter::Never, |field| TransferFilter::Is(field, value)),
    })
}

#[cfg(test)]
mod tests;
