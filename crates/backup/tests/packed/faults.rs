//! A store that fails, or a process that dies, at every single call.

use std::sync::atomic::{AtomicUsize, Ordering};

use backup::{Depth, packed};
use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};
use ports::{DriverError, Work};

use crate::world::{CHUNK, World, disk, noise};

/// Passes calls on until `left` is used up; then every one fails, as the last does after it was made.
struct Dying<'a> {
    inner: &'a dyn BackupStore,
    left: AtomicUsize,
    made_first: bool,
}

impl Dying<'_> {
    fn pass<T>(&self, call: impl FnOnce() -> Result<T, DriverError>) -> Result<T, DriverError> {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match before {
            Ok(1) if self.made_first => {
                call()?;
                Err(dead())
            }
            Ok(_) => call(),
            Err(_) => Err(dead()),
        }
    }
}

fn dead() -> DriverError {
    DriverError::Refused("the store is away".to_owned())
}

impl BackupStore for Dying<'_> {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.pass(|| self.inner.check())
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.pass(|| self.inner.put(object, bytes))
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        self.pass(|| self.inner.get(object, most_bytes))
    }

    fn get_range(&self, object: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<usize, DriverError> {
        self.pass(|| self.inner.get_range(object, offset, buffer))
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        self.pass(|| self.inner.list(container, prefix))
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.pass(|| self.inner.remove(object))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.pass(|| self.inner.sweep())
    }
}

/// Enough calls for everything here.
const MANY: usize = 10_000;

#[test]
fn a_backup_that_dies_at_any_call_is_made_by_the_next_try() {
    for made_first in [false, true] {
        let mut died = 0;
        for calls in 1.. {
            let mut world = World::new();
            world.means.threads = 1;
            let (base, content) = (noise(1, 3 * CHUNK), [noise(1, 2 * CHUNK), noise(2, 2 * CHUNK)].concat());
            world.back_up(&disk(&base), &World::at(1, 1), None).unwrap();
            let dying = Dying { inner: &world.store, left: AtomicUsize::new(calls), made_first };
            let parent = World::at(1, 1);
            let done = world.back_up_to(&dying, &disk(&content), &World::at(1, 2), Some(&parent)).is_ok();
            // Meanwhile the other one goes, or not.
            if calls % 2 == 0 {
                world.remove(&World::at(1, 1)).unwrap();
            }
            world.back_up(&disk(&content), &World::at(1, 2), Some(&parent)).unwrap();
            world.assert_restores(&World::at(1, 2), &content);
            world.remove(&World::at(1, 1)).unwrap();
            world.assert_restores(&World::at(1, 2), &content);
            world.remove(&World::at(1, 2)).unwrap();
            assert_eq!(world.objects(), [""; 0], "after {calls} calls");
            if done && dying.left.load(Ordering::SeqCst) > 0 {
                break;
            }
            died += 1;
            assert!(calls < MANY);
        }
        assert!(died > 8, "only {died} places to die at");
    }
}

#[test]
fn taking_away_that_dies_at_any_call_harms_nobody() {
    for made_first in [false, true] {
        for calls in 1.. {
            let world = World::new();
            let content = noise(1, 3 * CHUNK);
            world
                .back_up(&disk(&[content.clone(), noise(2, CHUNK)].concat()), &World::at(1, 1), None)
                .unwrap();
            world.back_up(&disk(&content), &World::at(2, 2), None).unwrap();
            let dying = Dying { inner: &world.store, left: AtomicUsize::new(calls), made_first };
            let done = packed::remove(&dying, &World::at(1, 1), None).is_ok();
            world.verify(&World::at(2, 2), Depth::Deep).unwrap();
            world.remove(&World::at(1, 1)).unwrap();
            world.assert_restores(&World::at(2, 2), &content);
            world.remove(&World::at(2, 2)).unwrap();
            assert_eq!(world.objects(), [""; 0], "after {calls} calls");
            if done && dying.left.load(Ordering::SeqCst) > 0 {
                break;
            }
            assert!(calls < MANY);
        }
    }
}

#[test]
fn a_backup_that_is_called_off_ends() {
    let world = World::new();
    let work = Work::new();
    work.call_off();
    let (at, disk) = (World::at(1, 1), disk(&noise(1, 200 * CHUNK)));
    let facts = backup::Facts {
        backup_id: "1".to_owned(),
        volume_id: "1".to_owned(),
        name: None,
        description: None,
        created_at: String::new(),
        parent_id: None,
        volume_meta: None,
    };
    let wanted = packed::Backup {
        store: &world.store,
        disk: &disk,
        at: &at,
        facts: &facts,
        parent: None,
        changes: None,
        key: None,
    };
    assert!(matches!(packed::back_up(&wanted, &world.means, &work), Err(backup::BackupError::Unwanted(_))));
    world.remove(&at).unwrap();
    assert_eq!(world.objects(), [""; 0]);
}
