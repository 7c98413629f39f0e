//! Records: giving a backup away, and taking it over elsewhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::busy::{Busy, id};
use crate::{backup, file_of, volume};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_moves_to_another_installation() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    std::fs::write(file_of(&busy, &disk), vec![5; 1 << 20]).unwrap();
    let path = backup(&busy, &disk, json!({"name": "moving"})).await;
    let exported = busy.world.admin().get(&format!("{path}/export_record")).await.expect(200);
    assert_eq!(exported["backup-record"]["backup_service"], "cinder.backup.drivers.posix.PosixBackupDriver");
    let Busy { kept, .. } = busy;
    let there = Busy::keeping_in(kept).await;
    let admin = there.world.admin().at("3.71");
    let reply = admin.post("/backups/import_record", exported.clone()).await.expect(201);
    assert_eq!(reply["backup"]["id"], id(&path));
    let taken = there.wait(&path, json!("available")).await;
    assert_eq!((taken["name"].as_str(), taken["object_count"].as_u64()), (Some("moving"), Some(4)));
    let again = admin.post("/backups/import_record", exported).await.fault(400);
    assert_eq!(again, "Invalid backup: Backup already exists in database.");
    let reply = admin.post(&format!("{path}/restore"), json!({"restore": {}})).await.expect(202);
    let made = format!("/volumes/{}", reply["restore"]["volume_id"].as_str().unwrap());
    there.wait(&made, json!("available")).await;
    assert!(std::fs::read(file_of(&there, &made)).unwrap().iter().all(|byte| *byte == 5));
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_nothing_becomes_an_error() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    let path = backup(&busy, &disk, json!({})).await;
    let admin = busy.world.admin().at("3.71");
    let exported = admin.get(&format!("{path}/export_record")).await.expect(200);
    let text = exported["backup-record"]["backup_url"].as_str().unwrap();
    let record = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let ghost = "12345678-1234-4234-8234-123456789abc";
    let import = |record: String| {
        let url = STANDARD.encode(record);
        let body = json!({"backup-record": {"backup_service": exported["backup-record"]["backup_service"], "backup_url": url}});
        admin.post("/backups/import_record", body)
    };
    import(record.replace(id(&path), ghost)).await.expect(201);
    let shown = busy.wait(&format!("/backups/{ghost}"), json!("error")).await;
    assert!(shown["fail_reason"].as_str().unwrap().contains("is not on the backend"), "{shown}");
    admin.delete(&format!("/backups/{ghost}")).await.expect(202);
    busy.wait(&format!("/backups/{ghost}"), Value::Null).await;
    // The objects of another backup are nobody's to take.
    let stolen = record.replacen(&format!("\"id\":\"{}\"", id(&path)), &format!("\"id\":\"{ghost}\""), 1);
    assert_ne!(stolen, record);
    let refused = import(stolen).await.fault(400);
    assert!(refused.contains("no usable service_metadata"), "{refused}");
    assert_eq!(import("{".to_owned()).await.fault(400), "Invalid input received: Can't parse backup record.");
    busy.stop().await;
}
