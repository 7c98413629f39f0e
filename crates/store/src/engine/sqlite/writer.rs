//! The one thread that writes, and how it makes a thousand durable commits a second out of two hundred syncs.
//!
//! Jobs queue up while the disk syncs. The thread then runs all that wait, each inside a savepoint of its own, in one
//! transaction, and answers them after its commit. A job that fails is rolled back to its savepoint and disturbs
//! nobody; a commit that fails is the failure of all in the group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::open::set;
use crate::store::CommitHook;
use crate::{Conn, StoreError};

/// Most jobs in one commit: bounds how long the first of them waits for the last.
const MAX_GROUP: usize = 256;

/// The handle of the writer thread. Dropping it ends the thread after the jobs that wait.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(conn: Connection, hook: Option<CommitHook>) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel::<Box<dyn Job>>();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&conn, &waiting, hook.as_ref()))
            .map_err(|error| StoreError::Engine {
                context: "starting the writer".to_owned(),
                source: Box::new(error),
            })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues `work` and waits for its commit.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Pending { work: Some(work), outcome: None, answer };
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(Box::new(job)).is_ok());
        if !sent {
            return Err(StoreError::Closed.into());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was already reported by the panic hook; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// A job of any type, as the thread sees it.
trait Job: Send {
    /// Runs it; says whether its changes are to be kept.
    fn run(&mut self, conn: &Conn<'_>) -> bool;
    /// Tells the one who waits. `Err` overrides what the job itself answered.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<W, T, E> {
    work: Option<W>,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<W, T, E> Job for Pending<W, T, E>
where
    W: FnOnce(&Conn<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, conn: &Conn<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        self.outcome = catch_unwind(AssertUnwindSafe(|| work(conn))).ok();
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.outcome, committed) {
            (Some(Ok(_)), Err(error)) => Err(error.into()),
            (Some(outcome), _) => outcome,
            (None, _) => Err(StoreError::Closed.into()),
        };
        // The one who asked may be gone (a client hung up); the commit stands all the same.
        let _ = self.answer.send(answer);
    }
}

fn serve(conn: &Connection, waiting: &mpsc::Receiver<Box<dyn Job>>, hook: Option<&CommitHook>) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        let committed = commit_group(conn, &mut group, waiting, hook);
        let failure = committed.err().map(|error| error.chain());
        for job in group {
            job.answer(match &failure {
                None => Ok(()),
                Some(why) => {
                    Err(StoreError::Engine { context: "committing".to_owned(), source: why.clone().into() })
                }
            });
        }
    }
}

fn commit_group(
    conn: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    waiting: &mpsc::Receiver<Box<dyn Job>>,
    hook: Option<&CommitHook>,
) -> Result<(), StoreError> {
    set(conn, "BEGIN IMMEDIATE")?;
    let ran = run_group(conn, group, waiting);
    let committed = ran
        .and_then(|()| hook.map_or(Ok(()), |hook| hook("store.commit.before")))
        .and_then(|()| set(conn, "COMMIT"));
    if committed.is_err() && !conn.is_autocommit() {
        set(conn, "ROLLBACK")?;
    }
    committed?;
    hook.map_or(Ok(()), |hook| hook("store.commit.after"))
}

fn run_group(
    conn: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    waiting: &mpsc::Receiver<Box<dyn Job>>,
) -> Result<(), StoreError> {
    let mut next = 0;
    loop {
        while let Some(job) = group.get_mut(next) {
            set(conn, "SAVEPOINT job")?;
            let keep = job.run(&Conn::sqlite(conn));
            set(conn, if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
            next += 1;
        }
        if group.len() >= MAX_GROUP {
            return Ok(());
        }
        match waiting.try_recv() {
            Ok(job) => group.push(job),
            Err(_) => return Ok(()),
        }
    }
}
