//! Default volume types of projects.

use model::{ProjectId, VolumeTypeId};
use store::default_types::{any_of_type, get, list, set, unset};

use crate::bench::Bench;

async fn give(bench: &Bench, project: &str, id: VolumeTypeId) {
    let project = ProjectId::new(project);
    bench.write(move |conn| set(conn, &project, id)).await;
}

async fn of(bench: &Bench, project: &str) -> Option<VolumeTypeId> {
    let project = ProjectId::new(project);
    bench.read(move |conn| get(conn, &project)).await
}

#[tokio::test]
async fn a_project_has_one_or_none() {
    let bench = Bench::new();
    let (fast, slow) = (bench.add_type("fast").await, bench.add_type("slow").await);
    assert_eq!(of(&bench, "p").await, None);
    give(&bench, "q", slow).await;
    give(&bench, "p", slow).await;
    give(&bench, "p", fast).await;
    assert_eq!(of(&bench, "p").await, Some(fast));
    let all = [(ProjectId::new("p"), fast), (ProjectId::new("q"), slow)];
    assert_eq!(bench.read(list).await, all);

    for _ in 0..2 {
        bench.write(|conn| unset(conn, &ProjectId::new("p"))).await;
        assert_eq!(of(&bench, "p").await, None);
    }
    assert_eq!(bench.read(list).await, [(ProjectId::new("q"), slow)]);
}

#[tokio::test]
async fn a_type_stays_while_it_is_the_default_of_a_project() {
    let bench = Bench::new();
    let fast = bench.add_type("fast").await;
    assert!(!bench.read(move |conn| any_of_type(conn, fast)).await);
    give(&bench, "p", fast).await;
    assert!(bench.read(move |conn| any_of_type(conn, fast)).await);
    let removed = bench.store.write(move |conn| store::volume_types::remove(conn, fast)).await;
    assert!(removed.is_err());
    assert_eq!(of(&bench, "p").await, Some(fast));

    bench.write(|conn| unset(conn, &ProjectId::new("p"))).await;
    bench.write(move |conn| store::volume_types::remove(conn, fast)).await;
}

#[tokio::test]
async fn a_type_that_is_not_there_is_nobodys_default() {
    let bench = Bench::new();
    let nothing = VolumeTypeId::random();
    let set = bench.store.write(move |conn| set(conn, &ProjectId::new("p"), nothing)).await;
    assert!(set.is_err());
    assert_eq!(of(&bench, "p").await, None);
}
