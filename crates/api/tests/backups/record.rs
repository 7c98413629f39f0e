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
    let odd = record.replace(&format!("backup_{}", id(&path)), "elsewhere");
    let refused = import(odd).await.fault(400);
    assert!(refused.contains("no usable service_metadata"), "{refused}");
    import(record.replace(id(&path), ghost)).await.expect(201);
    let shown = busy.wait(&format!("/backups/{ghost}"), json!("error")).await;
    assert!(shown["fail_reason"].as_str().unwrap().contains("is not on the backend"), "{shown}");
    admin.delete(&format!("/backups/{ghost}")).await.expect(202);
    busy.wait(&format!("/backups/{ghost}"), Value::Null).await;
    assert_eq!(import("{".to_owned()).await.fault(400), "Invalid input received: Can't parse backup record.");
    busy.stop().await;
}

/// As tempest does it: the same objects under a second identifier.
#[tokio::test(flavor = "multi_thread")]
async fn objects_stay_until_the_last_backup_that_has_them_is_deleted() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    std::fs::write(file_of(&busy, &disk), vec![7; 1 << 20]).unwrap();
    let path = backup(&busy, &disk, json!({})).await;
    let admin = busy.world.admin().at("3.71");
    let exported = admin.get(&format!("{path}/export_record")).await.expect(200);
    let text = exported["backup-record"]["backup_url"].as_str().unwrap();
    let record = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let twin = "12345678-1234-4234-8234-123456789abc";
    let renamed = record.replacen(&format!("\"id\":\"{}\"", id(&path)), &format!("\"id\":\"{twin}\""), 1);
    assert_ne!(renamed, record);
    let service = &exported["backup-record"]["backup_service"];
    let body = json!({"backup-record": {"backup_service": service, "backup_url": STANDARD.encode(renamed)}});
    admin.post("/backups/import_record", body).await.expect(201);
    let twin = format!("/backups/{twin}");
    busy.wait(&twin, json!("available")).await;
    busy.member().delete(&path).await.expect(202);
    busy.wait(&path, Value::Null).await;
    let reply = admin.post(&format!("{twin}/restore"), json!({"restore": {}})).await.expect(202);
    let made = format!("/volumes/{}", reply["restore"]["volume_id"].as_str().unwrap());
    busy.wait(&made, json!("available")).await;
    assert!(std::fs::read(file_of(&busy, &made)).unwrap().iter().all(|byte| *byte == 7));
    busy.wait(&twin, json!("available")).await;
    admin.delete(&twin).await.expect(202);
    busy.wait(&twin, Value::Null).await;
    let left = walk(busy.kept.path());
    assert!(left.is_empty(), "{left:?}");
    busy.stop().await;
}

/// Every file below a directory.
fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
