//! Jobs for a few threads, each given to the thread that became idle last.
//!
//! A thread without a job looks for the next one for some microseconds before it sleeps, and a job that such a thread will
//! find wakes nobody: to be woken takes longer than most reads, and costs whoever wakes as much.
//!
//! A thread has to make itself ready before its first job, which for a reader takes as long as a hundred reads. One
//! thread at a time does so: what arrives meanwhile would wait as long for another as for that one. And once there is one
//! that is ready, another hesitates: what waits behind short jobs has been done before it would be ready for it, and only
//! what has waited behind a long one, or behind many, is worth a second.

use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

/// How often a thread looks before it sleeps: after pauses that double, and then after having let others go first.
const LOOKS: (u32, u32) = (6, 4);
/// How long something has to wait before a thread makes itself ready beside one that is.
const HESITATION: Duration = Duration::from_millis(5);

/// What waits to be done, and who waits to do it.
pub(super) struct Jobs<J> {
    state: Mutex<State<J>>,
    /// Whether something waits, or nothing will any more: what a thread that looks sees of it.
    is_worth_a_look: AtomicBool,
}

struct State<J> {
    /// Jobs, and since when they wait.
    waiting: VecDeque<(Instant, J)>,
    /// How many threads look.
    looking: usize,
    /// The threads that sleep, the last to fall asleep at the end.
    idle: Vec<Idle>,
    /// Who makes itself ready, or was woken to.
    preparing: Option<ThreadId>,
    /// How many threads are ready.
    ready: usize,
    is_closed: bool,
}

struct Idle {
    thread: Thread,
    is_ready: bool,
}

impl<J> State<J> {
    /// Takes a thread for what waits from those that sleep: one that is ready, or else one that may become so. Nobody when
    /// those that look are enough.
    fn rouse(&mut self) -> Option<Thread> {
        if self.waiting.len() <= self.looking {
            return None;
        }
        let ready = self.idle.iter().rposition(|idle| idle.is_ready);
        let index = match (ready, self.preparing) {
            (Some(ready), _) => ready,
            (None, None) => self.idle.len().checked_sub(1)?,
            (None, Some(_)) => return None,
        };
        let Idle { thread, is_ready } = self.idle.remove(index);
        if !is_ready {
            self.preparing = Some(thread.id());
        }
        Some(thread)
    }

    /// How long this thread has to wait before it makes itself ready beside another that is: until the first job has waited
    /// for long enough. None when it need not, or was not called.
    fn hesitation(&self, me: ThreadId) -> Option<Duration> {
        if self.ready == 0 || self.is_closed || self.preparing != Some(me) {
            return None;
        }
        let (since, _) = self.waiting.front()?;
        HESITATION.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
    }

    /// The next job for this thread, which then has to make itself ready if it is not.
    fn take(&mut self, me: ThreadId, is_ready: bool) -> Option<J> {
        if !is_ready && self.preparing.is_some_and(|other| other != me) {
            return None;
        }
        let job = self.waiting.pop_front().map(|(_, job)| job);
        self.preparing = match (is_ready, &job) {
            (false, Some(_)) => Some(me),
            (false, None) => None,
            (true, _) => self.preparing,
        };
        job
    }
}

impl<J> Jobs<J> {
    pub(super) fn new() -> Self {
        let (waiting, idle) = (VecDeque::new(), Vec::new());
        let state = State { waiting, looking: 0, idle, preparing: None, ready: 0, is_closed: false };
        Self { state: Mutex::new(state), is_worth_a_look: AtomicBool::new(false) }
    }

    /// Adds a job behind those that wait, and wakes a thread for it if one sleeps.
    pub(super) fn add(&self, job: J) {
        let mut state = self.state();
        state.waiting.push_back((Instant::now(), job));
        self.is_worth_a_look.store(true, Ordering::Relaxed);
        wake(state);
    }

    /// The job that waited longest; sleeps until there is one. `None` when no more can come. A thread that is not ready
    /// makes itself so before it does the job, and says when it has: [`Jobs::prepared`].
    pub(super) fn next(&self, is_ready: bool) -> Option<J> {
        let me = thread::current();
        let mut has_looked = false;
        loop {
            let looks = is_ready && !has_looked;
            {
                let mut state = self.state();
                if let Some(left) = state.hesitation(me.id()) {
                    drop(state);
                    thread::sleep(left);
                    continue;
                }
                state.looking -= usize::from(has_looked);
                // Who wakes without having been called is still among the idle.
                state.idle.retain(|idle| idle.thread.id() != me.id());
                if let Some(job) = state.take(me.id(), is_ready) {
                    self.is_worth_a_look.store(!state.waiting.is_empty(), Ordering::Relaxed);
                    // What waits behind a job that may take long is another thread's.
                    if is_ready {
                        wake(state);
                    }
                    return Some(job);
                }
                // What still waits then is done by the thread that makes itself ready.
                if state.is_closed {
                    return None;
                }
                match looks {
                    true => state.looking += 1,
                    false => state.idle.push(Idle { thread: me.clone(), is_ready }),
                }
            }
            match looks {
                true => self.look(),
                false => thread::park(),
            }
            has_looked = looks;
        }
    }

    /// Waits for a moment, or until there may be something to do.
    fn look(&self) {
        let (pauses, turns) = LOOKS;
        for look in 0..pauses + turns {
            if self.is_worth_a_look.load(Ordering::Relaxed) {
                return;
            }
            match look < pauses {
                true => (0..1 << look).for_each(|_| spin_loop()),
                false => thread::yield_now(),
            }
        }
    }

    /// This thread has made itself ready, or could not: another may try to, for what waits behind this one's job.
    pub(super) fn prepared(&self, is_ready: bool) {
        let mut state = self.state();
        state.preparing = None;
        state.ready += usize::from(is_ready);
        wake(state);
    }

    /// This thread is not ready any more.
    pub(super) fn lost(&self) {
        self.state().ready -= 1;
    }

    /// Ends every thread once nothing waits any more.
    pub(super) fn close(&self) {
        let idle = {
            let mut state = self.state();
            state.is_closed = true;
            self.is_worth_a_look.store(true, Ordering::Relaxed);
            std::mem::take(&mut state.idle)
        };
        for Idle { thread, .. } in idle {
            thread.unpark();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes a thread for what waits if one is wanted, once the state is not held any more.
fn wake<J>(mut state: MutexGuard<'_, State<J>>) {
    let woken = state.rouse();
    drop(state);
    if let Some(thread) = woken {
        thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    /// Starts a thread that is ready, says which job it took, and waits to be told to go on.
    fn worker(jobs: &Arc<Jobs<u32>>, name: char, took: &mpsc::Sender<(char, u32)>) -> mpsc::Sender<()> {
        let (go, told) = mpsc::channel();
        let (jobs, took) = (Arc::clone(jobs), took.clone());
        thread::spawn(move || {
            while let Some(job) = jobs.next(true) {
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
        assert_eq!([(); 3].map(|()| jobs.next(true)), [Some(1), Some(2), None]);
    }

    /// What a thread that is not ready takes before it goes to sleep.
    fn unready(jobs: &Arc<Jobs<u32>>) -> Option<u32> {
        let jobs = Arc::clone(jobs);
        thread::spawn(move || jobs.state().take(thread::current().id(), false)).join().unwrap()
    }

    #[test]
    fn one_thread_at_a_time_makes_itself_ready() {
        let jobs = Arc::new(Jobs::new());
        (1..=3).for_each(|job| jobs.add(job));
        assert_eq!(jobs.next(false), Some(1));
        assert_eq!(unready(&jobs), None, "the first is about to be ready");
        assert_eq!(jobs.state().take(thread::current().id(), true), Some(2));
        jobs.prepared(true);
        assert_eq!(unready(&jobs), Some(3));
    }

    #[test]
    fn who_would_be_the_second_hesitates() {
        let jobs = Arc::new(Jobs::new());
        jobs.add(1);
        assert_eq!(jobs.next(false), Some(1));
        jobs.prepared(true);
        jobs.add(2);
        jobs.state().preparing = Some(thread::current().id());
        let begin = Instant::now();
        assert_eq!(jobs.next(false), Some(2), "nobody else did it");
        assert!(begin.elapsed() >= HESITATION);
    }

    #[test]
    fn who_hesitates_leaves_to_others_what_they_do_meanwhile() {
        let jobs = Arc::new(Jobs::new());
        jobs.prepared(true);
        jobs.add(1);
        jobs.state().preparing = Some(thread::current().id());
        let left = jobs.state().hesitation(thread::current().id()).unwrap();
        assert!(left <= HESITATION);
        assert_eq!(jobs.next(true), Some(1));
        assert_eq!(jobs.state().hesitation(thread::current().id()), None, "there is nothing to wait for");
        assert_eq!(jobs.state().take(thread::current().id(), false), None);
        assert_eq!(jobs.state().preparing, None);
    }

    #[test]
    fn who_is_ready_is_woken_before_who_is_not() {
        let jobs = Jobs::<u32>::new();
        jobs.state().waiting.push_back((Instant::now(), 1));
        let sleeper = |is_ready| {
            let thread = thread::spawn(thread::park).thread().clone();
            jobs.state().idle.push(Idle { thread: thread.clone(), is_ready });
            thread.id()
        };
        let (ready, unready, second) = (sleeper(true), sleeper(false), sleeper(false));
        let rouse = || {
            jobs.state().rouse().map(|thread| {
                thread.unpark();
                thread.id()
            })
        };
        assert_eq!([rouse(), rouse(), rouse()], [Some(ready), Some(second), None]);
        jobs.prepared(true);
        assert_eq!(jobs.state().preparing, Some(unready));
    }

    #[test]
    fn what_a_thread_that_looks_will_find_wakes_nobody() {
        let jobs = Jobs::<u32>::new();
        let sleeper = thread::spawn(thread::park).thread().clone();
        jobs.state().idle.push(Idle { thread: sleeper, is_ready: true });
        jobs.state().looking = 1;
        jobs.add(1);
        assert_eq!(jobs.state().idle.len(), 1);
        jobs.add(2);
        assert_eq!(jobs.state().idle.len(), 0, "there is one who looks, and two jobs");
    }

    #[test]
    fn a_thread_that_was_woken_in_vain_does_not_keep_others_from_becoming_ready() {
        let jobs = Arc::new(Jobs::<u32>::new());
        jobs.state().preparing = Some(thread::current().id());
        assert_eq!(jobs.state().take(thread::current().id(), false), None);
        jobs.add(1);
        assert_eq!(unready(&jobs), Some(1));
    }
}
