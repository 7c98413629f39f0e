//! Attachment rows, and what volumes are because of them.

use model::{
    AttachMode, AttachStatus, Attachment, AttachmentId, ConnectionInfo, Connector, MigrationStatus, VolumeId,
    VolumeStatus,
};
use serde_json::json;
use store::attachments::{Edit, edit, get, insert, of_volume, remove, resting_status, settle};
use store::list::attachments::of_volumes;
use store::list::volumes::Column;
use store::list::{Direction, Part, Query};
use store::{Conn, StoreError};

use crate::bench::{Bench, volume};

/// A volume that was made just now.
async fn made(bench: &Bench) -> VolumeId {
    let volume_type = bench.add_type(&VolumeId::random().to_string()).await;
    let new = volume("project", volume_type, 1);
    let id = new.id;
    bench.write(move |conn| store::volumes::insert(conn, &new)).await;
    id
}

fn attachment(conn: &Conn<'_>, volume_id: VolumeId, status: AttachStatus) -> Result<Attachment, StoreError> {
    let volume = store::volumes::get(conn, volume_id)?.unwrap();
    let connector = json!({"host": "h", "wwpns": ["5001"]});
    let attachment = Attachment {
        id: AttachmentId::random(),
        volume_id,
        project_id: volume.project_id,
        instance_uuid: Some("s".to_owned()),
        attached_host: None,
        mountpoint: None,
        status,
        mode: Some(AttachMode::ReadOnly),
        connector: Some(Connector::new(connector.as_object().unwrap().clone()).unwrap()),
        connection_info: None,
        created_at: conn.now(),
        updated_at: None,
        attached_at: None,
    };
    insert(conn, &attachment)?;
    Ok(attachment)
}

fn statuses(conn: &Conn<'_>, id: VolumeId) -> Result<(VolumeStatus, AttachStatus), StoreError> {
    let volume = store::volumes::get(conn, id)?.unwrap();
    Ok((volume.status, volume.attach_status))
}

#[tokio::test]
async fn a_row_is_kept_and_changed() {
    let bench = Bench::new();
    let id = made(&bench).await;
    bench
        .write(move |conn| {
            let made = attachment(conn, id, AttachStatus::Reserved)?;
            assert_eq!(get(conn, made.id)?, Some(made.clone()));
            let info = ConnectionInfo(json!({"auth_password": "p"}).as_object().unwrap().clone());
            let change = Edit {
                status: Some(AttachStatus::Attaching),
                connector: Some(None),
                connection_info: Some(Some(info.clone())),
                attached_now: true,
                ..Edit::default()
            };
            edit(conn, made.id, &change)?;
            let changed = get(conn, made.id)?.unwrap();
            assert_eq!((changed.status, changed.connector), (AttachStatus::Attaching, None));
            assert_eq!(changed.connection_info, Some(info));
            assert!(changed.attached_at.is_some());
            remove(conn, made.id)?;
            remove(conn, made.id)?;
            assert!(of_volume(conn, id)?.is_empty());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_volume_follows_its_attachments_unless_something_is_done_to_it() {
    let bench = Bench::new();
    let id = made(&bench).await;
    bench
        .write(move |conn| {
            store::volumes::set_status(conn, id, VolumeStatus::Available)?;
            let one = attachment(conn, id, AttachStatus::Attached)?;
            settle(conn, id)?;
            assert_eq!(statuses(conn, id)?, (VolumeStatus::InUse, AttachStatus::Attached));
            store::volumes::set_status(conn, id, VolumeStatus::Extending)?;
            remove(conn, one.id)?;
            settle(conn, id)?;
            assert_eq!(statuses(conn, id)?, (VolumeStatus::Extending, AttachStatus::Detached));
            assert_eq!(resting_status(conn, id)?, VolumeStatus::Available);
            store::volumes::set_status(conn, id, VolumeStatus::InUse)?;
            let moving = store::volumes::Edit {
                migration_status: Some(Some(MigrationStatus::Migrating)),
                ..store::volumes::Edit::default()
            };
            store::volumes::edit(conn, id, &moving)?;
            settle(conn, id)?;
            assert_eq!(statuses(conn, id)?, (VolumeStatus::InUse, AttachStatus::Detached));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn the_attachments_of_a_page_come_in_one_statement() {
    let bench = Bench::new();
    let (one, two) = (made(&bench).await, made(&bench).await);
    bench
        .write(move |conn| {
            let sort = vec![(Column::CreatedAt, Direction::Asc), (Column::Id, Direction::Asc)];
            let query = Query { project: None, conditions: Vec::new(), sort };
            let part = |limit| Part { after: None, offset: 0, limit };
            assert!(of_volumes(conn, &query, &part(10))?.is_empty());
            let first = attachment(conn, one, AttachStatus::Attached)?;
            attachment(conn, one, AttachStatus::Reserved)?;
            let second = attachment(conn, two, AttachStatus::Attached)?;
            let found = of_volumes(conn, &query, &part(10))?;
            assert_eq!((&found[&one], &found[&two]), (&vec![first], &vec![second]));
            assert_eq!(of_volumes(conn, &query, &part(1))?.len(), 1);
            Ok(())
        })
        .await;
}
