use serde_json::json;

use super::*;

fn create_at(minor: u32, volume: Value) -> Result<Create, Fault> {
    Create::parse(json!({ "volume": volume }).to_string().as_bytes(), Microversion::v3(minor))
}

fn create(volume: Value) -> Create {
    create_at(71, volume).unwrap()
}

fn update(volume: Value) -> Update {
    Update::parse(json!({ "volume": volume }).to_string().as_bytes(), Microversion::MAX).unwrap()
}

const ID: &str = "2298ce57-65d4-4af0-ae9a-89cdceeaa376";

#[test]
fn names_are_trimmed_and_the_new_key_wins() {
    let named = create(json!({"size": 1, "display_name": "old", "name": " new ", "description": "\td "}));
    assert_eq!((named.name.as_deref(), named.description.as_deref()), (Some("new"), Some("d")));
    assert_eq!(create(json!({"size": 1, "display_name": "old"})).name.as_deref(), Some("old"));
    assert_eq!(create(json!({"size": 1, "display_name": "old", "name": null})).name, None);
}

#[test]
fn sizes_are_numbers_or_digits() {
    assert_eq!(create(json!({"size": 7})).size_gib, Some(7));
    assert_eq!(create(json!({"size": "007"})).size_gib, Some(7));
    assert_eq!(create(json!({"size": 2_147_483_647})).size_gib, Some(2_147_483_647));
}

#[test]
fn a_size_is_needed_where_no_source_has_one() {
    assert_eq!(create_at(71, json!({})), Err(Fault::malformed()));
    assert_eq!(create_at(71, json!({"size": null})), Err(Fault::malformed()));
    for source in ["snapshot_id", "source_volid", "imageRef", "backup_id"] {
        assert!(create(json!({source: ID})).has_source(), "{source}");
    }
}

#[test]
fn identifiers_are_read_in_every_spelling() {
    let expected: SnapshotId = ID.parse().unwrap();
    for spelling in
        [ID.to_owned(), ID.to_uppercase(), ID.replace('-', ""), format!("urn:uuid:{ID}"), format!("{{{ID}}}")]
    {
        assert_eq!(create(json!({"snapshot_id": spelling})).snapshot_id, Some(expected));
    }
}

#[test]
fn sources_and_places_are_kept() {
    let all = create(json!({
        "size": 1, "source_volid": ID, "image_id": "by id", "imageRef": "by reference", "backup_id": ID,
        "group_id": "g", "consistencygroup_id": ID, "availability_zone": "az", "volume_type": "fast",
        "metadata": {"k": "v"},
    }));
    assert_eq!(all.source_volid, ID.parse().ok());
    assert_eq!(all.image_ref.as_deref(), Some("by id"));
    assert_eq!(all.backup_id.as_deref(), Some(ID));
    assert_eq!(all.group_id.as_deref(), Some("g"));
    assert_eq!(all.availability_zone.as_deref(), Some("az"));
    assert_eq!(all.volume_type.as_deref(), Some("fast"));
    assert_eq!(all.metadata.get("k"), Some("v"));
    assert_eq!(create(json!({"size": 1, "consistencygroup_id": ID})).group_id.as_deref(), Some(ID));
    assert_eq!(create(json!({"size": 1, "volume_type": "", "metadata": null})).volume_type, None);
}

#[test]
fn unknown_keys_were_tolerated_before_3_53() {
    assert!(create_at(52, json!({"size": 1, "bogus": 1})).is_ok());
    assert!(create_at(53, json!({"size": 1, "bogus": 1})).is_err());
}

#[test]
fn groups_and_backups_are_heard_before_the_revisions_that_check_them() {
    let named = json!({"size": 1, "group_id": "g", "backup_id": "b"});
    let heard = create_at(0, named.clone()).unwrap();
    assert_eq!((heard.group_id.as_deref(), heard.backup_id.as_deref()), (Some("g"), Some("b")));
    assert!(create_at(46, named.clone()).is_ok());
    assert!(create_at(47, named).is_err());
}

#[test]
fn multiattach_is_refused_with_advice() {
    assert!(create_at(71, json!({"size": 1, "multiattach": false})).is_ok());
    for asked in [json!(true), json!("on")] {
        let fault = create_at(71, json!({"size": 1, "multiattach": asked})).unwrap_err();
        assert!(fault.message.starts_with("multiattach parameter has been removed."), "{fault}");
    }
}

#[test]
fn hints_stand_beside_the_volume() {
    let body = json!({
        "volume": {"size": 1},
        "OS-SCH-HNT:scheduler_hints": {
            "same_host": ID, "different_host": [ID], "local_to_instance": ID, "query": "[]", "other": 1,
        },
    });
    let hints = Create::parse(body.to_string().as_bytes(), Microversion::MIN).unwrap().hints;
    let id: VolumeId = ID.parse().unwrap();
    assert_eq!((hints.same_host, hints.different_host), (vec![id], vec![id]));
    assert_eq!(hints.local_to_instance.as_deref(), Some(ID));
    assert_eq!(hints.query, Some(json!("[]")));
    assert_eq!(hints.others.get("other"), Some(&json!(1)));
}

#[test]
fn an_update_tells_null_from_nothing() {
    let changed = update(json!({"name": null, "description": " d ", "metadata": {}}));
    assert_eq!(changed.name, Some(None));
    assert_eq!(changed.description, Some(Some("d".to_owned())));
    assert_eq!(changed.metadata, Some(Metadata::default()));
    assert_eq!(update(json!({"display_name": "n"})).name, Some(Some("n".to_owned())));
    assert_eq!(update(json!({"metadata": {}})).name, None);
}

#[test]
fn an_update_of_nothing_was_tolerated_before_3_53() {
    let nothing = json!({"volume": {}}).to_string();
    assert_eq!(Update::parse(nothing.as_bytes(), Microversion::v3(52)), Ok(Update::default()));
    assert!(Update::parse(nothing.as_bytes(), Microversion::v3(53)).is_err());
}
