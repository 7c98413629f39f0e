//! Operations: what holds what.

use model::{OperationId, ProjectId, UserId};
use store::operations::{self, Claim, NewOperation};
use store::{Conn, StoreError};

use crate::bench::Bench;

pub(crate) fn new(resource: &str, reads: &[&str]) -> NewOperation {
    NewOperation {
        kind: "test",
        resource: resource.to_owned(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        request_id: Some("req-1".to_owned()),
        queue: "queue".to_owned(),
        phase: "first",
        args: "{}".to_owned(),
        reads: reads.iter().map(|resource| (*resource).to_owned()).collect(),
    }
}

fn end(conn: &Conn<'_>, id: OperationId) -> Result<(), StoreError> {
    let row = operations::get(conn, id)?.expect("an operation");
    assert!(operations::claim(conn, &row, "host/1", conn.now().plus_millis(1000))?);
    assert!(operations::end(conn, Claim { id, fence: row.fence + 1 }, None)?);
    Ok(())
}

#[tokio::test]
async fn a_resource_has_one_operation_at_a_time() {
    let bench = Bench::new();
    let id = bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    let second = bench.store.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    assert!(matches!(second, Err(StoreError::Duplicate(_))), "{second:?}");
    bench.write(|conn| operations::admit(conn, &new("volume/2", &[]))).await;
    assert_eq!(bench.read(|conn| operations::holder(conn, "volume/1")).await.as_deref(), Some("test"));
    bench.write(move |conn| end(conn, id)).await;
    assert_eq!(bench.read(|conn| operations::holder(conn, "volume/1")).await, None);
    bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
}

#[tokio::test]
async fn a_source_is_read_until_the_last_reader_has_ended() {
    let bench = Bench::new();
    let read = |conn: &Conn<'_>| operations::is_read(conn, "volume/0");
    let one = bench.write(|conn| operations::admit(conn, &new("volume/1", &["volume/0"]))).await;
    let other = bench.write(|conn| operations::admit(conn, &new("volume/2", &["volume/0"]))).await;
    assert!(bench.read(read).await);
    bench.write(move |conn| end(conn, one)).await;
    assert!(bench.read(read).await);
    bench.write(move |conn| end(conn, other)).await;
    assert!(!bench.read(read).await);
    assert!(bench.read(operations::holding_after_end).await.is_empty());
}

#[tokio::test]
async fn who_comes_after_gives_the_holder_up_and_takes_its_turn() {
    let bench = Bench::new();
    let first = bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    let second = bench.write(|conn| operations::admit_after(conn, &new("volume/1", &[]))).await;
    let third = bench.write(|conn| operations::admit_after(conn, &new("volume/1", &[]))).await;
    assert!(bench.read(move |conn| operations::is_abandoned(conn, first)).await);
    let turn = move |id| move |conn: &Conn<'_>| operations::take_turn(conn, id, "volume/1");
    assert!(!bench.write(turn(second)).await);
    bench.write(move |conn| end(conn, first)).await;
    assert!(bench.write(turn(second)).await);
    assert!(bench.write(turn(second)).await, "it has its turn already");
    assert!(!bench.write(turn(third)).await);
    bench.write(move |conn| end(conn, second)).await;
    assert!(bench.write(turn(third)).await);
}

#[tokio::test]
async fn every_write_of_a_claim_needs_its_fence() {
    let bench = Bench::new();
    let id = bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    let row = bench
        .write(move |conn| {
            let seen = operations::get(conn, id)?.expect("an operation");
            assert!(operations::claim(conn, &seen, "host/1", conn.now().plus_millis(1000))?);
            Ok(operations::get(conn, id)?.expect("an operation"))
        })
        .await;
    let stale = Claim { id, fence: row.fence - 1 };
    let stale_row = store::operations::OperationRow { fence: row.fence - 1, ..row.clone() };
    let writes = bench
        .write(move |conn| {
            let now = conn.now();
            operations::give_back(conn, stale, "host/1")?;
            operations::give_back(conn, Claim { id, fence: stale.fence + 1 }, "host/2")?;
            Ok([
                operations::advance(conn, stale, "second", "{}", None)?,
                operations::advance(conn, stale, "second", "{}", Some("other"))?,
                operations::retry(conn, &stale_row, now, "why")?,
                operations::wait(conn, stale, "{}", now, "what")?,
                operations::renew(conn, stale, now, None)? != operations::Renewed::Lost,
                operations::end(conn, stale, None)?,
            ])
        })
        .await;
    assert_eq!(writes, [false; 6]);
    let after = bench.read(move |conn| operations::get(conn, id)).await.expect("an operation");
    assert_eq!(format!("{after:?}"), format!("{row:?}"));
}

#[tokio::test]
async fn what_is_due_is_found_oldest_first_and_only_in_its_queue() {
    let bench = Bench::new();
    let (first, second) = bench
        .write(|conn| {
            let first = operations::admit(conn, &new("volume/1", &[]))?;
            let second = operations::admit(conn, &new("volume/2", &[]))?;
            operations::admit(conn, &NewOperation { queue: "other".to_owned(), ..new("volume/3", &[]) })?;
            Ok((first, second))
        })
        .await;
    let due = |most| move |conn: &Conn<'_>| operations::due(conn, "queue", conn.now().plus_millis(1), most);
    let ids = |rows: Vec<operations::OperationRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(bench.read(due(10)).await), [first, second]);
    assert_eq!(ids(bench.read(due(1)).await), [first]);
    bench.write(move |conn| end(conn, first)).await;
    assert_eq!(ids(bench.read(due(10)).await), [second]);
    assert_eq!(bench.read(operations::depths).await, [("other".to_owned(), 1), ("queue".to_owned(), 1)]);
}
