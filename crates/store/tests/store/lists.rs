//! Lists in every order, and conditions as far as an engine takes them.

use std::cmp::Ordering;

use model::{ProjectId, Timestamp, Volume, VolumeId, VolumeStatus, VolumeTypeId};
use store::engine::Param;
use store::list::volumes::Column as Of;
use store::list::{Condition, Direction, Part, Query};
use store::{Conn, StoreError, params};

use crate::bench::{self, Bench};

/// Volumes that differ in few values, so that many are level in most columns.
async fn with_volumes(count: usize) -> (Bench, Vec<Volume>) {
    let bench = Bench::new();
    let volume_type = bench.add_type("type").await;
    let volumes: Vec<Volume> = (0..count).map(|n| volume(n, volume_type)).collect();
    let rows = volumes.clone();
    bench.write(move |conn| rows.iter().try_for_each(|row| store::volumes::insert(conn, row))).await;
    (bench, volumes)
}

fn volume(n: usize, volume_type: VolumeTypeId) -> Volume {
    let name = ["", "a", "b", "B"][n % 4];
    let at = i64::try_from(n % 4).unwrap();
    let project = if n.is_multiple_of(7) { "other" } else { "mine" };
    Volume {
        name: (!name.is_empty()).then(|| name.to_owned()),
        status: VolumeStatus::Available,
        created_at: Timestamp(at),
        updated_at: n.is_multiple_of(2).then_some(Timestamp(at)),
        ..bench::volume(project, volume_type, 1 + u64::try_from(n % 5).unwrap())
    }
}

fn query(project: Option<&str>, sort: &[(Of, Direction)]) -> Query<Of> {
    Query { project: project.map(ProjectId::new), conditions: Vec::new(), sort: sort.to_vec() }
}

const NEWEST_FIRST: [(Of, Direction); 2] = [(Of::CreatedAt, Direction::Desc), (Of::Id, Direction::Desc)];

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
    let (bench, mut made) = with_volumes(40).await;
    let keys = [Of::Name, Of::SizeGib, Of::CreatedAt, Of::UpdatedAt, Of::Id];
    let directions = [Direction::Asc, Direction::Desc];
    for first in keys {
        for second in keys.into_iter().filter(|key| *key != first) {
            for (one, two, three) in [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)] {
                let sort = [(first, directions[one]), (second, directions[two]), (Of::Id, directions[three])];
                let walked = bench.write(move |conn| walk(conn, &sort, 7)).await;
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
        query.each(conn, &part, |volume| {
            walked.push(volume.id);
            Ok(())
        })?;
        if walked.len() == before {
            return Ok(walked);
        }
        after = query.cursor(conn, &walked[walked.len() - 1], None)?;
    }
}

#[tokio::test]
async fn a_place_is_only_found_where_it_may_be_seen() {
    let (bench, made) = with_volumes(2).await;
    let (others, mine) = (made[0].id, made[1].id);
    bench
        .write(move |conn| {
            let query = query(None, &NEWEST_FIRST);
            let project = ProjectId::new("mine");
            assert!(query.cursor(conn, &mine, Some(&project))?.is_some());
            assert!(query.cursor(conn, &others, Some(&project))?.is_none());
            assert!(query.cursor(conn, &others, None)?.is_some());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn nothing_is_one_of_no_values() {
    let (bench, _) = with_volumes(5).await;
    bench
        .write(|conn| {
            let count = |condition| {
                let conditions = vec![condition];
                Query { conditions, ..query(None, &NEWEST_FIRST) }.count(conn)
            };
            assert_eq!(count(Condition::In(Of::Name, Vec::new()))?, 0);
            assert_eq!(count(Condition::In(Of::Name, vec![Param::Null]))?, 2);
            assert_eq!(count(Condition::In(Of::Name, params!["a", "b"].to_vec()))?, 2);
            assert_eq!(count(Condition::In(Of::Name, vec![Param::Null, "a".into()]))?, 3);
            assert_eq!(count(Condition::Time(Of::CreatedAt, Vec::new()))?, 0);
            assert_eq!(count(Condition::Contains(Of::Name, "B".to_owned()))?, 2, "with either case");
            assert_eq!(count(Condition::Never)?, 0);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn conditions_stay_within_what_an_engine_takes() {
    let (bench, _) = with_volumes(1).await;
    bench
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
