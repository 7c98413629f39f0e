use model::{
    AttachStatus, Metadata, ProjectId, Timestamp, UserId, Volume, VolumeId, VolumeStatus, VolumeType,
    VolumeTypeId,
};

use super::volumes::Column as Of;
use super::*;
use crate::{Options, Store};

struct World {
    store: Store,
    _directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(Options::file(directory.path().join("besser.db"))).unwrap();
        Self { store, _directory: directory }
    }

    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        self.store.write(job).await.unwrap()
    }

    /// Volumes that differ in few values, so that many are level in most columns.
    async fn with_volumes(count: usize) -> (Self, Vec<Volume>) {
        let world = Self::new();
        let made = world
            .write(move |conn| {
                let volume_type = volume_type(conn);
                crate::volume_types::insert(conn, &volume_type)?;
                let volumes: Vec<Volume> = (0..count).map(|n| volume(n, volume_type.id)).collect();
                volumes.iter().try_for_each(|volume| crate::volumes::insert(conn, volume))?;
                Ok(volumes)
            })
            .await;
        (world, made)
    }
}

fn volume_type(conn: &Conn<'_>) -> VolumeType {
    VolumeType {
        id: VolumeTypeId::random(),
        name: "type".to_owned(),
        description: None,
        is_public: true,
        projects: Vec::new(),
        extra_specs: Metadata::default(),
        qos_specs_id: None,
        is_encrypted: false,
        created_at: conn.now(),
        updated_at: None,
    }
}

fn volume(n: usize, volume_type_id: VolumeTypeId) -> Volume {
    let name = ["", "a", "b"][n % 3];
    let at = i64::try_from(n % 4).unwrap();
    Volume {
        id: VolumeId::random(),
        project_id: ProjectId::new(if n.is_multiple_of(7) { "other" } else { "mine" }),
        user_id: UserId::new("user"),
        name: (!name.is_empty()).then(|| name.to_owned()),
        description: None,
        size_gib: 1 + u64::try_from(n % 5).unwrap(),
        charged_gib: 1,
        consumes_quota: true,
        status: VolumeStatus::Available,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id,
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
        metadata: Metadata::default(),
        image_metadata: Metadata::default(),
        created_at: Timestamp(at),
        updated_at: n.is_multiple_of(2).then_some(Timestamp(at)),
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

fn query(project: Option<&str>, sort: &[(Of, Direction)]) -> Query<Of> {
    Query { project: project.map(ProjectId::new), conditions: Vec::new(), sort: sort.to_vec() }
}

const NEWEST_FIRST: [(Of, Direction); 2] = [(Of::CreatedAt, Direction::Desc), (Of::Id, Direction::Desc)];

/// What the engine says about how it would run a statement.
fn plan(conn: &Conn<'_>, statement: &Statement<'_>) -> Result<String, StoreError> {
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql());
    let steps = conn.rows(&sql, statement.params(), |columns| {
        let _: (i64, i64, i64) = (columns.take()?, columns.take()?, columns.take()?);
        columns.take::<String>()
    })?;
    Ok(steps.join("; "))
}

#[tokio::test]
async fn the_usual_pages_enter_an_index_where_they_begin_and_sort_nothing() {
    let (world, made) = World::with_volumes(10).await;
    let id = made[0].id;
    let plans = world
        .write(move |conn| {
            let mut plans = Vec::new();
            for project in [Some("mine"), None] {
                let query = query(project, &NEWEST_FIRST);
                let after = query.cursor(conn, &id, None)?;
                for after in [None, after] {
                    let part = Part { after, offset: 0, limit: 1000 };
                    plans.push(plan(conn, &query.select(&part, "*"))?);
                }
            }
            Ok(plans)
        })
        .await;
    let found: Vec<&str> = plans.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        [
            "SEARCH volumes USING INDEX volumes_by_project (project_id=?)",
            "SEARCH volumes USING INDEX volumes_by_project (project_id=? AND created_at<?)",
            "SCAN volumes USING INDEX volumes_by_time",
            "SEARCH volumes USING INDEX volumes_by_time (created_at<?)",
        ]
    );
}

#[tokio::test]
async fn snapshots_and_messages_have_indexes_of_their_own() {
    let world = World::new();
    let plans = world
        .write(|conn| {
            let part = Part { after: None, offset: 0, limit: 1000 };
            let mine = || Some(ProjectId::new("mine"));
            let snapshots = Query {
                project: mine(),
                conditions: Vec::new(),
                sort: vec![
                    (snapshots::Column::CreatedAt, Direction::Desc),
                    (snapshots::Column::Id, Direction::Desc),
                ],
            };
            let messages = Query {
                project: mine(),
                conditions: Vec::new(),
                sort: vec![
                    (messages::Column::CreatedAt, Direction::Desc),
                    (messages::Column::Id, Direction::Desc),
                ],
            };
            Ok([plan(conn, &snapshots.select(&part, "*"))?, plan(conn, &messages.select(&part, "*"))?])
        })
        .await;
    assert_eq!(plans[0], "SEARCH snapshots USING INDEX snapshots_by_project (project_id=?)");
    assert_eq!(plans[1], "SEARCH messages USING INDEX messages_by_project (project_id=?)");
}

#[tokio::test]
async fn counting_a_project_reads_its_index_alone() {
    let world = World::new();
    let plan = world
        .write(|conn| {
            let query = query(Some("mine"), &NEWEST_FIRST);
            let mut statement = Statement::new("SELECT COUNT(*) FROM volumes".to_owned());
            query.filter(&mut statement);
            plan(conn, &statement)
        })
        .await;
    assert_eq!(plan, "SEARCH volumes USING COVERING INDEX volumes_by_project (project_id=?)");
}
