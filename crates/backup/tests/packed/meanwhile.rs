//! What happens in the store while somebody is in the middle of something.

use std::sync::atomic::{AtomicBool, Ordering};

use backup::BackupError;
use backup::packed::{self, Collected};
use ports::DriverError;
use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};

use crate::world::{CHUNK, World, disk, noise};

/// A store in which something happens once: between the names of a list before and after one, or before a pack is put.
struct Meanwhile<'a> {
    inner: &'a dyn BackupStore,
    /// The list goes as far as this before it happens; without it, it happens at a pack.
    in_list_at: Option<String>,
    happens: &'a (dyn Fn() + Sync),
    has_happened: AtomicBool,
}

impl<'a> Meanwhile<'a> {
    fn new(inner: &'a dyn BackupStore, in_list_at: Option<String>, happens: &'a (dyn Fn() + Sync)) -> Self {
        Self { inner, in_list_at, happens, has_happened: AtomicBool::new(false) }
    }

    fn happen(&self) {
        if !self.has_happened.swap(true, Ordering::SeqCst) {
            (self.happens)();
        }
    }
}

impl BackupStore for Meanwhile<'_> {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.inner.check()
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        if self.in_list_at.is_none() && object.name().contains("-0") {
            self.happen();
        }
        self.inner.put(object, bytes)
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        self.inner.get(object, most_bytes)
    }

    fn get_range(&self, object: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<usize, DriverError> {
        self.inner.get_range(object, offset, buffer)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        let Some(at) = &self.in_list_at else { return self.inner.list(container, prefix) };
        let mut found = self.inner.list(container, prefix)?;
        found.retain(|object| object.name <= *at);
        self.happen();
        found.extend(self.inner.list(container, prefix)?.into_iter().filter(|object| object.name > *at));
        Ok(found)
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.inner.remove(object)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.inner.sweep()
    }
}

fn mark(run: u64) -> Vec<u8> {
    format!("[\"run:{run:016x}\"]").into_bytes()
}

#[test]
fn a_run_that_ends_while_objects_are_listed_keeps_its_packs() {
    let world = World::new();
    let (at, content) = (World::at(1, 1), noise(1, 2 * CHUNK));
    world.back_up(&disk(&content), &at, None).unwrap();
    let named = |what: &str| ObjectName::new("container", &format!("{}_{what}", at.prefix)).unwrap();
    let (manifest, running) = (named("manifest"), named("running"));
    // Its packs are there and its manifest is not: it is about to end.
    let written = world.store.get(&manifest, 1 << 20).unwrap();
    world.store.put(&running, &mark(1)).unwrap();
    world.store.remove(&manifest).unwrap();
    let ends = || {
        world.store.put(&manifest, &written).unwrap();
        world.store.remove(&running).unwrap();
    };
    let store = Meanwhile::new(&world.store, Some(manifest.name().to_owned()), &ends);
    assert_eq!(packed::collect(&store, "container", None).unwrap(), Collected::Packs(0));
    assert!(store.has_happened.load(Ordering::SeqCst));
    world.assert_restores(&at, &content);
}

#[test]
fn a_run_that_another_has_taken_over_makes_no_backup() {
    let world = World::new();
    let at = World::at(1, 1);
    let running = ObjectName::new("container", &format!("{}_running", at.prefix)).unwrap();
    let taken_over = || world.store.put(&running, &mark(1)).unwrap();
    let removed = || world.store.remove(&running).unwrap();
    for happens in [&taken_over as &(dyn Fn() + Sync), &removed] {
        let store = Meanwhile::new(&world.store, None, happens);
        let error = world.back_up_to(&store, &disk(&noise(1, CHUNK)), &at, None).unwrap_err();
        assert!(matches!(error, BackupError::Store(DriverError::Busy { .. })), "{error}");
        assert!(!world.objects().iter().any(|name| name.ends_with("_manifest")), "{:?}", world.objects());
    }
    // Whoever comes next makes it, and nothing of theirs is left.
    world.back_up(&disk(&noise(2, CHUNK)), &at, None).unwrap();
    world.assert_restores(&at, &noise(2, CHUNK));
    assert_eq!(world.packs().len(), 1);
}
