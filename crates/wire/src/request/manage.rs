//! Taking over what lies on a backend already.

use model::refusal::{Noun, Refusal};
use model::{Metadata, VolumeId};
use serde_json::Value;

use crate::microversion::gate;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

/// Longest name or identifier in a reference, in characters.
const MAX_REFERENCE_CHARS: usize = 1024;

macro_rules! volume {
    ($($further:expr),*) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[(
                "volume",
                Schema(&[
                    Rule::Type(&[Object]),
                    Rule::Properties(&[
                        ("description", shapes::DESCRIPTION),
                        ("availability_zone", shapes::SHORT_TEXT),
                        ("bootable", shapes::BOOLEAN),
                        ("volume_type", shapes::SHORT_TEXT),
                        ("name", shapes::SHORT_TEXT),
                        ("host", shapes::HOST),
                        ("ref", Schema(&[Rule::Type(&[Object, Text])])),
                        ("metadata", shapes::OPTIONAL_METADATA),
                        $($further),*
                    ]),
                    Rule::Required(&["ref"]),
                    Rule::NoOthers,
                ]),
            )]),
            Rule::Required(&["volume"]),
            Rule::NoOthers,
        ])
    };
}

const VOLUME: Schema = volume!();
const VOLUME_3_16: Schema = volume!(("cluster", shapes::SHORT_TEXT));

/// What is to be taken over: its name on the backend, or its identifier there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// `source-name`.
    pub source_name: Option<String>,
    /// `source-id`.
    pub source_id: Option<String>,
}

impl Reference {
    /// Reads what the service takes as it comes: what is not an object, and what it does not know, names nothing.
    fn read(value: Option<Value>) -> Result<Self, Fault> {
        let Some(Value::Object(pairs)) = value else { return Ok(Self::default()) };
        let text = |key: &str| match pairs.get(key) {
            Some(Value::String(text)) if text.chars().count() > MAX_REFERENCE_CHARS => {
                Err(Fault::bad_request(format!(
                    "Reference {key} is longer than {MAX_REFERENCE_CHARS} characters."
                )))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            _ => Ok(None),
        };
        Ok(Self { source_name: text("source-name")?, source_id: text("source-id")? })
    }
}

/// A backend, by its host or by the cluster that looks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `host@backend`, with or without a pool.
    Host(String),
    /// `cluster@backend` (from the revision on that knows it).
    Cluster(String),
}

impl Place {
    /// One of the two, and not both.
    pub(crate) fn of(
        host: Option<String>,
        cluster: Option<String>,
        knows_clusters: bool,
    ) -> Result<Self, Fault> {
        let some = |name: Option<String>| name.filter(|name| !name.is_empty());
        match (some(host), some(cluster).filter(|_| knows_clusters)) {
            (Some(host), None) => Ok(Self::Host(host)),
            (None, Some(cluster)) => Ok(Self::Cluster(cluster)),
            _ if knows_clusters => {
                Err(Fault::invalid_input("One and only one of cluster and host must be set."))
            }
            _ => Err(Fault::invalid_input("Host field is missing.")),
        }
    }
}

/// `POST /manageable_volumes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManageVolume {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub reference: Reference,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Name or identifier of the type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
    /// Whether a machine can boot from it.
    pub bootable: bool,
    /// The owner's pairs.
    pub metadata: Metadata,
}

impl ManageVolume {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let knows_clusters = version.has(gate::MIGRATE_TO_CLUSTER);
        let schema = if knows_clusters { &VOLUME_3_16 } else { &VOLUME };
        let mut volume = Fields::parse_without(&["bootable"], "volume", body, schema)?;
        let (host, cluster) = (volume.string("host"), volume.string("cluster"));
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            reference: Reference::read(volume.take("ref"))?,
            name: some(volume.trimmed("name")),
            description: some(volume.trimmed("description")),
            volume_type: some(volume.string("volume_type")),
            availability_zone: some(volume.string("availability_zone")),
            bootable: volume.flag("bootable").unwrap_or_default(),
            metadata: volume.metadata("metadata").unwrap_or_default(),
            place: Place::of(host, cluster, knows_clusters)?,
        })
    }
}

const SNAPSHOT: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "snapshot",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("description", shapes::DESCRIPTION),
                ("metadata", shapes::OPTIONAL_METADATA),
                ("name", shapes::SHORT_TEXT),
                ("volume_id", shapes::UUID),
                ("ref", Schema(&[Rule::Type(&[Object, Null, Text])])),
            ]),
            Rule::Required(&["ref", "volume_id"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["snapshot"]),
    Rule::NoOthers,
]);

/// `POST /manageable_snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManageSnapshot {
    /// The volume that it is a snapshot of.
    pub volume_id: VolumeId,
    /// What it is.
    pub reference: Reference,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// The owner's pairs.
    pub metadata: Metadata,
}

impl ManageSnapshot {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut snapshot = Fields::parse_under("snapshot", body, &SNAPSHOT)?;
        let volume_id = snapshot.id("volume_id").ok_or_else(|| Refusal::not_found(Noun::Volume, "None"))?;
        Ok(Self {
            volume_id,
            reference: Reference::read(snapshot.take("ref"))?,
            name: snapshot.trimmed("name"),
            description: snapshot.trimmed("description"),
            metadata: snapshot.metadata("metadata").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn volume(text: &str, minor: u32) -> Result<ManageVolume, Fault> {
        ManageVolume::parse(text.as_bytes(), Microversion::v3(minor))
    }

    #[test]
    fn a_volume_is_named_by_its_host_or_its_cluster() {
        let asked = volume(r#"{"volume": {"host": "h@b#p", "ref": {"source-name": "x"}, "name": " n "}}"#, 8);
        let asked = asked.unwrap();
        assert_eq!(asked.place, Place::Host("h@b#p".to_owned()));
        assert_eq!(asked.reference.source_name.as_deref(), Some("x"));
        assert_eq!(asked.name.as_deref(), Some("n"));
        let cluster = r#"{"volume": {"host": null, "cluster": "c@b", "ref": {"source-id": "1"}}}"#;
        assert_eq!(volume(cluster, 16).unwrap().place, Place::Cluster("c@b".to_owned()));
        assert!(volume(cluster, 15).unwrap_err().message.contains("'cluster' was unexpected"));
        let neither = volume(r#"{"volume": {"ref": {}}}"#, 16).unwrap_err();
        assert_eq!(
            neither.message,
            "Invalid input received: One and only one of cluster and host must be set."
        );
        let neither = volume(r#"{"volume": {"ref": {}}}"#, 15).unwrap_err();
        assert_eq!(neither.message, "Invalid input received: Host field is missing.");
    }

    #[test]
    fn references_are_bounded_and_may_name_nothing() {
        let long = "x".repeat(MAX_REFERENCE_CHARS + 1);
        let body = format!(r#"{{"volume": {{"host": "h", "ref": {{"source-name": "{long}"}}}}}}"#);
        assert_eq!(volume(&body, 8).unwrap_err().code, 400);
        for odd in [r#""text""#, r#"{"source-name": 7, "other": []}"#] {
            let asked = volume(&format!(r#"{{"volume": {{"host": "h", "ref": {odd}}}}}"#), 8).unwrap();
            assert_eq!(asked.reference, Reference::default());
        }
        assert!(volume(r#"{"volume": {"host": "h"}}"#, 8).is_err());
        let null = r#"{"volume": {"host": "h", "ref": {}, "bootable": null}}"#;
        assert!(!volume(null, 8).unwrap().bootable);
    }
}
