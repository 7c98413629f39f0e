//! The key manager that is part of the program, over a database that outlives it.

use std::sync::Arc;

use model::KeyId;
use operations::keys::{MasterKey, SealedKeys};
use ports::KeyManager;
use ports::keys::{KeyError, KeySpec, conformance};
use testkit::{Options, World};
use tokio::runtime::Handle;

fn spec() -> KeySpec {
    KeySpec { algorithm: "aes".to_owned(), bits: 256 }
}

#[test]
fn does_what_every_key_manager_does() {
    let world = World::new(Options::default());
    conformance::check(&*world.process().keys, "test");
}

#[test]
fn keys_outlive_the_process() {
    let mut world = World::new(Options::default());
    let id = world.process().keys.ensure("name", &spec()).unwrap();
    let before = world.process().key(id).unwrap();
    world.crash();
    world.restart();
    assert_eq!(world.process().key(id).unwrap().secret.expose(), before.secret.expose());
    assert_eq!(world.process().keys.ensure("name", &spec()), Ok(id));
}

#[test]
fn one_name_is_one_key_whoever_asks_at_the_same_time() {
    let world = World::new(Options { threads: 2, ..Options::default() });
    let keys = &world.process().keys;
    let made: Vec<KeyId> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| keys.ensure("name", &spec()).unwrap())).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
}

#[test]
fn another_master_key_opens_nothing() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = process.keys.ensure("name", &spec()).unwrap();
    let store = process.desk.store.clone();
    let handle: Handle = process.run(async { Handle::current() });
    let thief = SealedKeys::new(store, MasterKey::draw().unwrap(), handle);
    let refused = thief.get(id).err();
    assert!(matches!(refused, Some(KeyError::Refused(_))), "{refused:?}");
    // Nor does it seal anything, which nobody else could open.
    let refused = thief.ensure("of the thief", &spec());
    assert!(matches!(refused, Err(KeyError::Refused(_))), "{refused:?}");
    // Neither does the right one once somebody has exchanged two rows.
    let other = process.keys.ensure("other", &spec()).unwrap();
    process.write(move |conn| {
        let (one, two) = (store::sealed_keys::get(conn, id)?, store::sealed_keys::get(conn, other)?);
        let (mut one, two) = (one.unwrap(), two.unwrap());
        (one.nonce, one.sealed) = (two.nonce, two.sealed);
        store::sealed_keys::remove(conn, id)?;
        store::sealed_keys::insert(conn, &one)
    });
    assert!(matches!(process.key(id), Err(KeyError::Refused(_))));
}

#[test]
fn sizes_that_nobody_can_make_are_refused() {
    let world = World::new(Options::default());
    let keys: &Arc<dyn KeyManager> = &world.process().keys;
    for bits in [0, 7, 4104, u64::MAX] {
        let refused = keys.ensure("name", &KeySpec { bits, ..spec() });
        assert!(matches!(refused, Err(KeyError::Refused(_))), "{bits}: {refused:?}");
    }
    assert!(world.process().read(store::sealed_keys::names).is_empty());
}
