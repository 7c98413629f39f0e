//! Encrypting what is in a volume in another way, or not at all.

use model::{Volume, VolumeStatus};
use operations::volume::create::Create;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank_of_type, content, from_image, host};

use super::encrypted::{SECRET, SIZE_GIB, assert_holds_image, image, image_id, secret};
use super::{SEED, swap, written_volume};

/// A second type, whose volumes are encrypted with a larger key.
const OTHER: &str = "other";

/// A volume of the type `name` with the content of the only image.
fn filled(process: &Process, name: &str) -> Things {
    process.add_encrypted_type(SECRET);
    process.add_type_encrypted_by(OTHER, "luks", 512);
    process.add_type("plain", &[]);
    process.add_image(image_id(), "raw", &image());
    let of_type = Create { volume_type: Some(name.to_owned()), ..from_image(SIZE_GIB, image_id()) };
    let id = process.create(of_type).expect("a volume");
    process.settle();
    Things { volumes: vec![id], ..Things::default() }
}

pub(crate) const TO_ENCRYPTED: Scenario = Scenario {
    name: "retyping a volume so that it is encrypted",
    kinds: &["volume.retype"],
    options: || Options::with([BackendOptions::thin("a")]),
    prepare: |process| filled(process, "plain"),
    act: |process, things| process.retype(things.volumes[0], SECRET, true),
    ending: |process, things| ending(process, things, SECRET),
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// On the same backend, where the copy has a name of its own.
pub(crate) const TO_PLAIN: Scenario = Scenario {
    name: "retyping a volume so that it is no longer encrypted",
    prepare: |process| filled(process, SECRET),
    act: |process, things| process.retype(things.volumes[0], "plain", true),
    ending: |process, things| ending(process, things, "plain"),
    ..TO_ENCRYPTED
};

/// On another backend, which is chosen because the first has no room.
pub(crate) const TO_OTHER: Scenario = Scenario {
    name: "retyping a volume so that it is encrypted in another way",
    options: || Options::with([BackendOptions::thick("a", 60), BackendOptions::thick("b", 50)]),
    prepare: |process| filled(process, SECRET),
    act: |process, things| process.retype(things.volumes[0], OTHER, true),
    ending: |process, things| ending(process, things, OTHER),
    ..TO_ENCRYPTED
};

fn ending(process: &Process, things: &Things, wanted: &str) -> Ending {
    let volume = process.volume(things.volumes[0]).expect("a volume");
    assert_eq!(volume.status, VolumeStatus::Available);
    assert_holds(process, &volume);
    let id = volume.volume_type_id;
    let now = process.read(move |conn| store::volume_types::get(conn, id)).expect("a type");
    assert_eq!(volume.encryption_key_id.is_some(), now.name != "plain", "a key for what is encrypted");
    match (now.name == wanted, process.told(&volume.id.to_string()).is_empty()) {
        (false, true) => Ending::Never,
        (true, true) => Ending::Done,
        // Either it was not moved, or what it was could not be removed.
        (_, false) => Ending::Failed,
    }
}

/// The image is in it, in whichever way.
fn assert_holds(process: &Process, volume: &Volume) {
    if volume.encryption_key_id.is_some() {
        return assert_holds_image(process, volume);
    }
    let found = content::bytes(process, volume, image().len());
    assert!(found == image(), "the content is not that of the image");
}

/// The header would take what is written at the end.
pub(crate) const WITHOUT_ROOM: Scenario = Scenario {
    name: "retyping a volume that is full so that it is encrypted",
    prepare: |process| {
        process.add_encrypted_type(SECRET);
        Things { volumes: vec![written_volume(process, SIZE_GIB)], ..Things::default() }
    },
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        assert_eq!((volume.status, volume.encryption_key_id), (VolumeStatus::Available, None));
        content::check(process, &volume, Some(SEED), SIZE_GIB).unwrap();
        let told = process.told(&volume.id.to_string());
        if told.is_empty() { Ending::Never } else { Ending::Failed }
    },
    expected: Ending::Failed,
    ..TO_ENCRYPTED
};

/// An encrypted volume that a server uses, on the larger backend. What is in it stands for what the server has encrypted.
fn attached(process: &Process) -> Things {
    process.add_encrypted_type(SECRET);
    process.add_type_encrypted_by(OTHER, "luks", 512);
    let id = process.create(blank_of_type(2, SECRET)).expect("a volume");
    process.settle();
    content::write(process, &process.volume(id).expect("a volume"), SEED);
    process.attach_to_server(id, host("h")).expect("attached");
    Things { volumes: vec![id], ..Things::default() }
}

/// Each of the two has a key of its own meanwhile, which goes with it; the secret is the same.
pub(crate) const MIGRATE_ATTACHED: Scenario = Scenario {
    name: "migrating an encrypted volume that a server uses",
    prepare: attached,
    ending: |process, things| {
        assert_key_bits(process, things, 256);
        (swap::MIGRATE.ending)(process, things)
    },
    ..swap::MIGRATE
};

/// The server encrypts what it copies with the new key.
pub(crate) const RETYPE_ATTACHED: Scenario = Scenario {
    name: "retyping a volume that a server uses so that it is encrypted in another way",
    kinds: &["volume.retype"],
    options: || Options { concurrency: 3, ..Options::with([BackendOptions::thick("a", 8)]) },
    prepare: attached,
    act: |process, things| process.retype(things.volumes[0], OTHER, true),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        let id = volume.volume_type_id;
        let is_other =
            process.read(move |conn| store::volume_types::get(conn, id)).expect("a type").name == OTHER;
        assert_key_bits(process, things, if is_other { 512 } else { 256 });
        swap::ending(process, things, is_other)
    },
    ..swap::MIGRATE
};

fn assert_key_bits(process: &Process, things: &Things, bits: usize) {
    let volume = process.volume(things.volumes[0]).expect("a volume");
    assert_eq!(secret(process, &volume).len() * 8, bits);
}
