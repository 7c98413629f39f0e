use model::{ProjectId, Timestamp, UserId};
use serde_json::{Value, json};

use super::*;
use crate::links::Endpoint;

fn volume() -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        name: None,
        description: None,
        size_gib: 1,
        charged_gib: 1,
        consumes_quota: true,
        status: VolumeStatus::Available,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: model::VolumeTypeId::random(),
        availability_zone: "nova".to_owned(),
        host: None,
        bootable: false,
        multiattach: false,
        readonly: None,
        snapshot_id: None,
        source_volid: None,
        backup_id: None,
        group_id: None,
        encryption_key_id: None,
        replication_status: None,
        provider_location: None,
        provider_id: None,
        metadata: model::Metadata::default(),
        image_metadata: model::Metadata::default(),
        created_at: Timestamp(0),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

fn shown(view: &VolumeView<'_>, minor: u32, show: Show) -> Value {
    let links = Endpoint { root: "http://h", project: None }.links("volumes");
    let detail = Detail { version: Microversion::v3(minor), links: &links, show };
    let mut reply: Value = serde_json::from_slice(&detail.one(view)).unwrap();
    reply["volume"].take()
}

#[test]
fn the_statuses_of_managing_are_not_shown() {
    let cases = [
        (VolumeStatus::Managing, "creating"),
        (VolumeStatus::ErrorManaging, "error"),
        (VolumeStatus::ErrorManagingDeleting, "deleting"),
        (VolumeStatus::InUse, "in-use"),
    ];
    for (status, word) in cases {
        let volume = Volume { status, ..volume() };
        assert_eq!(shown(&VolumeView::new(&volume, "t"), 0, Show::default())["status"], word);
    }
}

#[test]
fn the_services_own_pairs_replace_those_of_the_owner() {
    let pairs = [("attached_mode", "mine"), ("readonly", "mine"), ("z", "mine")];
    let metadata: model::Metadata = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
    let volume = Volume { readonly: Some(false), metadata, ..volume() };
    let view = VolumeView::new(&volume, "t");
    let expected = json!({"attached_mode": "mine", "z": "mine", "readonly": "False"});
    assert_eq!(shown(&view, 0, Show::default())["metadata"], expected);
    let attached = VolumeView { attached_mode: Some("rw"), ..view };
    let expected = json!({"z": "mine", "readonly": "False", "attached_mode": "rw"});
    assert_eq!(shown(&attached, 0, Show::default())["metadata"], expected);
}

#[test]
fn keys_are_shown_since_3_64_unless_they_are_no_secret() {
    let volume_with = |key: &str| Volume { encryption_key_id: Some(key.parse().unwrap()), ..volume() };
    let key = "6b5a8ee1-3f3f-4a0e-9d6b-0a4f1f6a2f44";
    let (secret, fixed) = (volume_with(key), volume_with("00000000-0000-0000-0000-000000000000"));
    let before = shown(&VolumeView::new(&secret, "t"), 63, Show::default());
    assert_eq!((&before["encrypted"], before.get("encryption_key_id")), (&json!(true), None));
    assert_eq!(shown(&VolumeView::new(&secret, "t"), 64, Show::default())["encryption_key_id"], key);
    let fixed = shown(&VolumeView::new(&fixed, "t"), 64, Show::default());
    assert_eq!((&fixed["encrypted"], fixed.get("encryption_key_id")), (&json!(true), None));
}

#[test]
fn hosts_of_attachments_are_for_services() {
    let volume = volume();
    let attachment = Attachment {
        id: model::AttachmentId::random(),
        volume_id: volume.id,
        project_id: volume.project_id.clone(),
        instance_uuid: Some("s".to_owned()),
        attached_host: Some("h".to_owned()),
        mountpoint: Some("/dev/vdb".to_owned()),
        status: AttachStatus::Attached,
        mode: None,
        connector: None,
        connection_info: None,
        created_at: Timestamp(0),
        updated_at: None,
        attached_at: Some(Timestamp(0)),
    };
    let promised = Attachment { status: AttachStatus::Reserved, ..attachment.clone() };
    let id = attachment.id.to_string();
    let attachments = [promised, attachment];
    let view = VolumeView { attachments: &attachments, ..VolumeView::new(&volume, "t") };
    let mut expected = json!([{
        "id": volume.id.to_string(), "attachment_id": id, "volume_id": volume.id.to_string(), "server_id": "s",
        "host_name": null, "device": "/dev/vdb", "attached_at": "1970-01-01T00:00:00.000000",
    }]);
    assert_eq!(shown(&view, 0, Show::default())["attachments"], expected);
    expected[0]["host_name"] = json!("h");
    let show = Show { attachment_hosts: true, ..Show::default() };
    assert_eq!(shown(&view, 0, show)["attachments"], expected);
}

#[test]
fn a_page_of_nothing_has_no_links_but_may_have_a_count() {
    let links = Endpoint { root: "http://h", project: None }.links("volumes");
    let reply = summaries([], &links, &Around { next: None, count: Some(0) });
    assert_eq!(String::from_utf8(reply).unwrap(), r#"{"volumes":[],"count":0}"#);
}
