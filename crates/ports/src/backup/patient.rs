//! A layer for stores whose calls may hang: directories on a mount whose server does not answer, which no thread can be woken
//! from.
//!
//! Each call is made on a thread of its own, which is left behind when it does not come back in time. Nothing waits for such
//! a thread, not even the end of the process. While one is away the store is taken to be ill: others get only a short time,
//! and beyond some of them none at all, so that what is left behind stays bounded however long the illness lasts. It ends by
//! itself when the threads come back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{BackupStore, FoundObject, ObjectName, StoreCapabilities};
use crate::DriverError;

/// Most calls that may be away.
const MOST_AWAY: usize = 16;
/// How long a call may take while another one is away.
const WHEN_ILL: Duration = Duration::from_secs(10);

/// A store whose calls end in time, or are left behind.
pub struct Patient {
    inner: Arc<dyn BackupStore>,
    patience: Duration,
    /// Calls that were left behind and have not come back.
    away: Arc<AtomicUsize>,
}

impl Patient {
    /// `inner`, each of whose calls may take this long.
    #[must_use]
    pub fn new(inner: Arc<dyn BackupStore>, patience: Duration) -> Self {
        Self { inner, patience, away: Arc::default() }
    }

    fn call<T: Send + 'static>(
        &self,
        what: String,
        call: impl FnOnce(&dyn BackupStore) -> Result<T, DriverError> + Send + 'static,
    ) -> Result<T, DriverError> {
        let away = self.away.load(Ordering::SeqCst);
        let late = |why: String| {
            let source = io::Error::new(io::ErrorKind::TimedOut, why);
            DriverError::Io { what: format!("{what} in the store of backups"), source }
        };
        if away >= MOST_AWAY {
            return Err(late(format!("{away} earlier calls have not come back")));
        }
        let patience = if away == 0 { self.patience } else { self.patience.min(WHEN_ILL) };
        let (inner, is_over) = (Arc::clone(&self.inner), Arc::new(AtomicBool::new(false)));
        let end = End { is_over: Arc::clone(&is_over), away: Arc::clone(&self.away) };
        let (answer, answered) = mpsc::sync_channel(1);
        let made = thread::Builder::new().name("backup-store".to_owned()).spawn(move || {
            let _end = end;
            // Nobody may be listening any more.
            let _ = answer.send(call(&*inner));
        });
        made.map_err(DriverError::io("starting a thread for the store of backups"))?;
        match answered.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => {
                Err(DriverError::Refused(format!("{what}: the store of backups failed badly")))
            }
            Err(RecvTimeoutError::Timeout) => {
                self.away.fetch_add(1, Ordering::SeqCst);
                if is_over.swap(true, Ordering::SeqCst) {
                    // It came back just now.
                    self.away.fetch_sub(1, Ordering::SeqCst);
                }
                Err(late(format!("no answer for {} s", patience.as_secs_f64())))
            }
        }
    }
}

/// Tells that a call is over, well or not.
struct End {
    /// Whether whoever waited has given up, or the call is over: the second to say so counts.
    is_over: Arc<AtomicBool>,
    away: Arc<AtomicUsize>,
}

impl Drop for End {
    fn drop(&mut self) {
        if self.is_over.swap(true, Ordering::SeqCst) {
            self.away.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl BackupStore for Patient {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn container(&self) -> Option<&str> {
        self.inner.container()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.call("looking around".to_owned(), |store| store.check())
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.put_all(object, bytes.to_vec())
    }

    fn put_all(&self, object: &ObjectName, bytes: Vec<u8>) -> Result<(), DriverError> {
        let name = object.clone();
        self.call(format!("putting {object}"), move |store| store.put_all(&name, bytes))
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        let name = object.clone();
        self.call(format!("reading {object}"), move |store| store.get(&name, most_bytes))
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        let part = self.get_part(object, offset_bytes, buffer.len())?;
        buffer[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }

    fn get_part(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        length: usize,
    ) -> Result<Vec<u8>, DriverError> {
        let name = object.clone();
        self.call(format!("reading {object}"), move |store| store.get_part(&name, offset_bytes, length))
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        let (container, prefix) = (container.to_owned(), prefix.to_owned());
        self.call(format!("listing {container}"), move |store| store.list(&container, &prefix))
    }

    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        let name = object.clone();
        self.call(format!("looking at {object}"), move |store| store.object_bytes(&name))
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        let name = object.clone();
        self.call(format!("removing {object}"), move |store| store.remove(&name))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.call("sweeping".to_owned(), |store| store.sweep())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};
    use std::time::Instant;

    use super::*;

    /// A store that has no object, and whose answers wait until it is well.
    #[derive(Default)]
    struct Ill {
        is_well: Mutex<bool>,
        recovered: Condvar,
    }

    impl Ill {
        fn recover(&self) {
            *self.is_well.lock().unwrap() = true;
            self.recovered.notify_all();
        }

        fn wait(&self) {
            let well = self.is_well.lock().unwrap();
            drop(self.recovered.wait_while(well, |well| !*well).unwrap());
        }
    }

    impl BackupStore for Ill {
        fn capabilities(&self) -> StoreCapabilities {
            StoreCapabilities {
                service: "ill",
                max_object_bytes: 1,
                container_per_backup: true,
                lists_at_once: true,
            }
        }

        fn check(&self) -> Result<(), DriverError> {
            self.wait();
            Ok(())
        }

        fn put(&self, object: &ObjectName, _bytes: &[u8]) -> Result<(), DriverError> {
            assert!(object.name() != "panic", "as told");
            self.check()
        }

        fn get(&self, object: &ObjectName, _most: u64) -> Result<Vec<u8>, DriverError> {
            self.wait();
            Err(DriverError::Missing { what: object.to_string() })
        }

        fn get_range(&self, object: &ObjectName, _at: u64, _buffer: &mut [u8]) -> Result<usize, DriverError> {
            self.get(object, 0).map(|_| 0)
        }

        fn list(&self, _container: &str, _prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
            self.wait();
            Ok(Vec::new())
        }

        fn remove(&self, _object: &ObjectName) -> Result<(), DriverError> {
            self.check()
        }

        fn sweep(&self) -> Result<usize, DriverError> {
            self.wait();
            Ok(0)
        }
    }

    fn object(name: &str) -> ObjectName {
        ObjectName::new("container", name).unwrap()
    }

    #[test]
    fn calls_that_do_not_come_back_are_left_behind_and_few() {
        let ill = Arc::new(Ill::default());
        let store = Patient::new(Arc::clone(&ill) as Arc<dyn BackupStore>, Duration::from_millis(20));
        let mut kinds = Vec::new();
        for _ in 0..MOST_AWAY + 5 {
            let error = store.put(&object("pack"), b"x").unwrap_err();
            assert!(error.may_pass());
            kinds.push(error.chain());
        }
        assert!(
            kinds[0].contains("putting container/pack") && kinds[0].contains("no answer for 0.02 s"),
            "{kinds:?}"
        );
        assert!(kinds[MOST_AWAY].contains("16 earlier calls have not come back"), "{kinds:?}");
        assert_eq!(store.away.load(Ordering::SeqCst), MOST_AWAY);
        assert!(store.list("container", "").is_err());

        ill.recover();
        let begun = Instant::now();
        while store.away.load(Ordering::SeqCst) > 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "they do not come back");
            thread::sleep(Duration::from_millis(1));
        }
        let store = Patient { patience: Duration::from_secs(60), ..store };
        store.check().unwrap();
        assert_eq!(store.list("container", "").unwrap(), []);
        assert!(matches!(store.get(&object("pack"), 1), Err(DriverError::Missing { .. })));
    }

    #[test]
    fn a_store_that_panics_answers_so() {
        let ill = Arc::new(Ill::default());
        ill.recover();
        let store = Patient::new(ill, Duration::from_secs(60));
        let error = store.put(&object("panic"), b"x").unwrap_err();
        assert!(error.to_string().contains("failed badly"), "{error}");
        assert_eq!(store.away.load(Ordering::SeqCst), 0);
    }
}
