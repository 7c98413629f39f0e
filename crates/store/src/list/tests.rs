use std::cmp::Ordering;

use model::{
    AttachStatus, Metadata, ProjectId, Timestamp, UserId, Volume, VolumeId, VolumeStatus, VolumeType,
    VolumeTypeId,
};

use super::volumes::Column as Of;
use super::*;
use crate::{Options, Store, params};

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
                let after = query.cursor(conn, &id.to_string(), None)?;
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

/// The order as it is meant, without SQL.
fn compare(left: &Volume, right: &Volume, sort: &[(Of, Direction)]) -> Ordering {
    let by_key = |(key, direction): &(Of, Direction)| {
        let ordering = match key {
            Of::Name => left.name.cmp(&right.name),
            Of::SizeGib => left.size_gib.cmp(&right.size_gib),
            Of::CreatedAt => left.created_at.cmp(&right.created_at),
            Of::UpdatedAt => left.updated_at.cmp(&right.updated_at),
            _ => left.id.to_string().cmp(&right.id.to_string()),
        };
        if *direction == Direction::Asc { ordering } else { ordering.reverse() }
    };
    sort.iter().map(by_key).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

#[tokio::test]
async fn pages_of_every_order_are_the_whole_list_cut_in_pieces() {
    let (world, mut made) = World::with_volumes(40).await;
    let keys = [Of::Name, Of::SizeGib, Of::CreatedAt, Of::UpdatedAt, Of::Id];
    let directions = [Direction::Asc, Direction::Desc];
    for first in keys {
        for second in keys.into_iter().filter(|key| *key != first) {
            for (one, two, three) in [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)] {
                let sort = [(first, directions[one]), (second, directions[two]), (Of::Id, directions[three])];
                let walked = world.write(move |conn| walk(conn, &sort, 7)).await;
                made.sort_by(|left, right| compare(left, right, &sort));
                let wanted: Vec<VolumeId> = made.iter().map(|volume| volume.id).collect();
                assert_eq!(walked, wanted, "{sort:?}");
            }
        }
    }
}

fn walk(conn: &Conn<'_>, sort: &[(Of, Direction)], limit: usize) -> Result<Vec<VolumeId>, StoreError> {
    let query = query(None, sort);
    let mut walked: Vec<VolumeId> = Vec::new();
    let mut after = None;
    loop {
        let before = walked.len();
        let part = Part { after, offset: 0, limit };
        query.each(conn, &part, "id", |columns| {
            walked.push(columns.take()?);
            Ok(())
        })?;
        if walked.len() == before {
            return Ok(walked);
        }
        after = query.cursor(conn, &walked[walked.len() - 1].to_string(), None)?;
    }
}

#[tokio::test]
async fn a_place_is_only_found_where_it_may_be_seen() {
    let (world, made) = World::with_volumes(2).await;
    let (others, mine) = (made[0].id.to_string(), made[1].id.to_string());
    world
        .write(move |conn| {
            let query = query(None, &NEWEST_FIRST);
            let project = ProjectId::new("mine");
            assert!(query.cursor(conn, &mine, Some(&project))?.is_some());
            assert!(query.cursor(conn, &others, Some(&project))?.is_none());
            assert!(query.cursor(conn, &others, None)?.is_some());
            assert!(query.cursor(conn, "' OR 1 = 1 --", None)?.is_none());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn nothing_is_one_of_no_values() {
    let (world, _) = World::with_volumes(5).await;
    world
        .write(|conn| {
            let count = |condition| {
                let conditions = vec![condition];
                Query { conditions, ..query(None, &NEWEST_FIRST) }.count(conn)
            };
            assert_eq!(count(Condition::In(Of::Name, Vec::new()))?, 0);
            assert_eq!(count(Condition::In(Of::Name, vec![Param::Null]))?, 2);
            assert_eq!(count(Condition::In(Of::Name, params!["a", "b"].to_vec()))?, 3);
            assert_eq!(count(Condition::In(Of::Name, vec![Param::Null, "a".into()]))?, 4);
            assert_eq!(count(Condition::Time(Of::CreatedAt, Vec::new()))?, 0);
            assert_eq!(count(Condition::Never)?, 0);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn conditions_stay_within_what_an_engine_takes() {
    let (world, _) = World::with_volumes(1).await;
    world
        .write(|conn| {
            let pairs = |count: usize| (0..count).map(|n| (n.to_string(), "v".to_owned())).collect();
            for condition in [
                Condition::Pairs(Of::Metadata, pairs(model::limits::MAX_METADATA_PAIRS)),
                Condition::Pairs(Of::Metadata, pairs(100_000)),
                Condition::Contains(Of::Name, "%".repeat(100_000)),
                Condition::In(Of::Name, vec![Param::from("x"); 10_000]),
            ] {
                let conditions = vec![condition; 2];
                assert_eq!(Query { conditions, ..query(None, &NEWEST_FIRST) }.count(conn)?, 0);
            }
            let none = vec![Condition::Pairs(Of::Metadata, Vec::new())];
            assert_eq!(Query { conditions: none, ..query(None, &NEWEST_FIRST) }.count(conn)?, 1);
            Ok(())
        })
        .await;
}
