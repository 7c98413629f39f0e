use serde_json::{Value, json};

use super::*;
use crate::request::group_snapshots;

fn create(group: Value) -> Result<Create, Fault> {
    Create::parse(json!({ "group": group }).to_string().as_bytes())
}

fn refusal<T: std::fmt::Debug>(parsed: Result<T, Fault>) -> String {
    let fault = parsed.unwrap_err();
    assert_eq!(fault.code, 400);
    fault.message.into_owned()
}

const ID: &str = "6f519a48-3183-46cf-a32f-41815f813986";

#[test]
fn a_group_has_a_type_and_volume_types() {
    let asked = create(json!({"name": " n ", "group_type": "t", "volume_types": ["a", "b"]})).unwrap();
    assert_eq!(asked.name.as_deref(), Some("n"));
    assert_eq!(asked.volume_types, ["a", "b"]);
    assert_eq!(
        refusal(create(json!({"volume_types": ["a"]}))),
        "Invalid input for field/attribute group. Value: {'volume_types': ['a']}. 'group_type' is a required property"
    );
    let empty = create(json!({"group_type": "t", "volume_types": []}));
    assert!(refusal(empty).starts_with("Invalid input for field/attribute volume_types. Value: []. []"));
    let twice = create(json!({"group_type": "t", "volume_types": ["a", "a"]}));
    assert!(refusal(twice).contains("has non-unique elements"));
    let blank = create(json!({"group_type": "  ", "volume_types": ["a"]}));
    let wrong = |of: &str| {
        format!("Invalid input for field/attribute group_type. Value: {of}. '{of}' is not a 'group_type'")
    };
    assert_eq!(refusal(blank), wrong("  "));
    let nothing = create(json!({"group_type": "", "volume_types": ["a"]}));
    assert_eq!(refusal(nothing), wrong(""));
}

#[test]
fn a_copy_has_one_source() {
    let parse =
        |group: Value| CreateFromSource::parse(json!({ "create-from-src": group }).to_string().as_bytes());
    let copy = parse(json!({"source_group_id": ID, "name": "n"})).unwrap();
    assert_eq!(copy.source, Source::Group(ID.parse().unwrap()));
    assert!(refusal(parse(json!({"name": "n"}))).ends_with("is not valid under any of the given schemas"));
    let both = refusal(parse(json!({"source_group_id": ID, "group_snapshot_id": ID})));
    assert!(
        both.ends_with(
            "is valid under each of {'required': ['source_group_id']}, {'required': ['group_snapshot_id']}"
        ),
        "{both}"
    );
    let nulls = json!({"source_group_id": null, "group_snapshot_id": null});
    assert!(refusal(parse(nulls)).ends_with("is not valid under any of the given schemas"));
    let one = parse(json!({"source_group_id": null, "group_snapshot_id": ID})).unwrap();
    assert_eq!(one.source, Source::GroupSnapshot(ID.parse().unwrap()));
}

#[test]
fn volumes_stand_between_commas() {
    let parse = |group: Value| Update::parse(json!({ "group": group }).to_string().as_bytes());
    let update = parse(json!({"add_volumes": ",a,b,", "remove_volumes": null})).unwrap();
    assert_eq!(update.add_volumes, ["a", "b"]);
    assert_eq!(update.remove_volumes, [""; 0]);
    assert_eq!(update.name, None);
    assert!(refusal(parse(json!({}))).contains("is not valid under any of the given schemas"));
}

#[test]
fn a_status_is_one_that_it_can_have() {
    let parse = |body: Value| GroupAction::parse(body.to_string().as_bytes());
    let reset = |word: &str| parse(json!({"reset_status": {"status": word}}));
    assert_eq!(reset("Error"), Ok(GroupAction::ResetStatus(GroupStatus::Error)));
    assert_eq!(
        refusal(reset("in-use")),
        "Invalid Group Status: Group status: in-use is invalid, valid status are: ('error', 'available', 'creating', \
         'deleting', 'deleted', 'updating', 'in-use', 'error_deleting')."
    );
    assert_eq!(refusal(reset(" ")), "Invalid Group Status: The 'status' can not be empty.");
    let delete = parse(json!({"delete": {"delete-volumes": "yes"}}));
    assert_eq!(delete, Ok(GroupAction::Delete { delete_volumes: true }));
    assert_eq!(parse(json!({"delete": {}})), Ok(GroupAction::Delete { delete_volumes: false }));
    assert_eq!(
        refusal(group_snapshots::reset_status(br#"{"reset_status": {"status": "x"}}"#)),
        "Invalid GroupSnapshot Status: Group snapshot status: x is invalid, valid statuses are: ('error', 'available', \
         'creating', 'deleting', 'deleted', 'updating', 'error_deleting')."
    );
}

#[test]
fn replication_begins_and_ends_without_further_words() {
    let parse = |body: Value| GroupAction::parse(body.to_string().as_bytes());
    for nothing in [json!({}), Value::Null] {
        let enable = parse(json!({"enable_replication": nothing}));
        assert_eq!(enable, Ok(GroupAction::EnableReplication));
        let disable = parse(json!({"disable_replication": nothing}));
        assert_eq!(disable, Ok(GroupAction::DisableReplication));
    }
    assert_eq!(
        refusal(parse(json!({"enable_replication": "x"}))),
        "Invalid input for field/attribute enable_replication. Value: x. 'x' is not of type 'object'"
    );
    let asked = json!({"allow_attached_volume": "on", "secondary_backend_id": "there"});
    let wanted = GroupAction::FailoverReplication {
        allow_attached_volume: true,
        secondary_backend_id: Some("there".to_owned()),
    };
    assert_eq!(parse(json!({"failover_replication": asked})), Ok(wanted.clone()));
    assert_eq!(parse(json!({"modify_body_for_action": asked})), Ok(wanted));
    let anywhere =
        GroupAction::FailoverReplication { allow_attached_volume: false, secondary_backend_id: None };
    let asked = json!({"allow_attached_volume": false, "secondary_backend_id": null});
    assert_eq!(parse(json!({"modify_body_for_action": asked})), Ok(anywhere));
}
