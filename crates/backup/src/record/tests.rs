use super::*;

const GOLDEN: &str = include_str!("../../tests/golden/manifest.json");

fn golden() -> Vec<String> {
    let manifest: Value = serde_json::from_str(GOLDEN).unwrap();
    let urls =
        manifest.as_array().unwrap().iter().map(|it| it["export_backup_url"].as_str().unwrap().to_owned());
    urls.collect()
}

fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let bytes = STANDARD.decode(&golden()[1]).unwrap();
    let mut record: Map<String, Value> = serde_json::from_slice(&bytes).unwrap();
    change(&mut record);
    STANDARD.encode(Value::Object(record).to_string())
}

#[test]
fn records_of_cinder_are_read() {
    let record = decode(&golden()[1]).unwrap();
    assert_eq!(record.id.to_string(), "48ada696-e602-44d2-bfe8-85f8c882ed56");
    assert_eq!(record.parent_id.unwrap().to_string(), "9d752cbf-7ad8-4f1d-8b69-f0be22262b95");
    assert_eq!(record.container, "48/ad/48ada696-e602-44d2-bfe8-85f8c882ed56");
    assert_eq!((record.size_gib, record.object_count), (1, 4));
    assert_eq!(record.name.as_deref(), Some("golden-incremental"));
}

/// As `base64` and mailers write it.
#[test]
fn lines_and_blanks_in_a_record_are_passed_over() {
    let text = &golden()[1];
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert_eq!(decode(&format!(" {}\r\n", lines.join("\r\n"))), decode(text));
}

#[test]
fn ours_have_every_column_of_cinders() {
    let bytes = STANDARD.decode(&golden()[0]).unwrap();
    let theirs: Map<String, Value> = serde_json::from_slice(&bytes).unwrap();
    let record = decode(&golden()[0]).unwrap();
    let backup = Backup {
        id: record.id,
        project_id: model::ProjectId::new("p"),
        user_id: model::UserId::new("u"),
        volume_id: model::VolumeId::random(),
        snapshot_id: None,
        parent_id: None,
        name: record.name.clone(),
        description: None,
        size_gib: 1,
        status: model::BackupStatus::Available,
        fail_reason: None,
        availability_zone: "nova".to_owned(),
        host: "h".to_owned(),
        container: Some(record.container.clone()),
        service: Some("s".to_owned()),
        service_metadata: Some(record.service_metadata.clone()),
        object_count: 4,
        data_timestamp: Timestamp(1_763_663_788_000_000),
        temp_snapshot_id: None,
        restore_volume_id: None,
        encryption_key_id: None,
        metadata: Metadata::default(),
        dependents: 1,
        created_at: Timestamp(1_763_663_788_000_000),
        updated_at: None,
    };
    let text = encode(&backup);
    let ours: Map<String, Value> = serde_json::from_slice(&STANDARD.decode(&text).unwrap()).unwrap();
    let (mut ours, mut theirs) = (ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    let read = decode(&text).unwrap();
    assert_eq!(
        (read.id, read.container, read.service_metadata),
        (record.id, record.container, record.service_metadata)
    );
    assert_eq!(read.data_timestamp, Some(backup.data_timestamp));
}

#[test]
fn what_is_no_record_is_refused() {
    assert_eq!(decode("a"), Err(BadRecord::NotBase64));
    assert_eq!(decode("%%%"), Err(BadRecord::NotJson));
    assert_eq!(decode(&STANDARD.encode("{")), Err(BadRecord::NotJson));
    assert_eq!(decode(&STANDARD.encode("[1]")), Err(BadRecord::NoId));
    assert_eq!(decode(&STANDARD.encode("{}")), Err(BadRecord::NoId));
    assert_eq!(decode(&changed(|record| drop(record.remove("size")))), Err(BadRecord::NoSize));
    assert_eq!(decode(&changed(|record| record["size"] = json!(-1))), Err(BadRecord::NoSize));
    let unusable = |key: &'static str, value: Value| {
        assert_eq!(decode(&changed(|record| record[key] = value)), Err(BadRecord::Unusable(key)), "{key}");
    };
    unusable("id", json!("x"));
    unusable("container", json!(null));
    unusable("service_metadata", json!(7));
    unusable("display_name", json!("n".repeat(256)));
    unusable("metadata", json!({"a": 1}));
    unusable("parent_id", json!("nobody"));
}
