//! Metadata of volumes and snapshots as resources of their own.

use model::Metadata;

use crate::Fault;
use crate::validate::schema::Kind::Object;
use crate::validate::{Fields, Rule, Schema, shapes};

const OF_VOLUME: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("metadata", shapes::METADATA)]),
    Rule::Required(&["metadata"]),
    Rule::NoOthers,
]);
const ITEM_OF_VOLUME: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("meta", shapes::METADATA_PAIR)]),
    Rule::Required(&["meta"]),
    Rule::NoOthers,
]);
const OF_SNAPSHOT: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("metadata", shapes::SNAPSHOT_METADATA)]),
    Rule::Required(&["metadata"]),
]);
const ITEM_OF_SNAPSHOT: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("meta", shapes::SNAPSHOT_METADATA_PAIR)]),
    Rule::Required(&["meta"]),
]);

/// `POST` or `PUT /volumes/{id}/metadata`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn of_volume(body: &[u8]) -> Result<Metadata, Fault> {
    all(body, &OF_VOLUME)
}

/// `PUT /volumes/{id}/metadata/{key}`: the value.
///
/// # Errors
/// As [`of_volume`]; 400 when the body is about another key.
pub fn item_of_volume(body: &[u8], key: &str) -> Result<String, Fault> {
    item(body, key, &ITEM_OF_VOLUME)
}

/// `POST` or `PUT /snapshots/{id}/metadata`.
///
/// # Errors
/// As [`of_volume`].
pub fn of_snapshot(body: &[u8]) -> Result<Metadata, Fault> {
    all(body, &OF_SNAPSHOT)
}

/// `PUT /snapshots/{id}/metadata/{key}`: the value.
///
/// # Errors
/// As [`item_of_volume`].
pub fn item_of_snapshot(body: &[u8], key: &str) -> Result<String, Fault> {
    item(body, key, &ITEM_OF_SNAPSHOT)
}

fn all(body: &[u8], schema: &Schema) -> Result<Metadata, Fault> {
    Ok(Fields::parse_under("metadata", body, schema)?.into_metadata())
}

fn item(body: &[u8], key: &str, schema: &Schema) -> Result<String, Fault> {
    let mut meta = Fields::parse_under("meta", body, schema)?;
    meta.string(key).ok_or_else(Fault::other_than_the_url)
}

#[cfg(test)]
mod tests;
