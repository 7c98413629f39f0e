//! Restoring.

use std::fs;

use model::BackupStatus;
use serde_json::{Value, json};

use crate::support::busy::{Busy, id};
use crate::{backup, file_of, volume};

/// What a volume holds: a MiB, which is a simulated GiB.
fn content(seed: u8) -> Vec<u8> {
    (0..1 << 20_u32).map(|at| (at / 700) as u8 ^ seed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_comes_back_in_every_way() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    fs::write(file_of(&busy, &disk), content(1)).unwrap();
    let note = |pairs: Value| {
        let (member, path) = (busy.member(), format!("{disk}/metadata"));
        async move { member.put(&path, json!({ "metadata": pairs })).await.expect(200) }
    };
    note(json!({"earlier": "1"})).await;
    let full = backup(&busy, &disk, json!({})).await;
    note(json!({"later": "2"})).await;
    let mut changed = content(1);
    changed[300_000..500_000].fill(0);
    changed[900_000..900_100].fill(7);
    fs::write(file_of(&busy, &disk), &changed).unwrap();
    let increment = backup(&busy, &disk, json!({"incremental": true})).await;

    // Over the volume itself.
    fs::write(file_of(&busy, &disk), content(9)).unwrap();
    let asked = json!({"restore": {"volume_id": id(&disk)}});
    let reply = busy.member().post(&format!("{increment}/restore"), asked).await.expect(202);
    assert_eq!(reply["restore"]["volume_name"], "disk");
    busy.wait(&increment, json!("available")).await;
    busy.wait(&disk, json!("available")).await;
    assert!(fs::read(file_of(&busy, &disk)).unwrap() == changed);

    // To a new one, which takes the name from the backup.
    let reply = busy.member().post(&format!("{full}/restore"), json!({"restore": {}})).await.expect(202);
    let made = format!("/volumes/{}", reply["restore"]["volume_id"].as_str().unwrap());
    assert_eq!(reply["restore"]["volume_name"], format!("restore_backup_{}", id(&full)));
    let restored = busy.wait(&made, json!("available")).await;
    assert_eq!(restored["name"], "disk");
    assert_eq!(restored["metadata"], json!({"earlier": "1"}));
    assert!(fs::read(file_of(&busy, &made)).unwrap() == content(1));

    // What the increment knows of the volume, and nothing of what it builds on.
    let reply = busy.member().post(&format!("{increment}/restore"), json!({"restore": {}})).await.expect(202);
    let made = format!("/volumes/{}", reply["restore"]["volume_id"].as_str().unwrap());
    assert_eq!(busy.wait(&made, json!("available")).await["metadata"], json!({"later": "2"}));
    assert!(fs::read(file_of(&busy, &made)).unwrap() == changed);
    busy.wait(&increment, json!("available")).await;

    // As a volume that is made from it.
    let asked = json!({"volume": {"size": 2, "name": "mine", "backup_id": id(&increment)}});
    let made = busy.create("volumes", asked).await;
    let restored = busy.wait(&made, json!("available")).await;
    assert_eq!(restored["name"], "mine");
    assert_eq!(restored["metadata"]["src_backup_id"], id(&increment));
    assert!(fs::read(file_of(&busy, &made)).unwrap()[..changed.len()] == changed);
    busy.wait(&increment, json!("available")).await;
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_not_restored_and_says_which_object() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    fs::write(file_of(&busy, &disk), content(3)).unwrap();
    let path = backup(&busy, &disk, json!({"container": "box"})).await;
    let objects = fs::read_dir(busy.kept.path().join("box")).unwrap().map(|entry| entry.unwrap().path());
    let second = objects.into_iter().find(|it| it.display().to_string().ends_with("-00002")).unwrap();
    let mut bytes = fs::read(&second).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&second, bytes).unwrap();
    let asked = json!({"restore": {"volume_id": id(&disk)}});
    busy.member().post(&format!("{path}/restore"), asked).await.expect(202);
    busy.wait(&disk, json!("error")).await;
    busy.wait(&path, json!("available")).await;
    let told = busy.member().get("/messages").await.expect(200);
    let told = &told["messages"][0];
    assert_eq!(
        (told["resource_type"].as_str(), told["event_id"].as_str()),
        (Some("VOLUME"), Some("VOLUME_VOLUME_015_001"))
    );
    assert!(told["user_message"].as_str().unwrap().contains("-00002 is damaged"), "{told}");
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let busy = Busy::new().await;
    let (disk, member) = (volume(&busy).await, busy.member());
    let path = backup(&busy, &disk, json!({})).await;
    let restore = format!("{path}/restore");
    let asked = json!({"restore": {"volume_id": id(&disk)}});
    let reset = |status: &str| json!({"os-reset_status": {"status": status}});
    let admin = busy.world.admin().at("3.71");
    admin.post(&format!("{disk}/action"), reset("error")).await.expect(202);
    let refused = member.post(&restore, asked.clone()).await.fault(400);
    assert_eq!(refused, "Invalid volume: Volume to be restored to must be available");
    admin.post(&format!("{disk}/action"), reset("available")).await.expect(202);
    let larger = id(&path).parse().unwrap();
    busy.world
        .write(move |conn| {
            conn.run(
                "UPDATE backups SET size_gib = 2 WHERE id = ?",
                &[store::engine::Param::Owned(format!("{larger}"))],
            )?;
            conn.run("UPDATE quota_usages SET in_use = 2 WHERE resource = 'backup_gigabytes'", &[])
        })
        .await;
    let _: model::BackupId = larger;
    let refused = member.post(&restore, asked.clone()).await.fault(400);
    assert_eq!(refused, "Invalid volume: volume size 1 is too small to restore backup of size 2.");
    let small = json!({"volume": {"size": 1, "backup_id": id(&path)}});
    let refused = member.post("/volumes", small).await.fault(400);
    let why = "Invalid input received: Volume size 1GB cannot be smaller than the backup size 2GB. It must be >= backup size.";
    assert_eq!(refused, why);
    admin.post(&format!("{path}/action"), reset("error")).await.expect(202);
    let refused = member.post(&restore, asked).await.fault(400);
    assert_eq!(refused, "Invalid backup: Backup status must be available");
    let from_it = json!({"volume": {"size": 2, "backup_id": id(&path)}});
    let refused = member.post("/volumes", from_it).await.fault(400);
    assert_eq!(refused, "Invalid backup: Originating backup status must be one of 'available' values");
    let refused = admin.post(&format!("{path}/action"), reset("restoring")).await.fault(400);
    assert_eq!(refused, "Backup status: restoring is invalid, valid statuses are: ['available', 'error'].");
    busy.stop().await;
}

/// Encrypted bytes go to a volume whose type says how they are opened, and others to one that is not encrypted.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_opened_is_not_restored() {
    let busy = Busy::new().await;
    let (source, target) = (volume(&busy).await, volume(&busy).await);
    let path = backup(&busy, &source, json!({})).await;
    let ids = || -> (model::BackupId, model::VolumeId, model::VolumeId) {
        (id(&path).parse().unwrap(), id(&source).parse().unwrap(), id(&target).parse().unwrap())
    };
    let (backup_id, source_id, target_id) = ids();
    let refused = async || {
        let asked = json!({"restore": {"volume_id": id(&target)}});
        busy.member().post(&format!("{path}/restore"), asked).await.fault(400)
    };
    let key = model::KeyId::random();
    busy.world.write(move |conn| store::volumes::set_key(conn, target_id, Some(key))).await;
    let why = format!("Invalid volume: volume {target_id} is encrypted, and backup {backup_id} is not.");
    assert_eq!(refused().await, why);
    busy.world
        .write(move |conn| {
            store::volumes::set_key(conn, target_id, None)?;
            let key = store::engine::Param::Owned(key.to_string());
            let id = store::engine::Param::Owned(backup_id.to_string());
            conn.run("UPDATE backups SET encryption_key_id = ? WHERE id = ?", &[key, id]).map(drop)
        })
        .await;
    let why = format!("Invalid volume: backup {backup_id} is encrypted, and volume {target_id} is not.");
    assert_eq!(refused().await, why);
    let (ours, theirs) = (busy.world.add_type("secret", &[]).await, busy.world.add_type("other", &[]).await);
    busy.world
        .write(move |conn| {
            for (volume, its) in [(source_id, ours), (target_id, theirs)] {
                let (its, volume) = (its.to_string(), volume.to_string());
                let params = [store::engine::Param::Owned(its), store::engine::Param::Owned(volume)];
                conn.run("UPDATE volumes SET volume_type_id = ? WHERE id = ?", &params)?;
            }
            Ok(())
        })
        .await;
    let why = format!(
        "Invalid volume: The source volume type '{ours}' is different than the destination volume type '{theirs}'."
    );
    assert_eq!(refused().await, why);
    assert_eq!(busy.wait(&target, json!("available")).await["id"], id(&target));
    busy.stop().await;
}

/// Nobody works here: the restore waits, and is given up by the reset.
#[tokio::test]
async fn resetting_a_backup_that_is_being_restored_gives_the_restore_up() {
    use crate::support::World;
    use crate::support::arrange::available;
    use model::service::Binary;

    let world = World::new().await;
    world.add_service(Binary::Backup, "node", "nova").await;
    let disk = available(&world).await;
    let member = world.member().at("3.71");
    let reply = member.post("/backups", json!({"backup": {"volume_id": disk.to_string()}})).await.expect(202);
    let id: model::BackupId = reply["backup"]["id"].as_str().unwrap().parse().unwrap();
    world
        .write(move |conn| {
            conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'done'", &[])?;
            let edit = store::backups::Edit { status: Some(BackupStatus::Available), ..Default::default() };
            store::backups::edit(conn, id, &edit)?;
            store::volumes::set_status(conn, disk, model::VolumeStatus::Available)
        })
        .await;
    let asked = json!({"restore": {"volume_id": disk.to_string()}});
    member.post(&format!("/backups/{id}/restore"), asked).await.expect(202);
    let volume = member.get(&format!("/volumes/{disk}")).await.expect(200);
    assert_eq!(volume["volume"]["status"], "restoring-backup");
    let reset = json!({"os-reset_status": {"status": "available"}});
    world.admin().post(&format!("/backups/{id}/action"), reset).await.expect(202);
    let open = world.read(|conn| store::operations::list(conn, false, 10)).await;
    assert!(open.len() == 1 && open[0].kind == "backup.restore" && open[0].abandoned, "{open:?}");
    let backup = member.get(&format!("/backups/{id}")).await.expect(200);
    assert_eq!(backup["backup"]["status"], Value::from("available"));
}
