//! A thread's connection, which is made when it is needed and made anew when it was lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::attempts::Attempts;
use super::{Fault, Purpose, Server, Session};
use crate::engine::dialect::Dialect;
use crate::engine::{mariadb, postgres};
use crate::store::CommitHook;
use crate::{Conn, StoreError};

/// Conflicts after which a transaction waits for those of the same process that had as many.
const FREE_CONFLICTS: u32 = 2;
/// How often a connection is made anew to read. Who reads asks again himself, or wants to know that nobody answers.
const READ_RETRIES: u32 = 2;

/// A connection, if there is one, and what it takes to make one.
pub(super) struct Link {
    server: Server,
    purpose: Purpose,
    /// Commits go one after the other past it, each with what is told before and after it.
    hook: Option<Arc<Mutex<CommitHook>>>,
    /// Tells threads apart.
    number: u64,
    /// Held by the one of all threads that goes on after several conflicts.
    gate: Arc<Mutex<()>>,
    open: Option<(Session, Instant)>,
}

/// How a transaction ended.
enum End {
    /// As the closure said: committed, or undone.
    Settled,
    /// It is to be run again.
    Again(Fault),
    /// It failed, and was undone, or nobody knows: then it is not run again.
    Failed(StoreError),
}

impl Link {
    pub(super) fn new(
        server: Server,
        purpose: Purpose,
        hook: Option<Arc<Mutex<CommitHook>>>,
        number: u64,
        gate: Arc<Mutex<()>>,
    ) -> Self {
        Self { server, purpose, hook, number, gate, open: None }
    }

    /// Runs `work` until it is committed or undone. It says whether it is to be kept, and is called once more whenever
    /// the engine has ended the transaction or the connection was lost before the commit.
    pub(super) fn transact(&mut self, work: &mut dyn FnMut(&Conn<'_>) -> bool) -> Result<(), StoreError> {
        let mut attempts = Attempts::new(self.server.max_retries, self.number);
        let gate = Arc::clone(&self.gate);
        let mut conflicts = 0;
        let mut passed = None;
        loop {
            if conflicts == FREE_CONFLICTS && passed.is_none() {
                // Those who keep getting in each other's way go one after the other.
                passed = Some(gate.lock().unwrap_or_else(PoisonError::into_inner));
            }
            let fault = match self.attempt(work) {
                End::Settled => return Ok(()),
                End::Failed(error) => return Err(error),
                End::Again(fault) => fault,
            };
            let is_lost = matches!(fault, Fault::Lost(_));
            if is_lost {
                self.open = None;
            } else if conflicts < FREE_CONFLICTS {
                conflicts += 1;
            }
            if !attempts.pause(is_lost) {
                return Err(fault.of("running a transaction again and again"));
            }
        }
    }

    /// Runs `read` once, in one snapshot, on a connection that is there: a lost one is made anew before.
    pub(super) fn look(&mut self, read: &mut dyn FnMut(&Conn<'_>)) -> Result<(), StoreError> {
        let mut attempts = Attempts::new(self.server.max_retries.min(READ_RETRIES), self.number);
        loop {
            let begun = self.session().and_then(|session| session.begin().map(|()| session));
            let fault = match begun {
                Ok(session) => {
                    read(&Conn::server(session));
                    let is_broken = session.take_trouble().is_some() || session.end(false).is_err();
                    if is_broken {
                        self.open = None;
                    }
                    return Ok(());
                }
                Err(fault) => fault,
            };
            self.open = None;
            if !matches!(fault, Fault::Lost(_)) || !attempts.pause(true) {
                return Err(fault.of("beginning to read"));
            }
        }
    }

    fn attempt(&mut self, work: &mut dyn FnMut(&Conn<'_>) -> bool) -> End {
        let session = match self.session().and_then(|session| session.begin().map(|()| session)) {
            Ok(session) => session,
            Err(fault @ (Fault::Conflict(_) | Fault::Lost(_))) => return End::Again(fault),
            Err(fault) => return End::Failed(fault.of("beginning a transaction")),
        };
        let keep = work(&Conn::server(session));
        match session.take_trouble() {
            None if keep => self.commit(),
            // What was refused, or cannot be kept, is undone: also by the loss of the connection.
            trouble => {
                if session.end(false).is_err() {
                    self.open = None;
                }
                match trouble {
                    Some(fault @ (Fault::Conflict(_) | Fault::Lost(_))) => End::Again(fault),
                    Some(fault) if keep => End::Failed(fault.of("committing")),
                    _ => End::Settled,
                }
            }
        }
    }

    fn commit(&mut self) -> End {
        let hook = self.hook.clone();
        let hook = hook.as_ref().map(|hook| hook.lock().unwrap_or_else(PoisonError::into_inner));
        let hook = |at| {
            let told = hook.as_ref().map_or(Ok(()), |hook| hook(at));
            told.map_err(|error| Fault::Refused(error.chain().into()).of("committing"))
        };
        let Some((session, _)) = &self.open else { return End::Failed(StoreError::Closed) };
        if let Err(error) = hook("store.commit.before") {
            if session.end(false).is_err() {
                self.open = None;
            }
            return End::Failed(error);
        }
        match session.end(true) {
            Ok(()) => hook("store.commit.after").map_or_else(End::Failed, |()| End::Settled),
            // The engine says that it did nothing.
            Err(fault @ Fault::Conflict(_)) => End::Again(fault),
            // It may have: what is not known is not done twice.
            Err(fault) => {
                self.open = None;
                End::Failed(fault.of("committing; whether it was done is not known"))
            }
        }
    }

    /// Lets the connection go: what it is in the middle of is not known.
    pub(super) fn drop_connection(&mut self) {
        self.open = None;
    }

    fn session(&mut self) -> Result<&Session, Fault> {
        let is_old = |made: &Instant| self.server.recycle_after.is_some_and(|after| made.elapsed() > after);
        if self.open.as_ref().is_some_and(|(_, made)| is_old(made)) {
            self.open = None;
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => (connect(&self.server, self.purpose)?, Instant::now()),
        };
        Ok(&self.open.insert(open).0)
    }
}

/// Makes a connection.
pub(super) fn connect(server: &Server, purpose: Purpose) -> Result<Session, Fault> {
    Session::new(
        match server.dialect {
            Dialect::MariaDb => Box::new(mariadb::connect(server, purpose)?),
            Dialect::PostgreSql => Box::new(postgres::connect(server)?),
        },
        purpose,
    )
}
