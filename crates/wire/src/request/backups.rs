//! Backups: create, update, restore, and taking one over by its record.

use model::{Metadata, SnapshotId, VolumeId};

use super::Change;
use crate::microversion::gate;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

/// The body `{$key: {$properties}}` with these further rules for what is inside.
macro_rules! body {
    ($key:literal, $kinds:expr, $properties:expr $(, $rule:expr)*) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[(
                $key,
                Schema(&[Rule::Type($kinds), Rule::Properties($properties), $($rule,)* Rule::NoOthers]),
            )]),
            Rule::Required(&[$key]),
            Rule::NoOthers,
        ])
    };
}

/// The body of `POST /backups` with what a revision adds to it.
macro_rules! create {
    ($($added:expr),*) => {
        body!(
            "backup",
            &[Object],
            &[
                ("volume_id", shapes::UUID),
                ("container", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("incremental", shapes::BOOLEAN),
                ("force", shapes::BOOLEAN),
                ("name", shapes::SHORT_TEXT),
                ("snapshot_id", shapes::OPTIONAL_UUID),
                $($added),*
            ],
            Rule::Required(&["volume_id"])
        )
    };
}

const CREATE: Schema = create!();
/// From 3.43 on.
const CREATE_WITH_METADATA: Schema = create!(("metadata", shapes::OPTIONAL_METADATA));
/// From 3.51 on.
const CREATE_WITH_ZONE: Schema =
    create!(("metadata", shapes::OPTIONAL_METADATA), ("availability_zone", shapes::SHORT_TEXT));

/// `POST /backups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// The snapshot of it that is to be backed up.
    pub snapshot_id: Option<SnapshotId>,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Where in the store.
    pub container: Option<String>,
    /// Only what has changed.
    pub incremental: bool,
    /// Even while it is attached.
    pub force: bool,
    /// The owner's pairs.
    pub metadata: Metadata,
    /// The zone of the service that keeps it.
    pub availability_zone: Option<String>,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let schema = match version {
            _ if version.has(gate::BACKUP_ZONE) => &CREATE_WITH_ZONE,
            _ if version.has(gate::BACKUP_METADATA) => &CREATE_WITH_METADATA,
            _ => &CREATE,
        };
        let mut backup = Fields::parse_under("backup", body, schema)?;
        Ok(Self {
            volume_id: backup.id("volume_id").ok_or_else(Fault::malformed)?,
            snapshot_id: backup.id("snapshot_id"),
            name: backup.trimmed("name"),
            description: backup.trimmed("description"),
            container: backup.string("container"),
            incremental: backup.flag("incremental").unwrap_or_default(),
            force: backup.flag("force").unwrap_or_default(),
            metadata: backup.metadata("metadata").unwrap_or_default(),
            availability_zone: backup.string("availability_zone").filter(|zone| !zone.is_empty()),
        })
    }
}

const UPDATE: Schema =
    body!("backup", &[Object, Null], &[("name", shapes::SHORT_TEXT), ("description", shapes::DESCRIPTION)]);

/// From 3.43 on.
const UPDATE_WITH_METADATA: Schema = body!(
    "backup",
    &[Object, Null],
    &[("name", shapes::SHORT_TEXT), ("description", shapes::DESCRIPTION), ("metadata", shapes::METADATA),]
);

/// `PUT /backups/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// Display name.
    pub name: Change,
    /// Free text.
    pub description: Change,
    /// All of the owner's pairs.
    pub metadata: Option<Metadata>,
}

impl Update {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let schema = if version.has(gate::BACKUP_METADATA) { &UPDATE_WITH_METADATA } else { &UPDATE };
        let mut backup = Fields::parse_under("backup", body, schema)?;
        Ok(Self {
            name: backup.change(&["name"]),
            description: backup.change(&["description"]),
            metadata: backup.metadata("metadata"),
        })
    }
}

const RESTORE: Schema =
    body!("restore", &[Object, Null], &[("name", shapes::SHORT_TEXT), ("volume_id", shapes::OPTIONAL_UUID)]);

/// `POST /backups/{id}/restore`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restore {
    /// The volume to restore to; none makes one.
    pub volume_id: Option<VolumeId>,
    /// The name of the one that is made.
    pub name: Option<String>,
}

impl Restore {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut restore = Fields::parse_under("restore", body, &RESTORE)?;
        Ok(Self { volume_id: restore.id("volume_id"), name: restore.string("name") })
    }
}

const IMPORT: Schema = body!(
    "backup-record",
    &[Object],
    &[
        ("backup_service", Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)])),
        ("backup_url", Schema(&[Rule::Type(&[Text]), Rule::MinLength(1), Rule::Format(Format::BASE64)])),
    ],
    Rule::Required(&["backup_service", "backup_url"])
);

/// `POST /backups/import_record`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The class of the store that it lies in.
    pub backup_service: String,
    /// The record.
    pub backup_url: String,
}

impl Import {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut record = Fields::parse_under("backup-record", body, &IMPORT)?;
        Ok(Self {
            backup_service: record.string("backup_service").unwrap_or_default(),
            backup_url: record.string("backup_url").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const VOLUME: &str = "2298ce57-65d4-4af0-ae9a-89cdceeaa376";

    fn create(minor: u32, mut backup: Value) -> Result<Create, Fault> {
        backup["volume_id"] = json!(VOLUME);
        Create::parse(json!({ "backup": backup }).to_string().as_bytes(), Microversion::v3(minor))
    }

    #[test]
    fn what_a_backup_may_say_grew_with_the_revisions() {
        let made = create(0, json!({"name": " n ", "incremental": "yes", "force": true, "container": null}))
            .unwrap();
        assert_eq!(
            (made.name.as_deref(), made.incremental, made.force, made.container),
            (Some("n"), true, true, None)
        );
        assert!(create(42, json!({"metadata": {}})).is_err());
        assert_eq!(create(43, json!({"metadata": {"a": "b"}})).unwrap().metadata.get("a"), Some("b"));
        assert!(create(50, json!({"availability_zone": "z"})).is_err());
        assert_eq!(
            create(51, json!({"availability_zone": "z"})).unwrap().availability_zone.as_deref(),
            Some("z")
        );
    }

    #[test]
    fn an_update_tells_null_from_nothing() {
        let update = Update::parse(br#"{"backup": {"name": null}}"#, Microversion::v3(9)).unwrap();
        assert_eq!((update.name, update.description, update.metadata), (Some(None), None, None));
        assert_eq!(Update::parse(br#"{"backup": null}"#, Microversion::v3(9)), Ok(Update::default()));
        assert!(Update::parse(br#"{"backup": {"metadata": {}}}"#, Microversion::v3(42)).is_err());
    }

    #[test]
    fn a_restore_needs_to_name_nothing() {
        assert_eq!(Restore::parse(br#"{"restore": {}}"#), Ok(Restore::default()));
        let body = format!(r#"{{"restore": {{"volume_id": "{VOLUME}"}}}}"#);
        assert_eq!(Restore::parse(body.as_bytes()).unwrap().volume_id, VOLUME.parse().ok());
    }

    #[test]
    fn a_record_is_base64() {
        let import = |url: &str| {
            let record = json!({"backup_service": "s", "backup_url": url});
            Import::parse(json!({ "backup-record": record }).to_string().as_bytes())
        };
        assert_eq!(import("YWJj").unwrap().backup_url, "YWJj");
        for odd in ["u", "x", "YWJ", "YW=Jj"] {
            assert!(import(odd).is_err(), "{odd}");
        }
    }
}
