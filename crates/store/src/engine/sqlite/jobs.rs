//! Jobs for a few threads, each given to the thread that became idle last.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// What waits to be done, and who waits to do it.
pub(super) struct Jobs<J>(Mutex<State<J>>);

struct State<J> {
    waiting: VecDeque<J>,
    /// The threads that sleep, the last to fall asleep at the end.
    idle: Vec<Thread>,
    is_closed: bool,
}

impl<J> Jobs<J> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), idle: Vec::new(), is_closed: false }))
    }

    /// Adds a job behind those that wait, and wakes a thread for it if one sleeps.
    pub(super) fn add(&self, job: J) {
        let woken = {
            let mut state = self.state();
            state.waiting.push_back(job);
            state.idle.pop()
        };
        if let Some(thread) = woken {
            thread.unpark();
        }
    }

    /// The job that waited longest; sleeps until there is one. `None` when no more can come.
    pub(super) fn next(&self) -> Option<J> {
        let me = thread::current();
        loop {
            {
                let mut state = self.state();
                // Who wakes without having been called is still among the idle.
                state.idle.retain(|thread| thread.id() != me.id());
                if let Some(job) = state.waiting.pop_front() {
                    return Some(job);
                }
                if state.is_closed {
                    return None;
                }
                state.idle.push(me.clone());
            }
            thread::park();
        }
    }

    /// Ends every thread once nothing waits any more.
    pub(super) fn close(&self) {
        let idle = {
            let mut state = self.state();
            state.is_closed = true;
            std::mem::take(&mut state.idle)
        };
        for thread in idle {
            thread.unpark();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    /// Starts a thread that says which job it took, and waits to be told to go on.
    fn worker(jobs: &Arc<Jobs<u32>>, name: char, took: &mpsc::Sender<(char, u32)>) -> mpsc::Sender<()> {
        let (go, told) = mpsc::channel();
        let (jobs, took) = (Arc::clone(jobs), took.clone());
        thread::spawn(move || {
            while let Some(job) = jobs.next() {
                took.send((name, job)).unwrap();
                told.recv().unwrap();
            }
        });
        go
    }

    fn sleepers(jobs: &Jobs<u32>, count: usize) {
        while jobs.state().idle.len() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn the_thread_that_worked_last_works_next() {
        let (jobs, (took, taken)) = (Arc::new(Jobs::new()), mpsc::channel());
        let first = worker(&jobs, 'a', &took);
        sleepers(&jobs, 1);
        let second = worker(&jobs, 'b', &took);
        sleepers(&jobs, 2);
        for job in 0..3 {
            jobs.add(job);
            assert_eq!(taken.recv().unwrap(), ('b', job));
            if job < 2 {
                second.send(()).unwrap();
                sleepers(&jobs, 2);
            }
        }
        jobs.add(3);
        assert_eq!(taken.recv().unwrap(), ('a', 3), "the other one is busy");
        drop((first, second));
    }

    #[test]
    fn what_waits_is_done_before_the_end() {
        let jobs = Jobs::new();
        jobs.add(1);
        jobs.add(2);
        jobs.close();
        assert_eq!((jobs.next(), jobs.next(), jobs.next()), (Some(1), Some(2), None));
    }
}
