//! Threads, each with a connection: some that read, some that write.
//!
//! They are not the runtime's blocking threads, for the reason that those of SQLite are not. Reads have connections of
//! their own, so that a list does not wait for a transaction that waits for a lock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::link::Link;
use super::{Purpose, Server};
use crate::store::CommitHook;
use crate::{Conn, StoreError};

/// What a thread does with its connection.
type Job = Box<dyn FnOnce(&mut Link) + Send>;

/// The threads. Dropping it ends them after the jobs that wait.
pub(crate) struct Pool {
    reads: Option<mpsc::Sender<Job>>,
    writes: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts the threads. They connect when there is something to do.
    pub(crate) fn start(server: &Server, hook: Option<&CommitHook>) -> Result<Self, StoreError> {
        let connections = server.connections.max(2);
        // Writing takes longer.
        let readers = (connections / 3).max(1);
        let mut threads = Vec::new();
        let reads = start(server, Purpose::Reading, None, readers, &mut threads)?;
        let writes = start(server, Purpose::Writing, hook, connections - readers, &mut threads)?;
        Ok(Self { reads: Some(reads), writes: Some(writes), threads })
    }

    /// Runs `read` in one snapshot.
    pub(crate) async fn read<T, E>(
        &self,
        read: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        ask(self.reads.as_ref(), move |link: &mut Link| {
            let (mut read, mut answer) = (Some(read), None);
            let looked = link.look(&mut |conn| answer = read.take().map(|read| read(conn)));
            looked.map_err(E::from).and_then(|()| answer.unwrap_or_else(|| Err(StoreError::Closed.into())))
        })
        .await
    }

    /// Runs `work` in a transaction, from its beginning as often as the engine asks for it.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&Conn<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        ask(self.writes.as_ref(), move |link: &mut Link| {
            let mut outcome = None;
            let settled = link.transact(&mut |conn| {
                // A panic undoes the transaction; the one who asked learns of it because nobody answers.
                let work = work.clone();
                outcome = catch_unwind(AssertUnwindSafe(|| work(conn))).ok();
                matches!(outcome, Some(Ok(_)))
            });
            settled.map_err(E::from).and_then(|()| outcome.unwrap_or_else(|| Err(StoreError::Closed.into())))
        })
        .await
    }
}

async fn ask<T, E>(
    jobs: Option<&mpsc::Sender<Job>>,
    work: impl FnOnce(&mut Link) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |link| {
        // The one who asked may be gone: a client hung up.
        let _ = answer.send(work(link));
    });
    if jobs.is_none_or(|jobs| jobs.send(job).is_err()) {
        return Err(StoreError::Closed.into());
    }
    answered.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
}

fn start(
    server: &Server,
    purpose: Purpose,
    hook: Option<&CommitHook>,
    count: usize,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<mpsc::Sender<Job>, StoreError> {
    let (jobs, waiting) = mpsc::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let gate = Arc::new(Mutex::new(()));
    let hook = hook.map(|hook| Arc::new(Mutex::new(Arc::clone(hook))));
    for _ in 0..count {
        let gate = Arc::clone(&gate);
        let number = threads.len() as u64;
        let (server, hook, waiting) = (server.clone(), hook.clone(), Arc::clone(&waiting));
        let name = if purpose == Purpose::Reading { "store-reader" } else { "store-writer" };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || serve(&mut Link::new(server, purpose, hook, number, gate), &waiting))
            .map_err(|error| StoreError::Engine {
                context: "starting a thread of the database's".to_owned(),
                source: error.into(),
            })?;
        threads.push(thread);
    }
    Ok(jobs)
}

fn serve(link: &mut Link, waiting: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // One thread waits for the next job while the others work or wait for its place.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // The one who asked learns of a panic because nobody answers; the panic hook has told the rest.
        if catch_unwind(AssertUnwindSafe(|| job(link))).is_err() {
            link.drop_connection();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.reads = None;
        self.writes = None;
        for thread in self.threads.drain(..) {
            // A job that holds the last handle of the store ends on its own thread, which cannot wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                // A panic in the thread was already reported by the panic hook; there is nothing to add.
                let _ = thread.join();
            }
        }
    }
}
