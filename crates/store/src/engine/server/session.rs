//! A connection with the transaction that runs on it.

use std::cell::{Cell, RefCell};

use model::Timestamp;

use super::clock::Clock;
use super::{Driver, Fault};
use crate::StoreError;
use crate::engine::{Columns, Param};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Snapshots.
    Reading,
    /// Transactions.
    Writing,
    /// Changes of the schema, which take as long as they take.
    Migrating,
}

/// A connection. Whoever uses it may be called back from within, so it is shared by reference.
pub(crate) struct Session {
    driver: RefCell<Box<dyn Driver>>,
    purpose: Purpose,
    clock: Cell<Clock>,
    /// Why the transaction cannot be committed. Nothing more is run in it: an engine that has ended a transaction would
    /// take what comes after as one of its own.
    trouble: RefCell<Option<Fault>>,
}

impl Session {
    /// A new connection.
    pub(super) fn new(mut driver: Box<dyn Driver>, purpose: Purpose) -> Result<Self, Fault> {
        let clock = Cell::new(Clock::set(driver.now()?));
        Ok(Self { driver: RefCell::new(driver), purpose, clock, trouble: RefCell::new(None) })
    }

    /// Begins a transaction.
    pub(super) fn begin(&self) -> Result<(), Fault> {
        self.trouble.replace(None);
        let mut driver = self.driver.borrow_mut();
        if self.clock.get().is_stale() {
            self.clock.set(Clock::set(driver.now()?));
        }
        driver.begin(self.purpose)
    }

    /// Ends the transaction, for good or not.
    pub(super) fn end(&self, keep: bool) -> Result<(), Fault> {
        self.driver.borrow_mut().plain(if keep { "COMMIT" } else { "ROLLBACK" })
    }

    /// What keeps the transaction from being committed.
    pub(super) fn take_trouble(&self) -> Option<Fault> {
        self.trouble.take()
    }

    /// Runs a statement of the engine's own words outside of transactions.
    pub(super) fn plain(&self, sql: &str) -> Result<(), Fault> {
        self.driver.borrow_mut().plain(sql)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.get().now()
    }

    pub(crate) const fn for_update(&self) -> &'static str {
        match self.purpose {
            Purpose::Reading | Purpose::Migrating => "",
            Purpose::Writing => " FOR UPDATE",
        }
    }

    pub(crate) fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        self.go_on(sql)?;
        let ran = self.driver.borrow_mut().run(sql, params);
        ran.map_err(|fault| self.failed(sql, fault))
    }

    pub(crate) fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.go_on(sql)?;
        let found = self.driver.borrow_mut().query(sql, params);
        found.map_err(|fault| self.failed(sql, fault))?.each(read)
    }

    fn go_on(&self, sql: &str) -> Result<(), StoreError> {
        if self.trouble.borrow().is_some() {
            return Err(StoreError::of_statement(sql, "the transaction has ended already"));
        }
        Ok(())
    }

    fn failed(&self, sql: &str, fault: Fault) -> StoreError {
        let ends_all = match fault {
            Fault::Conflict(_) | Fault::Lost(_) => true,
            Fault::Duplicate(_) | Fault::Refused(_) => !self.driver.borrow().outlives_errors(),
            Fault::Taken(_) => false,
        };
        if ends_all {
            self.trouble.replace(Some(fault.copy()));
        }
        fault.of_statement(sql)
    }
}
