//! Choosing by what is remembered, when it is no longer so.

use std::collections::BTreeMap;

use model::pool::AtReport;
use model::service::Binary;
use store::{Database, Options, params};
use tempfile::TempDir;

use super::*;
use crate::placing::Placer;

struct Bench {
    _home: TempDir,
    store: Store,
    placer: Arc<Placer>,
}

fn settings() -> Settings {
    Settings {
        default_zone: String::new(),
        zone_fallback: false,
        cloned_volume_same_zone: false,
        default_volume_type: String::new(),
        default_group_type: None,
        quota_defaults: BTreeMap::new(),
        use_default_quota_class: true,
        per_volume_gib: -1,
        no_snapshot_gib: false,
        service_down_time_s: 60,
        extend_completion_timeout_s: 600,
        force_upload: false,
        message_ttl_s: model::limits::MESSAGE_TTL_SECONDS,
        transfer: crate::TransferDigits::default(),
        placement: Arc::default(),
        few_pools: 0,
        announces: false,
        audits: false,
        first_retry_ms: 1,
        longest_retry_ms: 60_000,
    }
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(Options::of(Database::File(home.path().join("database")))).unwrap();
        Self { _home: home, store, placer: Arc::new(Placer::new(Arc::new(settings()))) }
    }

    async fn write(&self, job: impl FnOnce(&Conn<'_>) -> Result<(), StoreError> + Clone + Send + 'static) {
        self.store.write(job).await.unwrap_or_else(|error: StoreError| panic!("{}", error.chain()));
    }

    /// A backend whose service beats, and whose one pool has reported so much free space.
    async fn report(&self, backend: &'static str, free_gib: u64) {
        let report = format!(
            r#"{{"total_capacity_gb": 100, "free_capacity_gb": {free_gib}, "volume_backend_name": "p", "pool_name": "p"}}"#
        );
        self.write(move |conn| {
            store::services::beat(conn, Binary::Volume, backend, "nova", backend, true)?;
            let at = store::pools::counters(conn, backend)?.pop().map_or_else(AtReport::default, |it| it.1);
            store::pools::report(conn, &format!("{backend}#p"), &report, at)
        })
        .await;
    }

    async fn remember(&self) {
        self.placer.refresh(&self.store).await.unwrap();
    }

    /// Where 10 GiB would go.
    async fn choice(&self) -> Option<String> {
        let placer = Arc::clone(&self.placer);
        let chosen = self.store.write(move |conn| placer.choose(conn, Request::create(10))).await;
        match chosen.unwrap_or_else(|error: StoreError| panic!("{}", error.chain())) {
            Outcome::Placed { host, .. } => Some(host),
            Outcome::Nowhere(_) => None,
        }
    }
}

#[tokio::test]
async fn a_pool_is_only_taken_as_it_is() {
    let bench = Bench::new();
    for (backend, free_gib) in [("a@1", 40), ("b@1", 30), ("c@1", 20)] {
        bench.report(backend, free_gib).await;
    }
    bench.remember().await;
    bench.report("a@1", 5).await;
    assert_eq!(
        bench.choice().await.as_deref(),
        Some("b@1#p"),
        "the fullest of all is remembered as the emptiest"
    );
    bench
        .write(|conn| store::services::set_disabled(conn, Binary::Volume, "b@1", true, None).map(drop))
        .await;
    assert_eq!(bench.choice().await.as_deref(), Some("c@1#p"));
    bench.write(|conn| store::pools::retire(conn, "c@1", &[])).await;
    assert_eq!(bench.choice().await, None);
    bench.report("d@1", 15).await;
    assert_eq!(bench.choice().await.as_deref(), Some("d@1#p"), "nobody has remembered it yet");
}

#[tokio::test]
async fn what_was_placed_by_way_of_another_member_is_taken_off() {
    let bench = Bench::new();
    for member in ["a@1", "b@1"] {
        bench.report(member, 15).await;
        bench.write(move |conn| store::clusters::join(conn, Binary::Volume, member, Some("c@1"))).await;
    }
    bench.report("d@1", 12).await;
    bench.remember().await;
    let first = bench.choice().await.unwrap();
    assert!(["a@1#p", "b@1#p"].contains(&first.as_str()), "{first}");
    let other = if first == "a@1#p" { "b@1#p" } else { "a@1#p" };
    // Another process charges the other one; so does whoever has joined since.
    let charge =
        "UPDATE pools SET allocated_gib = 10, placed_gib = 10, volumes = 1, changes = 1 WHERE host = ?";
    bench.write(move |conn| conn.run(charge, params![other]).map(drop)).await;
    assert_eq!(bench.choice().await.as_deref(), Some("d@1#p"));
    bench
        .write(move |conn| {
            conn.run("UPDATE pools SET placed_gib = 0 WHERE host = ?", params![other]).map(drop)
        })
        .await;
    bench.report("e@1", 15).await;
    bench.write(|conn| store::clusters::join(conn, Binary::Volume, "e@1", Some("c@1"))).await;
    bench.write(move |conn| conn.run(charge, params!["e@1#p"]).map(drop)).await;
    bench
        .write(|conn| store::services::set_disabled(conn, Binary::Volume, "d@1", true, None).map(drop))
        .await;
    assert_eq!(bench.choice().await, None);
}

#[tokio::test]
async fn what_was_chosen_here_is_not_forgotten() {
    let bench = Bench::new();
    bench.report("a@1", 42).await;
    bench.report("b@1", 40).await;
    bench.remember().await;
    let mut chosen = Vec::new();
    for _ in 0..2 {
        chosen.push(bench.choice().await.unwrap());
    }
    assert_eq!(chosen, ["a@1#p", "b@1#p"]);
}

#[tokio::test]
async fn nothing_is_decided_by_reports_that_are_not_there() {
    let bench = Bench::new();
    bench.report("a@1", 20).await;
    let taken = bench.store.read(|conn| {
        let (mut known, rows) = (KnownPools::default(), store::pools::list(conn)?);
        let since = known.oldest_change(&rows);
        let mut seen = Seen::read(conn, rows, since, 60)?;
        seen.read_reports(conn, None)?;
        let without = known.take_in(&mut seen, ("", 0));
        seen.read_reports(conn, since)?;
        Ok::<_, StoreError>((without, known.take_in(&mut seen, ("", 0)), known.count()))
    });
    assert_eq!(taken.await.unwrap(), (false, true, 1));
}
