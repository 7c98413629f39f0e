//! Transfers.

use model::{ProjectId, Transfer};

use super::{Raw, list, one};
use crate::Microversion;
use crate::json::write::{Object, object};
use crate::links::{Around, Links};
use crate::microversion::gate;

/// `{"transfer": {…}}` with what every revision shows.
#[must_use]
pub fn summary(transfer: &Transfer, links: &Links) -> Vec<u8> {
    one("transfer", |pairs| write_summary(pairs, transfer, links))
}

/// `{"transfers": [{…}], …}` with what every revision shows.
#[must_use]
pub fn summaries(transfers: &[Transfer], links: &Links, around: &Around) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, transfer| object(out, |pairs| write_summary(pairs, transfer, links));
    list("transfers", "transfers_links", transfers, item, around)
}

/// How transfers are shown in one reply.
#[derive(Debug, Clone, Copy)]
pub struct Detail<'l> {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// Their addresses.
    pub links: &'l Links,
}

impl Detail<'_> {
    /// `{"transfer": {…}}`
    #[must_use]
    pub fn one(&self, transfer: &Transfer) -> Vec<u8> {
        one("transfer", |pairs| self.write(pairs, transfer, None))
    }

    /// `{"transfer": {…}}` of a new offer: the only time when its auth key is shown.
    #[must_use]
    pub fn created(&self, transfer: &Transfer, auth_key: &str) -> Vec<u8> {
        one("transfer", |pairs| self.write(pairs, transfer, Some(auth_key)))
    }

    /// `{"transfers": [{…}], …}`
    #[must_use]
    pub fn list(&self, transfers: &[Transfer], around: &Around) -> Vec<u8> {
        let item = |out: &mut Vec<u8>, transfer| object(out, |pairs| self.write(pairs, transfer, None));
        list("transfers", "transfers_links", transfers, item, around)
    }

    fn write(&self, pairs: &mut Object<'_>, transfer: &Transfer, auth_key: Option<&str>) {
        pairs
            .put("id", transfer.id)
            .put("created_at", transfer.created_at)
            .put("name", transfer.name.as_deref())
            .put("volume_id", transfer.volume_id);
        if let Some(auth_key) = auth_key {
            pairs.put("auth_key", auth_key);
        }
        pairs.put("links", Raw(|out| self.links.write(out, transfer.id)));
        if self.version.has(gate::TRANSFER_SNAPSHOTS) {
            pairs.put("no_snapshots", transfer.no_snapshots);
        }
        if self.version.has(gate::TRANSFER_HISTORY) {
            pairs
                .put("destination_project_id", None::<&ProjectId>)
                .put("source_project_id", &transfer.project_id)
                .put("accepted", false);
        }
    }
}

fn write_summary(pairs: &mut Object<'_>, transfer: &Transfer, links: &Links) {
    pairs
        .put("id", transfer.id)
        .put("volume_id", transfer.volume_id)
        .put("name", transfer.name.as_deref())
        .put("links", Raw(|out| links.write(out, transfer.id)));
}
