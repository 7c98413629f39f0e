//! Images of encrypted volumes, and images that go into them.

use model::{Image, ImageId, ImageStatus, VolumeId, VolumeStatus};
use operations::volume::create::Create;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Options, Process, from_image, images};

use super::encrypted::{SECRET, SIZE_GIB, assert_holds_image, image, image_id, secret};
use super::{newcomer, status};

/// An encrypted volume with the content of the only image.
fn filled(process: &Process) -> VolumeId {
    process.add_encrypted_type(SECRET);
    process.add_image(image_id(), "raw", &image());
    let of_type = Create { volume_type: Some(SECRET.to_owned()), ..from_image(SIZE_GIB, image_id()) };
    let id = process.create(of_type).expect("a volume");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    id
}

/// The image that was made of the volume.
fn made(process: &Process) -> Option<Image> {
    let mut made = images::all(process).into_iter().filter(|found| found.id != image_id());
    let first = made.next();
    assert!(made.next().is_none(), "one image was asked for");
    first
}

fn uploaded(process: &Process) -> Things {
    let id = filled(process);
    process.upload_volume(id, "raw").expect("accepted");
    process.settle();
    Things { volumes: vec![id], ..Things::default() }
}

fn made_id(process: &Process) -> ImageId {
    made(process).expect("the image of a volume").id
}

pub(crate) const UPLOAD: Scenario = Scenario {
    name: "making an image of an encrypted volume",
    kinds: &["volume.upload"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![filled(process)], ..Things::default() },
    act: |process, things| process.upload_volume(things.volumes[0], "raw"),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        assert_eq!(volume.status, VolumeStatus::Available);
        let told = process.told(&volume.id.to_string());
        match made(process) {
            None if told.is_empty() => Ending::Never,
            None => Ending::Failed,
            Some(image) => {
                assert_eq!((image.status, told.len()), (ImageStatus::Active, 0));
                assert_is_of(process, &image, &secret(process, &volume));
                Ending::Done
            }
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// The image has a key of its own, which opens what the volume's opens.
fn assert_is_of(process: &Process, made: &Image, secret: &[u8]) {
    let id = made.id;
    let key = process.read(move |conn| store::image_keys::get(conn, id)).expect("a key");
    assert_eq!(made.properties.get("cinder_encryption_key_id"), Some(&*key.to_string()));
    assert_eq!(made.properties.get("cinder_encryption_key_deletion_policy"), Some("on_image_deletion"));
    let key = process.key(key).expect("the key");
    assert_eq!(key.secret.expose(), secret);
    let data = process.image_data(id, images::STORES[0]).expect("data");
    let content = image();
    if let Some(opened) = testkit::luks::opened(&data, &key.passphrase(), content.len()) {
        assert!(opened == content, "the content is another");
    }
}

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting the image of an encrypted volume",
    kinds: &["image.delete"],
    prepare: uploaded,
    act: |process, _| process.delete_image(made_id(process)),
    ending: |process, things| {
        secret(process, &process.volume(things.volumes[0]).expect("the volume"));
        if made(process).is_none() { Ending::Done } else { Ending::Never }
    },
    refused_once: |_| Ending::Done,
    ..UPLOAD
};

pub(crate) const CREATE_FROM: Scenario = Scenario {
    name: "creating a volume from the image of an encrypted one",
    kinds: &["volume.create"],
    prepare: uploaded,
    act: |process, _| {
        let of_type =
            Create { volume_type: Some(SECRET.to_owned()), ..from_image(SIZE_GIB, made_id(process)) };
        process.create(of_type).map(drop)
    },
    ending: |process, things| match newcomer(process, &things.volumes) {
        None => Ending::Never,
        Some(made) if made.status == VolumeStatus::Available => {
            let origin = process.volume(things.volumes[0]).expect("the origin");
            assert_ne!(made.encryption_key_id, origin.encryption_key_id, "each has a key of its own");
            assert!(made.image_metadata.get("cinder_encryption_key_id").is_none(), "it is the image's");
            assert_holds_image(process, &made);
            Ending::Done
        }
        Some(made) if made.status == VolumeStatus::Error => Ending::Failed,
        Some(made) => panic!("{} is no way to end", made.status),
    },
    refused_once: |point| if point.starts_with("image") { Ending::Failed } else { Ending::Done },
    ..UPLOAD
};

pub(crate) const REIMAGE: Scenario = Scenario {
    name: "writing an image over an encrypted volume",
    kinds: &["volume.reimage"],
    prepare: |process| {
        let things = Things { volumes: vec![blank(process)], ..Things::default() };
        process.add_image(image_id(), "raw", &image());
        things
    },
    act: |process, things| process.reimage(things.volumes[0], image_id()),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        let told = process.told(&volume.id.to_string());
        let remembers = volume.image_metadata.get("image_id").is_some();
        match (volume.status, remembers) {
            (VolumeStatus::Available, true) => {
                assert_eq!(told.len(), 0, "{told:?}");
                assert_holds_image(process, &volume);
                Ending::Done
            }
            (VolumeStatus::Available, false) if told.is_empty() => Ending::Never,
            (VolumeStatus::Available, false) => Ending::Failed,
            (VolumeStatus::Error, false) if told.len() == 1 => Ending::Failed,
            other => panic!("{other:?} is no way to end: {told:?}"),
        }
    },
    refused_once: |_| Ending::Failed,
    ..UPLOAD
};

/// Its key is another than that of the volume.
pub(crate) const REIMAGE_FROM: Scenario = Scenario {
    name: "writing the image of one encrypted volume over another",
    prepare: |process| {
        uploaded(process);
        Things { volumes: vec![blank_of_type(process)], ..Things::default() }
    },
    act: |process, things| process.reimage(things.volumes[0], made_id(process)),
    ending: |process, things| {
        // What is behind the image came out of the other container: whatever was there.
        let ended = (REIMAGE.ending)(process, things);
        assert!(made(process).is_some());
        ended
    },
    ..REIMAGE
};

fn blank(process: &Process) -> VolumeId {
    process.add_encrypted_type(SECRET);
    blank_of_type(process)
}

fn blank_of_type(process: &Process) -> VolumeId {
    let id = process.create(testkit::blank_of_type(SIZE_GIB, SECRET)).expect("a volume");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    id
}
