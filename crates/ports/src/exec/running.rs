//! Programs that run beside us: servers that one call starts, and a later one ends.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Call, Exec, ExecError, Output};
use crate::Work;

/// A program that runs until it ends by itself, or this value is dropped.
///
/// The kernel ends a program with the thread that started it, so each has a thread that lives as long.
#[derive(Debug)]
pub struct Running {
    work: Work,
    ended: Mutex<Receiver<Result<Output, ExecError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Exec {
    /// Starts `call` and does not wait for it; its time limit does not count.
    ///
    /// # Errors
    /// There is no such program, or no thread to watch it. That it cannot be executed is told by [`Running::ended`].
    pub fn start(&self, call: Call) -> Result<Running, ExecError> {
        let program = call.find()?;
        let name = call.name();
        let (exec, work) = (self.clone(), Work::new());
        let (tell, ended) = sync_channel(1);
        let call = call.time_limit(Duration::MAX);
        let watched = work.clone();
        let thread = thread::Builder::new().name("program".to_owned()).spawn(move || {
            // Nobody may be there any more to hear it.
            let _ = tell.send(exec.carry_out(&watched, &call, &program));
        });
        let thread = thread.map_err(|source| ExecError::Spawn { program: name, source })?;
        Ok(Running { work, ended: Mutex::new(ended), thread: Some(thread) })
    }
}

impl Running {
    /// How it ended, if it does within `at_most`. Told once.
    pub fn ended(&self, at_most: Duration) -> Option<Result<Output, ExecError>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(at_most).ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.work.call_off();
        if let Some(thread) = self.thread.take() {
            // It panics in no case that we know of, and there is nothing to do about one that did.
            let _ = thread.join();
        }
    }
}
