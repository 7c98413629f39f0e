//! A store, workers with a script in place of verbs, and operations for them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ledger::{Handler, Hints, Progress, Settings, Step, Supervisor, Worker};
use model::{OperationId, ProjectId, UserId};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, Options, Store, StoreError};
use testdb::TestDatabase;

/// The queue that most operations are in.
pub(crate) const QUEUE: &str = "queue";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) hints: Hints,
    pub(crate) supervisor: Supervisor,
    /// While true, no commit succeeds.
    pub(crate) disk_full: Arc<AtomicBool>,
    pub(crate) _database: TestDatabase,
}

/// What a phase does.
pub(crate) type Phase = Pin<Box<dyn Future<Output = Step> + Send>>;

struct Script<F>(F);

impl<F: Fn(OperationRow, &Progress) -> Phase + Send + Sync + 'static> Handler for Script<F> {
    fn step<'a>(
        &'a self,
        operation: &'a OperationRow,
        progress: &'a Progress,
    ) -> Pin<Box<dyn Future<Output = Step> + Send + 'a>> {
        self.0(operation.clone(), progress)
    }
}

/// Settings that make waiting short.
pub(crate) fn quick(owner: &str) -> Settings {
    Settings { owner: owner.to_owned(), lease_ms: 30_000, poll: Duration::from_millis(10), concurrency: 8 }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let database = TestDatabase::new();
        let disk_full = Arc::new(AtomicBool::new(false));
        let full = Arc::clone(&disk_full);
        let hook = move |point: &'static str| match full.load(Ordering::SeqCst) && point.ends_with("before") {
            true => Err(StoreError::Injected("the disk is full")),
            false => Ok(()),
        };
        let options = Options { commit_hook: Some(Arc::new(hook)), ..database.options() };
        let store = Store::open(options).unwrap();
        let (hints, supervisor) = (Hints::default(), Supervisor::default());
        Self { store, hints, supervisor, disk_full, _database: database }
    }

    /// Starts a worker of `queue` that does what `script` says.
    pub(crate) fn work_on(
        &self,
        queue: &str,
        settings: Settings,
        script: impl Fn(OperationRow, &Progress) -> Phase + Send + Sync + 'static,
    ) {
        let (store, hints) = (self.store.clone(), self.hints.clone());
        Worker::start(queue, store, hints, Arc::new(Script(script)), &self.supervisor, settings);
    }

    /// Starts a worker of [`QUEUE`] that does what `script` says.
    pub(crate) fn work(&self, script: impl Fn(OperationRow, &Progress) -> Phase + Send + Sync + 'static) {
        self.work_on(QUEUE, quick("host/1"), script);
    }

    /// Admits an operation on the thing `resource`, and gives no hint.
    pub(crate) async fn admit(&self, resource: &str) -> OperationId {
        let new = NewOperation {
            kind: "test",
            resource: resource.to_owned(),
            project_id: ProjectId::new("project"),
            user_id: UserId::new("user"),
            request_id: None,
            queue: QUEUE.to_owned(),
            phase: "first",
            args: "{}".to_owned(),
            reads: vec![format!("source of {resource}")],
        };
        self.write(move |conn| operations::admit(conn, &new)).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        self.store.write(job).await.unwrap()
    }

    pub(crate) async fn row(&self, id: OperationId) -> OperationRow {
        self.store.read(move |conn| operations::get(conn, id)).await.unwrap().expect("an operation")
    }

    /// Waits until the operation is as `wanted`, and answers with its row.
    pub(crate) async fn until(
        &self,
        id: OperationId,
        wanted: impl Fn(&OperationRow) -> bool,
    ) -> OperationRow {
        let begun = Instant::now();
        loop {
            let row = self.row(id).await;
            if wanted(&row) {
                return row;
            }
            assert!(begun.elapsed() < PATIENCE, "never became as wanted: {row:#?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the operation has ended.
    pub(crate) async fn ended(&self, id: OperationId) -> OperationRow {
        self.until(id, |row| row.state != "pending").await
    }
}
