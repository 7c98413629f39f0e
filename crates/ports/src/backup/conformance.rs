//! What every store has to hold to. Runs on the real thing; each check leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it is a test suite")]

use std::thread;

use super::{BackupStore, FoundObject, ObjectName};
use crate::DriverError;

/// Larger than anything that the suite puts.
const MOST: u64 = 16 << 20;

/// Takes `store`, which is empty, through everything.
///
/// # Panics
/// It does not hold to the port.
pub fn run(store: &dyn BackupStore) {
    store.check().expect("a store that can be used");
    store.check().expect("a store that can be checked again");
    keeps_what_is_put(store);
    replaces_as_a_whole(store);
    reads_ranges(store);
    lists_by_prefix(store, if store.capabilities().container_per_backup { "x/listed" } else { "listed" });
    forgives_what_is_not_there(store);
    bears_many_at_a_time(store);
    assert_eq!(store.sweep().expect("a store that can be swept"), 0, "whole objects are not swept away");
}

fn name(container: &str, name: &str) -> ObjectName {
    ObjectName::new(container, name).expect("a good name")
}

fn keeps_what_is_put(store: &dyn BackupStore) {
    for bytes in [&b""[..], b"x", &vec![0xA5; 300_000]] {
        let object = name("container", "kept-00001");
        store.put(&object, bytes).unwrap();
        assert_eq!(store.get(&object, MOST).unwrap(), bytes);
        store.remove(&object).unwrap();
        assert!(matches!(store.get(&object, MOST), Err(DriverError::Missing { .. })));
    }
}

fn replaces_as_a_whole(store: &dyn BackupStore) {
    let object = name("container", "replaced");
    store.put(&object, &[1; 5000]).unwrap();
    store.put(&object, &[2; 10]).unwrap();
    assert_eq!(store.get(&object, MOST).unwrap(), [2; 10]);
    assert!(matches!(store.get(&object, 9), Err(DriverError::Refused(_))), "more than was asked for");
    store.remove(&object).unwrap();
}

fn reads_ranges(store: &dyn BackupStore) {
    let object = name("container", "ranges");
    let bytes: Vec<u8> = (0..=255).collect();
    store.put(&object, &bytes).unwrap();
    let mut buffer = [0; 100];
    assert_eq!(store.get_range(&object, 10, &mut buffer).unwrap(), 100);
    assert_eq!(buffer, bytes[10..110]);
    assert_eq!(store.get_range(&object, 200, &mut buffer).unwrap(), 56);
    assert_eq!(buffer[..56], bytes[200..]);
    assert_eq!(store.get_range(&object, 256, &mut buffer).unwrap(), 0);
    assert_eq!(store.get_range(&object, u64::from(u32::MAX) * 4, &mut buffer).unwrap(), 0);
    store.remove(&object).unwrap();
    assert!(matches!(store.get_range(&object, 0, &mut buffer), Err(DriverError::Missing { .. })));
}

fn lists_by_prefix(store: &dyn BackupStore, container: &str) {
    let objects = ["a-00002", "a-00001", "a_metadata", "b-00001"].map(|it| name(container, it));
    for object in &objects {
        store.put(object, object.name().as_bytes()).unwrap();
    }
    let found = |prefix: &str| -> Vec<(String, u64)> {
        let found = store.list(container, prefix).unwrap();
        let size = |found: &FoundObject| store.object_bytes(&name(container, &found.name)).unwrap();
        let checked = |found: FoundObject| {
            let size = size(&found);
            assert!(found.size_bytes.is_none_or(|listed| listed == size));
            (found.name, size)
        };
        found.into_iter().map(checked).collect()
    };
    let expected = [("a-00001", 7), ("a-00002", 7), ("a_metadata", 10)];
    assert_eq!(found("a"), expected.map(|(name, size)| (name.to_owned(), size)));
    assert_eq!(found("").len(), 4);
    assert_eq!(found("c"), []);
    assert_eq!(store.list("nowhere", "").unwrap(), []);
    for object in &objects {
        store.remove(object).unwrap();
    }
    assert_eq!(found(""), []);
}

fn forgives_what_is_not_there(store: &dyn BackupStore) {
    store.remove(&name("nowhere", "nothing")).unwrap();
    let object = name("somewhere", "something");
    store.put(&object, b"1").unwrap();
    store.remove(&object).unwrap();
    store.remove(&object).unwrap();
    assert!(matches!(store.object_bytes(&object), Err(DriverError::Missing { .. })));
}

fn bears_many_at_a_time(store: &dyn BackupStore) {
    thread::scope(|scope| {
        for number in 0..8_u8 {
            scope.spawn(move || {
                for round in 0..8_u8 {
                    let object = name("many", &format!("object-{number}"));
                    store.put(&object, &[number ^ round; 10_000]).unwrap();
                    assert_eq!(store.get(&object, MOST).unwrap(), [number ^ round; 10_000]);
                }
            });
        }
    });
    for number in 0..8_u8 {
        store.remove(&name("many", &format!("object-{number}"))).unwrap();
    }
}
