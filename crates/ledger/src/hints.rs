//! Wake-ups: "there may be something in this queue", "this operation has ended". Losing one costs a poll interval and
//! nothing else.
//!
//! Inside one process they are [`Notify`]s. What nobody waits for here may be waited for elsewhere: a [`Relay`] takes it
//! there, and brings what others say.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use model::OperationId;
use tokio::sync::{Notify, mpsc, watch};

/// Most hints that wait for the relay; more are lost.
const MAX_OUTGOING: usize = 1024;
/// The topic of hints that operations have ended; queues are topics of their own names.
const ENDED: &str = "ended";

/// The hints of one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queues: Mutex<HashMap<String, Arc<Notify>>>,
    ends: Mutex<HashMap<OperationId, (usize, Arc<Notify>)>>,
    /// What others are to tell us of.
    topics: watch::Sender<Vec<String>>,
    relay: OnceLock<mpsc::Sender<Hint>>,
    is_relayed: AtomicBool,
}

/// A hint on its way between processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Who wants to hear it.
    pub topic: String,
    /// What is said; empty where the topic says everything.
    pub text: String,
}

/// The way to other processes.
#[derive(Debug)]
pub struct Relay {
    hints: Hints,
    /// What others may want to hear.
    pub outgoing: mpsc::Receiver<Hint>,
    /// The topics that we want to hear of, whenever there are more.
    pub topics: watch::Receiver<Vec<String>>,
}

/// Waits for the end of an operation.
#[derive(Debug)]
pub struct End {
    hints: Hints,
    id: OperationId,
    notify: Arc<Notify>,
}

impl Hints {
    /// Says that `queue` may have something due.
    pub fn give(&self, queue: &str) {
        match self.queues().get(queue) {
            Some(notify) => notify.notify_one(),
            None => self.send(Hint { topic: queue.to_owned(), text: String::new() }),
        }
    }

    /// What a worker of `queue` waits on.
    #[must_use]
    pub fn of(&self, queue: &str) -> Arc<Notify> {
        let mut queues = self.queues();
        if let Some(notify) = queues.get(queue) {
            return Arc::clone(notify);
        }
        let notify = Arc::clone(queues.entry(queue.to_owned()).or_default());
        drop(queues);
        self.want(queue);
        notify
    }

    /// Says that an operation has ended.
    pub fn ended(&self, id: OperationId) {
        if !self.notify_end(id) {
            self.send(Hint { topic: ENDED.to_owned(), text: id.to_string() });
        }
    }

    /// What somebody waits on who wants to know when an operation has ended.
    #[must_use]
    pub fn end_of(&self, id: OperationId) -> End {
        let mut ends = self.ends();
        let (waiting, notify) = ends.entry(id).or_default();
        *waiting += 1;
        let notify = Arc::clone(notify);
        drop(ends);
        self.want(ENDED);
        End { hints: self.clone(), id, notify }
    }

    /// The way to other processes, where there is one. There can be one only.
    #[must_use]
    pub fn relay(&self) -> Option<Relay> {
        let (sender, outgoing) = mpsc::channel(MAX_OUTGOING);
        self.shared.relay.set(sender).ok()?;
        Some(Relay { hints: self.clone(), outgoing, topics: self.shared.topics.subscribe() })
    }

    /// Whether other processes hear of what is said here, and we of what they say.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        self.shared.is_relayed.load(Ordering::Relaxed)
    }

    fn notify_end(&self, id: OperationId) -> bool {
        let ends = self.ends();
        let Some((_, notify)) = ends.get(&id) else { return false };
        notify.notify_waiters();
        // For one who has looked, and is about to wait.
        notify.notify_one();
        true
    }

    fn send(&self, hint: Hint) {
        if let Some(relay) = self.shared.relay.get().filter(|_| self.is_relayed()) {
            // There is always the next poll.
            let _ = relay.try_send(hint);
        }
    }

    fn want(&self, topic: &str) {
        self.shared.topics.send_if_modified(|topics| {
            let is_new = !topics.iter().any(|known| known == topic);
            if is_new {
                topics.push(topic.to_owned());
            }
            is_new
        });
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<OperationId, (usize, Arc<Notify>)>> {
        self.shared.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Relay {
    /// Takes what another process said. What nobody waits for here goes nowhere.
    pub fn arrived(&self, hint: &Hint) {
        if hint.topic == ENDED {
            if let Ok(id) = hint.text.parse() {
                self.hints.notify_end(id);
            }
        } else if let Some(notify) = self.hints.queues().get(&hint.topic) {
            notify.notify_one();
        }
    }

    /// Says whether there is a connection to others.
    pub fn set_connected(&self, is_connected: bool) {
        self.hints.shared.is_relayed.store(is_connected, Ordering::Relaxed);
        if is_connected {
            // Something may have been said while nobody listened.
            self.hints.queues().values().for_each(|notify| notify.notify_one());
        }
    }
}

impl End {
    /// Waits for a hint that it has.
    pub async fn hinted(&self) {
        self.notify.notified().await;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut ends = self.hints.ends();
        if let Some((waiting, _)) = ends.get_mut(&self.id) {
            *waiting -= 1;
            if *waiting == 0 {
                ends.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn what_is_waited_for_here_is_heard_here_and_nowhere_else() {
        let hints = Hints::default();
        let mut relay = hints.relay().unwrap();
        assert!(hints.relay().is_none());
        relay.set_connected(true);
        let mine = hints.of("mine");
        hints.give("mine");
        timeout(SOON, mine.notified()).await.unwrap();
        let id = OperationId::random();
        let end = hints.end_of(id);
        hints.ended(id);
        timeout(SOON, end.hinted()).await.unwrap();
        assert!(relay.outgoing.try_recv().is_err());
        assert_eq!(*relay.topics.borrow_and_update(), ["mine", "ended"]);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_here_is_sent_while_there_is_a_way() {
        let hints = Hints::default();
        let mut relay = hints.relay().unwrap();
        hints.give("lost");
        relay.set_connected(true);
        hints.give("theirs");
        let id = OperationId::random();
        hints.ended(id);
        let sent = [relay.outgoing.try_recv().unwrap(), relay.outgoing.try_recv().unwrap()];
        assert_eq!(sent[0], Hint { topic: "theirs".to_owned(), text: String::new() });
        assert_eq!(sent[1], Hint { topic: "ended".to_owned(), text: id.to_string() });
        relay.set_connected(false);
        hints.give("theirs");
        assert!(relay.outgoing.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_others_say_wakes_who_waits_for_it() {
        let hints = Hints::default();
        let relay = hints.relay().unwrap();
        let mine = hints.of("mine");
        let id = OperationId::random();
        let end = hints.end_of(id);
        relay.arrived(&Hint { topic: "ended".to_owned(), text: "nonsense".to_owned() });
        relay.arrived(&Hint { topic: "ended".to_owned(), text: OperationId::random().to_string() });
        relay.arrived(&Hint { topic: "unknown".to_owned(), text: String::new() });
        assert!(timeout(Duration::from_millis(20), end.hinted()).await.is_err());
        relay.arrived(&Hint { topic: "ended".to_owned(), text: id.to_string() });
        timeout(SOON, end.hinted()).await.unwrap();
        relay.arrived(&Hint { topic: "mine".to_owned(), text: String::new() });
        timeout(SOON, mine.notified()).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_any_more_and_nothing_is_kept() {
        let hints = Hints::default();
        let id = OperationId::random();
        let (one, two) = (hints.end_of(id), hints.end_of(id));
        drop(one);
        hints.ended(id);
        timeout(SOON, two.hinted()).await.unwrap();
        drop(two);
        assert!(hints.ends().is_empty());
    }
}
