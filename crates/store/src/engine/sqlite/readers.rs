//! A few threads that read, each with a connection of its own. The next read is for the one that read last: its
//! connection is open and its pages are warm, and a service with little to do opens no other. Connections are opened one
//! after the other: each reads the whole schema first, which is most of the work of a start.
//!
//! They are not the runtime's blocking threads: those may all be busy copying volumes for minutes, and a list must not
//! wait for that. Few threads also means few arenas of the allocator, which is most of an idle service's memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::jobs::Jobs;
use super::open;
use crate::{Conn, StoreError};

/// A read of any type, as a thread sees it. It is handed no connection when none can be opened.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

/// The handle of the reader threads. Dropping it ends them after the reads that wait.
pub(crate) struct Readers {
    jobs: Arc<Jobs<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(path: &Path, threads: usize) -> Result<Self, StoreError> {
        let mut readers = Self { jobs: Arc::new(Jobs::new()), threads: Vec::new() };
        for _ in 0..threads.max(1) {
            let (path, jobs) = (path.to_owned(), Arc::clone(&readers.jobs));
            let thread = std::thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || serve(&path, &jobs))
                .map_err(|error| StoreError::Engine {
                    context: "starting a reader".to_owned(),
                    source: error.into(),
                })?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Runs `read` in one snapshot of the database.
    pub(crate) async fn run<T, E>(
        &self,
        read: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let read = conn.and_then(|conn| {
                open::set(conn, "BEGIN")?;
                Ok(read(&Conn::sqlite(conn)))
            });
            // The one who asked may be gone: a client hung up.
            let _ = answer.send(read.unwrap_or_else(|error| Err(error.into())));
        });
        self.jobs.add(job);
        answered.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

/// The last connection to close merges the write-ahead log into the database; so all of them are closed on a clean end.
impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs.close();
        for thread in self.threads.drain(..) {
            // A read that holds the last handle of the store ends on its own thread, which cannot wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                // A panic in the thread was already reported by the panic hook; there is nothing to add.
                let _ = thread.join();
            }
        }
    }
}

fn serve(path: &Path, jobs: &Jobs<Job>) {
    let mut kept: Option<Connection> = None;
    while let Some(job) = jobs.next(kept.is_some()) {
        if kept.is_none() {
            let opened = open::reader(path);
            jobs.prepared(opened.is_ok());
            match opened {
                Ok(conn) => kept = Some(conn),
                Err(error) => {
                    job(Err(error));
                    continue;
                }
            }
        }
        let Some(conn) = &kept else { continue };
        // The one who asked learns of a panic because nobody answers; the panic hook has told the rest.
        let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(conn))));
        // A connection that cannot end its read is not used again.
        if !conn.is_autocommit() && open::set(conn, "COMMIT").is_err() {
            kept = None;
            jobs.lost();
        }
    }
}
