use model::{AttachStatus, ProjectId, Timestamp, UserId, VolumeId, VolumeStatus};

use super::*;

fn volume() -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        name: Some("disk".to_owned()),
        description: Some("of mine".to_owned()),
        size_gib: 1,
        charged_gib: 1,
        consumes_quota: true,
        status: VolumeStatus::BackingUp,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: VolumeTypeId::random(),
        availability_zone: "nova".to_owned(),
        host: Some("h@b#p".to_owned()),
        bootable: true,
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
        metadata: Metadata::from_iter([("k".to_owned(), "v".to_owned())]),
        image_metadata: Metadata::from_iter([("image_id".to_owned(), "i".to_owned())]),
        created_at: Timestamp(0),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

#[test]
fn an_unnamed_volume_takes_everything() {
    let text = describe(&volume());
    for name in [None, Some("restore_backup_x".to_owned())] {
        let target = Volume { name, metadata: Metadata::default(), ..volume() };
        let edit = apply(&text, &target).unwrap();
        assert_eq!(edit.name, Some(Some("disk".to_owned())));
        assert_eq!(edit.description, Some(Some("of mine".to_owned())));
        assert_eq!(edit.metadata, Some(volume().metadata));
        assert_eq!((edit.image_metadata, edit.bootable), (Some(volume().image_metadata), Some(true)));
    }
}

#[test]
fn a_named_volume_keeps_its_name_and_its_other_pairs() {
    let other = Metadata::from_iter([("other".to_owned(), "o".to_owned())]);
    let target = Volume { name: Some("target".to_owned()), metadata: other, ..volume() };
    let edit = apply(&describe(&volume()), &target).unwrap();
    assert_eq!((edit.name, edit.description), (None, None));
    assert_eq!(edit.metadata.unwrap().0.len(), 2);
}

#[test]
fn what_cinder_wrote_is_read() {
    let text = "{\"version\": 1, \"volume-base-metadata\": {\"display_name\": \"golden\", \"size\": 1}, \
                \"volume-metadata\": {\"k\": \"v\", \"odd\": 7}}";
    let edit = apply(text, &Volume { name: None, ..volume() }).unwrap();
    assert_eq!(edit.name, Some(Some("golden".to_owned())));
    assert_eq!((edit.image_metadata, edit.bootable), (None, None));
}

#[test]
fn other_versions_and_types_are_refused() {
    assert_eq!(apply("[]", &volume()).unwrap_err(), Unusable::NoObject);
    assert_eq!(apply("{\"version\": 3}", &volume()).unwrap_err(), Unusable::Version("3".to_owned()));
    assert_eq!(apply("{}", &volume()).unwrap_err(), Unusable::Version("null".to_owned()));
    let encrypted = Volume { encryption_key_id: Some(model::KeyId::random()), ..volume() };
    assert!(matches!(apply(&describe(&encrypted), &volume()), Err(Unusable::OtherType { .. })));
    let same = Volume { volume_type_id: encrypted.volume_type_id, ..volume() };
    assert!(apply(&describe(&encrypted), &same).is_ok());
}
